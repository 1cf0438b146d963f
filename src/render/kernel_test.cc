#include "render/kernel.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

#include "kerascope/error.h"

namespace kerascope {
namespace {

Tensor random_tensor(const Shape& shape) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  Tensor tensor(shape);
  for (std::int64_t i = 0; i < tensor.size(); ++i) tensor.mutable_data()[i] = normal(random);
  return tensor;
}

KernelOptions plain() {
  return {.grid = {.gap_px = 0, .zoom = 1, .scale = {.kind = Scale::Kind::kFixed, .low = -5, .high = 5}}};
}

/// A number's grey with a fixed scale from -5 to 5.
int gray(float number) { return static_cast<int>(std::nearbyint(255 * (number + 5) / 10)); }

int pixel(const Picture& picture, std::int64_t y, std::int64_t x, int channel = 0) {
  return picture.pixels.at(static_cast<std::size_t>((y * picture.width + x) * picture.channels + channel));
}

TEST(Kernel, InputsAreDownAndFiltersAcross) {
  for (const std::string roles : {"HWIO", "HWOI"}) {
    const bool is_transposed = roles == "HWOI";
    const Tensor kernel = random_tensor(is_transposed ? Shape{3, 2, 5, 4} : Shape{3, 2, 4, 5});
    const Grid found = kernel_picture(kernel, roles, plain());
    EXPECT_EQ(found.rows, 4);
    EXPECT_EQ(found.columns, 5);
    for (std::int64_t y = 0; y < 3; ++y)
      for (std::int64_t x = 0; x < 2; ++x)
        for (std::int64_t i = 0; i < 4; ++i)
          for (std::int64_t o = 0; o < 5; ++o) {
            const std::int64_t at = (y * 2 + x) * 20 + (is_transposed ? o * 4 + i : i * 5 + o);
            ASSERT_NEAR(pixel(found.picture, i * 3 + y, o * 2 + x), gray(kernel.data()[at]), 1);
          }
  }
}

TEST(Kernel, ThreeInputsAreColorsUnlessAMapIsWanted) {
  const Tensor kernel = random_tensor({3, 3, 3, 9});
  const Grid found = kernel_picture(kernel, "HWIO", plain());
  ASSERT_EQ(found.picture.channels, 3);
  EXPECT_EQ(found.columns, 3);
  for (std::int64_t f = 0; f < 9; ++f)
    for (std::int64_t place = 0; place < 9; ++place)
      for (int c = 0; c < 3; ++c)
        ASSERT_NEAR(pixel(found.picture, f / 3 * 3 + place / 3, f % 3 * 3 + place % 3, c),
                    gray(kernel.data()[place * 27 + c * 9 + f]), 1);
  KernelOptions apart = plain();
  apart.in_color = false;
  EXPECT_EQ(kernel_picture(kernel, "HWIO", apart).rows, 3);
}

TEST(Kernel, OneFilterShowsAllItsInputs) {
  const Tensor kernel = random_tensor({3, 3, 4, 7});
  KernelOptions options = plain();
  options.filter = 6;
  const Grid found = kernel_picture(kernel, "HWIO", options);
  EXPECT_EQ(found.columns, 2);
  for (std::int64_t i = 0; i < 4; ++i)
    for (std::int64_t place = 0; place < 9; ++place)
      ASSERT_NEAR(pixel(found.picture, i / 2 * 3 + place / 3, i % 2 * 3 + place % 3),
                  gray(kernel.data()[place * 28 + i * 7 + 6]), 1);
  options.filter = 7;
  EXPECT_THROW(kernel_picture(kernel, "HWIO", options), Error);
}

TEST(Kernel, WhatIsTooMuchIsThinnedOutAndSaidSo) {
  const Grid found = kernel_picture(random_tensor({3, 3, 100, 200}), "HWIO", plain());
  EXPECT_LE(found.rows * found.columns, 256);
  EXPECT_NE(found.layout.find(" of 100 input channels down"), std::string::npos) << found.layout;
  EXPECT_NE(found.layout.find(" of 200 filters across"), std::string::npos) << found.layout;
  const Grid dense = kernel_picture(random_tensor({3000, 10}), "IO", plain());
  EXPECT_EQ(dense.picture.height, 1000);
  EXPECT_EQ(dense.layout, "1000 of 3000 inputs down, 10 outputs across");
}

TEST(Kernel, EveryShapeHasItsPicture) {
  const std::vector<std::pair<std::string, Shape>> cases = {{"TIO", {5, 6, 7}},
                                                            {"TIO", {5, 1, 7}},
                                                            {"TIO", {1, 6, 7}},
                                                            {"TIO", {5, 6, 1}},
                                                            {"DHWIO", {3, 3, 3, 4, 5}},
                                                            {"DHWIO", {3, 3, 3, 1, 5}},
                                                            {"HWO", {3, 3, 12}},
                                                            {"TO", {3, 12}},
                                                            {"IO", {1, 9}},
                                                            {"IO", {9, 1}},
                                                            {"O", {300}},
                                                            {"", {}},
                                                            {"HWIO", {1, 1, 8, 9}},
                                                            {"HWIO", {3, 3, 1, 1}},
                                                            {"HWIO", {7, 1, 3, 9}},
                                                            {"DIO", {4, 5, 6}}};
  for (const auto& [roles, shape] : cases)
    for (const bool numbers : {false, true}) {
      SCOPED_TRACE(shape.str());
      KernelOptions options;
      options.grid.numbers = options.grid.colorbar = numbers;
      const Grid found = kernel_picture(random_tensor(shape), roles, options);
      EXPECT_GT(found.picture.width, 0);
    }
  EXPECT_THROW(kernel_picture(Tensor(Shape{3, 3, 0, 4}), "HWIO"), Error);
}

}  // namespace
}  // namespace kerascope
