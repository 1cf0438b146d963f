#include "inputs/image.h"

#include <gmock/gmock.h>

#include "inputs/oracle_for_tests.h"

namespace kerascope {
namespace {

using input_tests::Oracle;

void expect_equal(const Oracle& oracle, const nlohmann::json& one, const Image& image) {
  ASSERT_EQ(image.width, one["width"].get<int>()) << one.dump();
  ASSERT_EQ(image.height, one["height"].get<int>()) << one.dump();
  ASSERT_EQ(image.channels, one["channels"].get<int>()) << one.dump();
  ASSERT_EQ(image.bits, one["bits"].get<int>()) << one.dump();
  const auto expected =
      oracle.expected<unsigned char>(one["offset"], image.width * image.height * image.channels * image.bits / 8);
  ASSERT_EQ(image.pixels.size(), expected.size()) << one.dump();
  const auto [got, wanted] = std::mismatch(image.pixels.begin(), image.pixels.end(), expected.begin());
  if (got != image.pixels.end())
    ADD_FAILURE() << one.dump() << ": byte " << got - image.pixels.begin() << " is " << int{*got} << ", Pillow has "
                  << int{*wanted};
}

TEST(ReadImage, EqualsPillow) {
  const Oracle oracle;
  for (const auto& one : oracle.cases("decoded"))
    expect_equal(oracle, one, read_image(oracle.path("pictures") / one["file"], one["channels"]));
  RecordProperty("pictures", std::to_string(oracle.cases("decoded").size()));
}

TEST(ReadImage, RefusesWhatItCannotShow) {
  input_tests::expect_refusals(Oracle(), "refused_pictures", [](const auto& path) { read_image(path, 3); });
}

TEST(ReadImage, SurvivesDamage) {
  const Oracle oracle;
  for (const char* name : {"17x33-420.jpg",
                           "17x33-420-progressive.jpg",
                           "9x8-grey.jpg",
                           "restart.jpg",
                           "17x33-RGBA.png",
                           "type3-4bit-37x22-interlaced-alphas.png",
                           "type2-16bit-13x9-hole.png",
                           "edges-44.png",
                           "17x33-cmyk.jpg",
                           "17x33-ycck.jpg",
                           "17x33-RGB-q80.webp",
                           "17x33-RGBA-q5.webp",
                           "17x33-RGBA-lossless.webp",
                           "moving.webp",
                           "offset-RGB-2-lossy.webp",
                           "17x33.gif",
                           "17x33-hole.gif",
                           "both-3-2-1.gif",
                           "moving.gif",
                           "moving.png"})
    input_tests::survive_mutations(oracle.path("pictures") / name, 200, [](const auto& path) { read_image(path, 4); });
}

TEST(IsImageFile, TellsByContent) {
  const Oracle oracle;
  EXPECT_TRUE(is_image_file(oracle.path("pictures/1x1-grey.jpg")));
  EXPECT_TRUE(is_image_file(oracle.path("pictures/1x1-RGB.png")));
  EXPECT_TRUE(is_image_file(oracle.path("refused_pictures/cat.tiff")));
  EXPECT_FALSE(is_image_file(oracle.path("refused_pictures/words.jpg")));
  EXPECT_FALSE(is_image_file(oracle.path("refused_pictures/empty.png")));
  EXPECT_FALSE(is_image_file(oracle.path("arrays/0.npy")));
}

TEST(Resize, EqualsLoadImg) {
  const Oracle oracle;
  for (const auto& one : oracle.cases("resized")) {
    const Filter filter = parse_filter(one["filter"].get<std::string>());
    const Image image = read_image(oracle.path("pictures") / one["file"], one["channels"]);
    const std::int64_t width = one["width"], height = one["height"];
    const bool is_same = image.width == width && image.height == height;
    expect_equal(oracle, one,
                 one["keep"] && !is_same ? resize(image, centre_of(image, width, height), width, height, filter)
                                         : resize(image, width, height, filter));
  }
  RecordProperty("pictures", std::to_string(oracle.cases("resized").size()));
}

TEST(Resize, RefusesSizesBeyondMemory) {
  const Image image{.width = 2, .height = 1, .channels = 1, .pixels = {0, 255}};
  for (const auto& [width, height] :
       {std::pair{std::int64_t{1} << 40, std::int64_t{1}}, {1 << 20, 1 << 20}, {0, 5}, {5, -1}})
    for (const std::string_view name : filter_names()) {
      EXPECT_THROW(resize(image, width, height, parse_filter(std::string(name))), Error);
      EXPECT_THROW(centre_of(image, width, height), Error);
    }
}

TEST(TensorFromImage, HasRowsThenColumnsThenChannels) {
  const Image image{.width = 2, .height = 1, .channels = 3, .pixels = {1, 2, 3, 4, 5, 255}};
  const Tensor tensor = tensor_from_image(image);
  EXPECT_EQ(tensor.shape(), Shape({1, 2, 3}));
  EXPECT_THAT(tensor.numbers(), ::testing::ElementsAre(1, 2, 3, 4, 5, 255));
}

}  // namespace
}  // namespace kerascope
