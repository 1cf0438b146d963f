#include "render/resize.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

namespace kerascope {
namespace {

Picture grey(std::int64_t width, std::int64_t height, std::vector<unsigned char> pixels) {
  return {.width = width, .height = height, .channels = 1, .pixels = std::move(pixels), .palette = {}};
}

Picture noise(std::int64_t width, std::int64_t height, int channels) {
  std::mt19937 random(1);
  Picture picture{.width = width, .height = height, .channels = channels, .pixels = {}, .palette = {}};
  for (std::int64_t i = 0; i < width * height * channels; ++i)
    picture.pixels.push_back(static_cast<unsigned char>(random() % 200));
  return picture;
}

double mean(const Picture& picture) {
  return std::accumulate(picture.pixels.begin(), picture.pixels.end(), 0.0) /
         static_cast<double>(picture.pixels.size());
}

TEST(Resized, WholeFactorsRepeatPixels) {
  EXPECT_EQ(resized(grey(2, 2, {1, 2, 3, 4}), 4, 2).pixels, (std::vector<unsigned char>{1, 1, 2, 2, 3, 3, 4, 4}));
  EXPECT_EQ(resized(grey(2, 1, {7, 9}), 2, 3).pixels, (std::vector<unsigned char>{7, 9, 7, 9, 7, 9}));
}

TEST(Resized, SmallerIsTheMeanOfTheArea) {
  EXPECT_EQ(resized(grey(4, 2, {0, 10, 100, 100, 20, 30, 100, 200}), 2, 1).pixels,
            (std::vector<unsigned char>{15, 125}));
  // Three pixels to two: the middle one belongs to both halves.
  EXPECT_EQ(resized(grey(3, 1, {0, 90, 30}), 2, 1).pixels, (std::vector<unsigned char>{30, 50}));
}

TEST(Resized, KeepsTheMeanInAnySize) {
  for (const int channels : {1, 3})
    for (const auto& [width, height] : {std::pair{5, 9}, {56, 56}, {17, 300}, {1, 1}, {31, 23}}) {
      const Picture picture = noise(23, 31, channels), other = resized(picture, width, height);
      EXPECT_EQ(other.pixels.size(), static_cast<std::size_t>(width * height * channels));
      EXPECT_NEAR(mean(other), mean(picture), 0.6);
    }
  const Picture picture = noise(23, 31, 3);
  EXPECT_EQ(resized(picture, 23, 31).pixels, picture.pixels);
}

TEST(Resized, OneMagentaPixelStaysVisible) {
  Picture picture = plain({.width = 100, .height = 100}, {40, 40, 40});
  fill(picture, 57, 3, {.width = 1, .height = 1}, {255, 0, 255});
  const Picture small = resized(picture, 10, 10);
  for (std::size_t i = 0; i < 100; ++i) {
    const std::vector<unsigned char> found(&small.pixels[3 * i], &small.pixels[3 * i] + 3);
    EXPECT_EQ(found, i == 5 ? (std::vector<unsigned char>{255, 0, 255}) : (std::vector<unsigned char>{40, 40, 40}))
        << i;
  }
}

TEST(Fitting, KeepsProportionsAndIsNeverEmpty) {
  auto size = [](std::int64_t width, std::int64_t height) {
    const Size fit =
        fitting({.width = width, .height = height, .pixels = {}, .palette = {}}, {.width = 256, .height = 128});
    return std::pair(fit.width, fit.height);
  };
  EXPECT_EQ(size(64, 64), std::pair(std::int64_t{128}, std::int64_t{128}));
  EXPECT_EQ(size(1024, 128), std::pair(std::int64_t{256}, std::int64_t{32}));
  EXPECT_EQ(size(100000, 2), std::pair(std::int64_t{256}, std::int64_t{1}));
}

TEST(Paste, PutsGreyAndRgbIntoRgb) {
  Picture page = plain({.width = 3, .height = 2}, {1, 2, 3});
  paste(page, grey(1, 1, {9}), 1, 0);
  paste(page, plain({.width = 1, .height = 1}, {7, 8, 9}), 2, 1);
  EXPECT_EQ(page.pixels, (std::vector<unsigned char>{1, 2, 3, 9, 9, 9, 1, 2, 3, 1, 2, 3, 1, 2, 3, 7, 8, 9}));
}

}  // namespace
}  // namespace kerascope
