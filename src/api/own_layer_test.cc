// A layer of one's own, of a module that is not Keras's: in code, saved, and opened again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/error_test_support.h"
#include "formats/open.h"
#include "kerascope/kerascope.h"
#include "layers/registry.h"
#include "ops/unary.h"

namespace mine {

/// y = strength * x + 1
struct Gate {
  float strength = 2;
};

void fields(kerascope::of<Gate> auto& layer, auto&& field) { field.required("strength", layer.strength); }

kerascope::Outputs build(const Gate& layer, kerascope::Build& b) {
  using namespace kerascope;
  return b.same_axes(ops::unary(b.graph, b.input(), ops::Unary::kAffine, {.a = layer.strength, .b = 1}));
}

/// Of no package of Keras's registry: found by its module alone.
struct Plain {};
void fields(kerascope::of<Plain> auto&, auto&&) {}
kerascope::Outputs build(const Plain&, kerascope::Build& b) { return b.same_axes(b.input()); }

const kerascope::Register<Gate> registered{{.names = {"tests>Gate", "tests>OldGate"}, .module = "tests.own_layer"}};
const kerascope::Register<Plain> registered_plain{{.names = {"TestsPlain"}, .module = "tests.own_layer"}};

}  // namespace mine

namespace kerascope {
namespace {

using ::testing::ElementsAre;

std::vector<float> numbers_of(const Tensor& tensor) { return {tensor.numbers().begin(), tensor.numbers().end()}; }

Model model_with_own_layers() {
  const KerasTensor x = Input({2});
  return Model({x}, {layer(mine::Plain{})(layer(mine::Gate{.strength = 3})(layer(layers::ReLU{})(x)))});
}

TEST(OwnLayer, ComputesInCode) {
  const Tensor out = model_with_own_layers().predict(Tensor::of({1, 2}, std::vector<float>{-1, 2}))[0];
  EXPECT_THAT(numbers_of(out), ElementsAre(1, 7));
}

TEST(OwnLayer, IsSavedWithItsModuleAndOpenedAgain) {
  const std::string path = std::filesystem::path(testing::TempDir()) / "own_layer.keras";
  model_with_own_layers().save(path);
  const std::vector<LayerData> saved = open_model(path).network.layers;
  ASSERT_EQ(saved.size(), 4u);
  EXPECT_EQ(saved[1].module, "keras.layers");
  EXPECT_EQ(saved[2].class_name, "tests>Gate");
  EXPECT_EQ(saved[2].module, "tests.own_layer");
  EXPECT_EQ(saved[2].name, "gate");
  EXPECT_EQ(saved[3].class_name, "TestsPlain");
  EXPECT_EQ(saved[3].module, "tests.own_layer");
  const Tensor out = load(path).predict(Tensor::of({1, 2}, std::vector<float>{-1, 2}))[0];
  EXPECT_THAT(numbers_of(out), ElementsAre(1, 7));
}

TEST(OwnLayer, IsNotTakenForAnotherModulesClassOfThatName) {
  LayerData layer{.class_name = "TestsPlain", .module = "tests.own_layer"};
  EXPECT_NE(layer_type_of(layer), nullptr);
  for (const char* module : {"somebody.elses", "keras.layers"}) {
    layer.module = module;
    EXPECT_EQ(layer_type_of(layer), nullptr) << module;
  }
  layer = {.class_name = "ReLU", .module = "tests.own_layer"};
  EXPECT_EQ(layer_type_of(layer), nullptr);
  layer.module = "tf_keras.layers";
  EXPECT_NE(layer_type_of(layer), nullptr);
}

}  // namespace
}  // namespace kerascope
