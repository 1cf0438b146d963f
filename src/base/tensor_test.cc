#include "kerascope/tensor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error_test_support.h"
#include "base/half.h"
#include "kerascope/error.h"

namespace kerascope {
namespace {

TEST(TensorTypes, ElementsAreReadAsTheirOwnTypeOnly) {
  const Tensor ids = Tensor::of({2, 2}, std::vector<std::int64_t>{1, -2, (1ll << 53) + 1, 4});
  EXPECT_EQ(ids.dtype(), DType::kInt64);
  EXPECT_EQ(ids.byte_size(), 32u);
  EXPECT_EQ(ids.elements<std::int64_t>()[2], (1ll << 53) + 1);
  EXPECT_EQ(error_of([&] { ids.data(); }).code(), "tensor-type");
  EXPECT_EQ(error_of([&] { ids.elements<std::int32_t>(); }).code(), "tensor-type");
  EXPECT_EQ(ids.item(1).elements<std::int64_t>()[0], (1ll << 53) + 1);
  EXPECT_EQ(ids.reshaped({4}).dtype(), DType::kInt64);
  EXPECT_EQ(error_of([] { Tensor::of({3}, std::vector<std::int64_t>{1}); }).code(), "tensor-shape");
}

TEST(TensorTypes, TextsLiveInTheTensor) {
  Tensor second;
  {
    const Tensor texts = Tensor::of({2, 1}, std::vector<std::string>{"a cat", std::string(100, 'x')});
    second = texts.item(1);
  }
  EXPECT_EQ(second.dtype(), DType::kString);
  EXPECT_EQ(second.elements<std::string_view>()[0], std::string(100, 'x'));
  EXPECT_EQ(error_of([&] { second.mutable_bytes(); }).code(), "tensor-type");
  EXPECT_EQ(error_of([&] { second.astype(DType::kFloat32); }).code(), "tensor-type");
}

TEST(TensorTypes, ConvertWholeNumbersExactlyAndRefuseWhatDoesNotFit) {
  const Tensor wide = Tensor::of({3}, std::vector<std::int64_t>{-128, 0, 127});
  const Tensor narrow = wide.astype(DType::kInt8);
  EXPECT_EQ(narrow.elements<std::int8_t>()[0], -128);
  EXPECT_EQ(narrow.astype(DType::kInt64).elements<std::int64_t>()[2], 127);
  EXPECT_EQ(error_of([] { Tensor::of({1}, std::vector<std::int64_t>{128}).astype(DType::kInt8); }).code(),
            "tensor-type");
  EXPECT_EQ(error_of([] { Tensor::of({1}, std::vector<std::int64_t>{-1}).astype(DType::kUInt8); }).code(),
            "tensor-type");
  const Tensor floats = Tensor::of({3}, std::vector<float>{-1.9f, 0.5f, 2.0f});
  EXPECT_EQ(floats.astype(DType::kInt32).elements<std::int32_t>()[0], -1);
  EXPECT_TRUE(floats.astype(DType::kBool).elements<bool>()[1]);
  for (const float beyond : {1e30f, -1e30f, std::nanf(""), 9223372036854775808.0f})
    EXPECT_EQ(error_of([&] { Tensor::of({1}, std::vector<float>{beyond}).astype(DType::kInt64); }).code(),
              "tensor-type")
        << beyond;
}

TEST(TensorTypes, MutableElementsAreCopiedWhenShared) {
  Tensor one = Tensor::of({2}, std::vector<std::int32_t>{1, 2});
  const Tensor other = one;
  one.mutable_elements<std::int32_t>()[0] = 7;
  EXPECT_EQ(other.elements<std::int32_t>()[0], 1);
  EXPECT_EQ(one.elements<std::int32_t>()[0], 7);
}

TEST(Half, EveryNumberComesBack) {
  for (int bits = 0; bits < 65536; ++bits) {
    const auto given = static_cast<std::uint16_t>(bits);
    const float number = float_of_half(given), brain = float_of_bfloat(given);
    if (!std::isnan(number)) {
      ASSERT_EQ(half_of(static_cast<double>(number)), given) << bits;
    }
    if (!std::isnan(brain)) {
      ASSERT_EQ(bfloat_of(brain), given) << bits;
    }
  }
}

TEST(Half, RoundsToTheNearestAndToEvenInTheMiddle) {
  EXPECT_EQ(float_of_half(half_of(2049)), 2048);  // 2048 and 2050 are as near
  EXPECT_EQ(float_of_half(half_of(2051)), 2052);
  EXPECT_EQ(float_of_half(half_of(65519)), 65504);
  EXPECT_TRUE(std::isinf(float_of_half(half_of(65520))));
  EXPECT_EQ(half_of(std::ldexp(1.0, -25)), 0);  // half of the smallest, to even
  EXPECT_EQ(half_of(std::ldexp(1.5, -25)), 1);
  EXPECT_TRUE(std::isnan(float_of_half(half_of(std::nan("")))));
  EXPECT_EQ(float_of_bfloat(bfloat_of(257)), 256);
}

}  // namespace
}  // namespace kerascope
