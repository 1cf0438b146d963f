#include "formats/convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

namespace kerascope {
namespace {

using testing::ElementsAre;

template <typename Number>
std::shared_ptr<const MappedFile> mapped(const std::vector<Number>& numbers, std::size_t before = 0) {
  std::string bytes(before, '?');
  bytes.append(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Number));
  const int memory = ::memfd_create("convert-test", MFD_CLOEXEC);
  EXPECT_EQ(::write(memory, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  return MappedFile::adopt(memory, "test");
}

template <typename Number>
std::vector<float> read(std::string_view type, const std::vector<Number>& numbers) {
  EXPECT_EQ(number_size(type), sizeof(Number));
  const Shape shape{static_cast<std::int64_t>(numbers.size())};
  const Tensor tensor = float32_tensor(shape, type, mapped(numbers, 1), 1);
  return {tensor.numbers().begin(), tensor.numbers().end()};
}

TEST(Convert, LeavesAlignedFloatsInPlace) {
  const auto file = mapped<float>({0, 1.5f, -2});
  const Tensor tensor = float32_tensor({2}, "f4", file, 4);
  EXPECT_EQ(reinterpret_cast<const std::byte*>(tensor.data()), file->bytes().data() + 4);
  EXPECT_THAT(tensor.numbers(), ElementsAre(1.5f, -2));
}

TEST(Convert, TheNumbersOutliveTheFilesHandle) {
  auto file = mapped<float>({7});
  const Tensor tensor = float32_tensor({1}, "f4", file, 0);
  file.reset();
  EXPECT_EQ(tensor.data()[0], 7);
}

TEST(Convert, CopiesFloatsThatAreNotAligned) { EXPECT_THAT(read<float>("f4", {1.5f, -2}), ElementsAre(1.5f, -2)); }

TEST(Convert, ReadsEveryKindOfNumber) {
  EXPECT_THAT(read<double>("f8", {0.1, 1e300}), ElementsAre(0.1f, std::numeric_limits<float>::infinity()));
  EXPECT_THAT(read<std::int8_t>("i1", {-128, 127}), ElementsAre(-128, 127));
  EXPECT_THAT(read<std::uint8_t>("u1", {255}), ElementsAre(255));
  EXPECT_THAT(read<std::int16_t>("i2", {-32768}), ElementsAre(-32768));
  EXPECT_THAT(read<std::uint16_t>("u2", {65535}), ElementsAre(65535));
  EXPECT_THAT(read<std::int32_t>("i4", {-2147483647}), ElementsAre(-2147483648.0f));
  EXPECT_THAT(read<std::uint32_t>("u4", {4294967295u}), ElementsAre(4294967296.0f));
  EXPECT_THAT(read<std::int64_t>("i8", {-(1ll << 40)}), ElementsAre(-1099511627776.0f));
  EXPECT_THAT(read<std::uint64_t>("u8", {1ull << 63}), ElementsAre(9223372036854775808.0f));
  EXPECT_THAT(read<std::uint8_t>("b1", {0, 1, 255}), ElementsAre(0, 1, 1));
  EXPECT_THAT(read<std::uint16_t>("bf16", {0x3F80, 0xC049, 0x0001}), ElementsAre(1, -3.140625f, 9.18354962e-41f));
}

TEST(Convert, ReadsEveryHalf) {
  std::vector<std::uint16_t> all(1 << 16);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint16_t>(i);
  const auto numbers = read("f2", all);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const int exponent = static_cast<int>(i >> 10 & 31), fraction = static_cast<int>(i & 1023);
    double expected = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
    if (exponent == 31) expected = fraction ? NAN : INFINITY;
    if (std::isnan(expected))
      ASSERT_TRUE(std::isnan(numbers[i])) << i;
    else
      ASSERT_EQ(numbers[i], static_cast<float>(i >> 15 ? -expected : expected)) << i;
    ASSERT_EQ(std::signbit(numbers[i]), i >> 15 != 0) << i;
  }
}

TEST(Convert, ReadsNoNumbersAndScalars) {
  EXPECT_EQ(float32_tensor({0, 3}, "f4", mapped<float>({1}), 0).size(), 0);
  EXPECT_EQ(float32_tensor({}, "f8", mapped<double>({2.5}), 0).data()[0], 2.5f);
}

}  // namespace
}  // namespace kerascope
