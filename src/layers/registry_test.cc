// Compares the registry with the files: a layer whose file was not linked would be missing without a word.
#include "layers/registry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/text.h"

namespace kerascope {
namespace {

TEST(Registry, KnowsTheLayerOfEachFile) {
  std::vector<std::string> known;
  for (std::string name : layer_class_names()) {
    known.push_back(text::lower(name));
    // max_pooling.cc registers MaxPooling1D to MaxPooling3D.
    if (const auto rank = name.find("2D"); rank != name.npos) known.push_back(text::lower(name.erase(rank, 2)));
  }
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(KERASCOPE_LAYERS_FOLDER)) {
    // src/layers/<family>/batch_normalization.cc registers BatchNormalization; one file registers a whole family.
    if (entry.path().extension() != ".cc" || text::ends_with(entry.path().stem().string(), "_test")) continue;
    std::ifstream file(entry.path());
    const std::string code{std::istreambuf_iterator<char>(file), {}};
    if (code.find("const Register<") == code.npos) continue;
    std::string name = entry.path().stem();
    if (name == "augmentations") name = "random_flip";
    name.erase(std::remove(name.begin(), name.end(), '_'), name.end());
    EXPECT_TRUE(std::count(known.begin(), known.end(), name)) << entry.path();
    ++files;
  }
  EXPECT_GE(files, 27);
}

}  // namespace
}  // namespace kerascope
