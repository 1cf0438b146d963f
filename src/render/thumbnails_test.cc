#include "render/thumbnails.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <set>

#include "kerascope/error.h"

namespace kerascope {
namespace {

constexpr ThumbnailOptions kOptions{.width_px = 12 * 59 - 3, .height_px = 56};
constexpr Rgb kMagenta = {255, 0, 255};

Tensor random_tensor(const Shape& shape) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  Tensor tensor(shape);
  for (std::int64_t i = 0; i < tensor.size(); ++i) tensor.mutable_data()[i] = normal(random);
  return tensor;
}

Rgb pixel(const Picture& picture, std::int64_t x, std::int64_t y) {
  const unsigned char* const at = &picture.pixels.at(static_cast<std::size_t>((y * picture.width + x) * 3));
  return {at[0], at[1], at[2]};
}

bool is_bright(const Picture& picture, std::int64_t x, std::int64_t y) { return pixel(picture, x, y).g > 200; }

TEST(Thumbnails, AreOfEvenlySpacedChannelsFromTheFirst) {
  // Channel c is white only at pixel c of its 8 x 8, so that each tile shows which channel it is.
  for (const std::int64_t channels : {3, 12, 13, 64}) {
    Tensor tensor({8, 8, channels});
    for (std::int64_t i = 0; i < tensor.size(); ++i) tensor.mutable_data()[i] = i / channels == i % channels;
    const Picture strip = thumbnails(tensor, "HWC", kOptions);
    const std::int64_t count = std::min<std::int64_t>(channels, 12);
    ASSERT_EQ(strip.width, count * 59 - 3);
    ASSERT_EQ(strip.height, 56);
    for (std::int64_t tile = 0; tile < count; ++tile)
      for (std::int64_t place = 0; place < 64; ++place)
        EXPECT_EQ(is_bright(strip, tile * 59 + place % 8 * 7 + 3, place / 8 * 7 + 3), place == tile * channels / count)
            << "tile " << tile << " of " << channels;
    if (count > 1) {
      EXPECT_EQ(pixel(strip, 57, 20), kOptions.ground);
    }
  }
}

TEST(Thumbnails, KeepProportionsAsFarAsThereIsRoom) {
  EXPECT_EQ(thumbnails(random_tensor({10, 20, 2}), "HWC", kOptions).width, 2 * 112 + 3);
  EXPECT_EQ(thumbnails(random_tensor({20, 10, 40}), "HWC", kOptions).width, 22 * 31 - 3);
  EXPECT_EQ(thumbnails(random_tensor({2, 5, 20, 10}), "CDHW", kOptions).width, 2 * 5 * 31 - 3);
  EXPECT_EQ(thumbnails(random_tensor({2, 1000, 40}), "HWC", kOptions).width, 2 * (kOptions.width_px / 3 + 3) - 3);
  EXPECT_EQ(thumbnails(random_tensor({64, 4, 1}), "HWC", kOptions).width, 4);    // 56 high
  EXPECT_EQ(thumbnails(random_tensor({8, 64, 1}), "HWC", kOptions).height, 29);  // as wide as a third
}

TEST(Thumbnails, AConstantChannelHasAHatchThatWasNotResized) {
  ThumbnailOptions options = kOptions;
  for (const std::int64_t side : {3, 7, 56, 224}) {
    options.colormap = side == 7 ? Colormap::kMagma : Colormap::kGray;
    Tensor tensor = random_tensor({side, side, 2});
    for (std::int64_t i = 1; i < tensor.size(); i += 2) tensor.mutable_data()[i] = 5;
    const Picture strip = thumbnails(tensor, "HWC", options);
    std::set<unsigned char> greys;
    for (std::int64_t y = 1; y < 56; ++y)
      for (std::int64_t x = 60; x < 100; ++x) {
        greys.insert(pixel(strip, x, y).r);
        ASSERT_EQ(pixel(strip, x, y), pixel(strip, x + 1, y - 1)) << side;
      }
    EXPECT_EQ(greys.size(), 2u);
  }
}

TEST(Thumbnails, WhatIsNotFiniteIsMagentaEvenWhenMadeSmaller) {
  Tensor tensor = random_tensor({224, 224, 1});
  tensor.mutable_data()[224 * 8 + 9] = std::numeric_limits<float>::quiet_NaN();
  const Picture strip = thumbnails(tensor, "HWC", kOptions);
  EXPECT_EQ(pixel(strip, 2, 2), kMagenta);
  EXPECT_NE(pixel(strip, 3, 2), kMagenta);
}

TEST(Thumbnails, ShowTheMiddleSliceOfManyChannelsAndMoreOfFew) {
  Tensor tensor({5, 8, 8, 40});
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    const std::int64_t slice = i / (8 * 8 * 40), place = i / 40 % 64;
    tensor.mutable_data()[i] = slice == place;
  }
  EXPECT_TRUE(is_bright(thumbnails(tensor, "DHWC", kOptions), 2 * 7 + 3, 3));
  const Picture one = thumbnails(random_tensor({100, 8, 8, 1}), "DHWC", kOptions);
  EXPECT_EQ(one.width, 12 * 59 - 3);
  EXPECT_EQ(thumbnails(random_tensor({3, 8, 8, 2}), "DHWC", kOptions).width, 6 * 59 - 3);
}

TEST(Thumbnails, AVectorIsRowsOfCellsInReadingOrder) {
  for (const std::int64_t count : {1, 10, 29, 30, 64, 1000, 2048, 25088}) {
    Tensor tensor({count});
    for (std::int64_t i = 0; i < count; ++i) tensor.mutable_data()[i] = i == count - 1;
    const Picture strip = thumbnails(tensor, "C", kOptions);
    EXPECT_LE(strip.width, kOptions.width_px);
    EXPECT_LE(strip.height, kOptions.height_px);
    if (count == 1) continue;  // it has no scale
    std::int64_t bright = 0, last = 0;
    for (std::int64_t i = 0; i < strip.width * strip.height; ++i)
      if (is_bright(strip, i % strip.width, i / strip.width)) ++bright, last = i;
    EXPECT_GT(bright, 0) << count;
    EXPECT_GE(last / strip.width, strip.height - 3) << count;
  }
  EXPECT_EQ(thumbnails(random_tensor({10}), "C", kOptions).width, 240);
}

TEST(Thumbnails, AConstantVectorIsHatchedAndNotLost) {
  const Tensor zeros = Tensor::of({40}, std::vector<float>(40, 0.0f));
  const Picture hatched = thumbnails(zeros, "C", kOptions);
  std::set<int> grays;
  for (std::int64_t x = 0; x < hatched.width; ++x) grays.insert(pixel(hatched, x, 10).g);
  EXPECT_EQ(grays, (std::set<int>{30, 52}));
  ThumbnailOptions options = kOptions;
  options.scale = {.kind = Scale::Kind::kFixed, .low = -1, .high = 0};
  EXPECT_TRUE(is_bright(thumbnails(zeros, "C", options), 5, 5));
}

TEST(Thumbnails, OfEndlessVectorsAndSequencesStillFit) {
  for (const auto& [shape, roles] : std::vector<std::pair<Shape, std::string>>{{{1'000'000}, "C"},
                                                                               {{100'000, 3}, "TC"},
                                                                               {{3, 100'000}, "TC"},
                                                                               {{100'000, 1}, "TC"},
                                                                               {{2, 2, 100'000}, "HWC"},
                                                                               {{2, 100'000, 2}, "HWC"},
                                                                               {{}, ""},
                                                                               {{2, 3, 2, 2, 3}, "TDHWC"}}) {
    const Picture strip = thumbnails(random_tensor(shape), roles, kOptions);
    EXPECT_LE(strip.width, kOptions.width_px) << shape.str();
    EXPECT_LE(strip.height, kOptions.height_px) << shape.str();
    EXPECT_EQ(strip.pixels.size(), static_cast<std::size_t>(strip.width * strip.height * 3));
  }
}

TEST(Thumbnails, ASequenceRunsFromLeftToRight) {
  Tensor tensor({10, 56});  // the last step of the first channel
  for (std::int64_t i = 0; i < tensor.size(); ++i) tensor.mutable_data()[i] = i == 9 * 56;
  const Picture strip = thumbnails(tensor, "TC", kOptions);
  EXPECT_EQ(strip.width, 10 * 24);
  EXPECT_EQ(strip.height, 56);
  for (std::int64_t step = 0; step < 10; ++step)
    for (std::int64_t channel = 0; channel < 56; ++channel)
      EXPECT_EQ(is_bright(strip, step * 24 + 12, channel), step == 9 && channel == 0);
}

TEST(Thumbnails, ASequenceOfFewChannelsIsLinesBesideEachOther) {
  Tensor tensor({100, 3});  // the second channel rises, the others fall
  for (std::int64_t i = 0; i < 300; ++i) tensor.mutable_data()[i] = static_cast<float>(i % 3 == 1 ? i / 3 : -i / 3);
  const Picture strip = thumbnails(tensor, "TC", kOptions);
  EXPECT_EQ(strip.height, 56);
  EXPECT_EQ(strip.width, 3 * 233 + 2 * 3);
  const auto top_of_line = [&](std::int64_t x) {
    std::int64_t y = 0;
    while (y < 56 && !is_bright(strip, x, y)) ++y;
    return y;
  };
  EXPECT_GT(top_of_line(20), 40 - 35);
  EXPECT_LT(top_of_line(20), top_of_line(210));
  EXPECT_GT(top_of_line(236 + 20), top_of_line(236 + 210));
  EXPECT_LT(top_of_line(2 * 236 + 20), top_of_line(2 * 236 + 210));
}

TEST(Thumbnails, OneNumberIsTextAndAPictureHasItsColours) {
  const Picture text = thumbnails(Tensor::of({1}, std::vector<float>{0.5f}), "C", kOptions);
  EXPECT_LT(text.width, 60);
  EXPECT_LT(text.height, 30);
  Tensor red({8, 8, 3});
  for (std::int64_t i = 0; i < red.size(); ++i) red.mutable_data()[i] = i % 3 == 0;
  ThumbnailOptions options = kOptions;
  options.in_color = true;
  const Picture strip = thumbnails(red, "HWC", options);
  EXPECT_EQ(strip.width, 4 * 59 - 3);
  EXPECT_EQ(pixel(strip, 3 * 59 + 20, 20), (Rgb{255, 0, 0}));
}

TEST(Thumbnails, OneScaleMakesChannelsComparable) {
  const Tensor tensor = Tensor::of({2, 2, 2}, std::vector<float>{0, 0, 0.5f, 1, 0.5f, 1, 0.5f, 1});
  ThumbnailOptions options = kOptions;
  EXPECT_TRUE(is_bright(thumbnails(tensor, "HWC", options), 50, 50));
  options.scale = {.kind = Scale::Kind::kLayer};
  EXPECT_EQ(pixel(thumbnails(tensor, "HWC", options), 50, 50), (Rgb{128, 128, 128}));
  options.colormap = Colormap::kViridis;
  const Rgb color = pixel(thumbnails(tensor, "HWC", options), 50, 50);
  EXPECT_NE(color.r, color.g);
}

TEST(Thumbnails, RefuseWhatHasNoNumbers) {
  try {
    thumbnails(Tensor({0, 3}), "TC", kOptions);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "shape-empty");
  }
}

TEST(InputThumbnail, IsAColourPictureOrThumbnails) {
  const ThumbnailOptions options{.width_px = 256, .height_px = 128};
  const Picture picture = input_thumbnail(random_tensor({20, 30, 3}), "HWC", options);
  EXPECT_EQ(picture.width, 192);
  EXPECT_EQ(picture.height, 128);
  EXPECT_EQ(input_thumbnail(random_tensor({20, 20, 1}), "HWC", options).width, 128);
  const Tensor five = random_tensor({20, 20, 5}), vector = random_tensor({9});
  EXPECT_EQ(input_thumbnail(five, "HWC", options).pixels, thumbnails(five, "HWC", options).pixels);
  EXPECT_EQ(input_thumbnail(vector, "C", options).pixels, thumbnails(vector, "C", options).pixels);
}

}  // namespace
}  // namespace kerascope
