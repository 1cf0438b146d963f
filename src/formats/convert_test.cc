#include "formats/convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "kerascope/error.h"

namespace kerascope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

template <typename Number>
std::shared_ptr<const MappedFile> mapped(const std::vector<Number>& numbers, std::size_t before = 0) {
  std::string bytes(before, '?');
  bytes.append(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Number));
  const int memory = ::memfd_create("convert-test", MFD_CLOEXEC);
  EXPECT_EQ(::write(memory, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  return MappedFile::adopt(memory, "test");
}

Tensor read(const Shape& shape, std::string_view type, const std::shared_ptr<const MappedFile>& file,
            std::uint64_t offset) {
  return stored_tensor(shape, stored_type(type), file, offset);
}

/// Read from an offset at which no larger number is aligned.
template <typename Number>
Tensor read(std::string_view type, const std::vector<Number>& numbers) {
  EXPECT_EQ(stored_type(type).size, sizeof(Number));
  return read({static_cast<std::int64_t>(numbers.size())}, type, mapped(numbers, 1), 1);
}

TEST(Convert, LeavesAlignedFloatsInPlace) {
  const auto file = mapped<float>({0, 1.5f, -2});
  const Tensor tensor = read({2}, "f4", file, 4);
  EXPECT_EQ(reinterpret_cast<const std::byte*>(tensor.data()), file->bytes().data() + 4);
  EXPECT_THAT(tensor.numbers(), ElementsAre(1.5f, -2));
}

TEST(Convert, TheNumbersOutliveTheFilesHandle) {
  auto file = mapped<float>({7});
  const Tensor tensor = read({1}, "f4", file, 0);
  file.reset();
  EXPECT_EQ(tensor.data()[0], 7);
}

TEST(Convert, LeavesOtherAlignedTypesInPlace) {
  const auto file = mapped<std::int64_t>({0, -(1ll << 40)});
  EXPECT_EQ(read({1}, "i8", file, 8).bytes(), file->bytes().data() + 8);
  EXPECT_EQ(read({4}, "bf16", file, 2).bytes(), file->bytes().data() + 2);
}

TEST(Convert, CopiesFloatsThatAreNotAligned) {
  EXPECT_THAT(read<float>("f4", {1.5f, -2}).numbers(), ElementsAre(1.5f, -2));
}

TEST(Convert, KeepsTheTypeOfEveryKindOfNumber) {
  EXPECT_THAT(read<double>("f8", {0.1, 1e300}).elements<double>(), ElementsAre(0.1, 1e300));
  EXPECT_THAT(read<std::int8_t>("i1", {-128, 127}).elements<std::int8_t>(), ElementsAre(-128, 127));
  EXPECT_THAT(read<std::uint8_t>("u1", {255}).elements<std::uint8_t>(), ElementsAre(255));
  EXPECT_THAT(read<std::int16_t>("i2", {-32768}).elements<std::int16_t>(), ElementsAre(-32768));
  EXPECT_THAT(read<std::int32_t>("i4", {-2147483647}).elements<std::int32_t>(), ElementsAre(-2147483647));
  EXPECT_THAT(read<std::int64_t>("i8", {-(1ll << 60) - 1}).elements<std::int64_t>(), ElementsAre(-(1ll << 60) - 1));
  EXPECT_THAT(read<std::uint8_t>("b1", {0, 1, 255}).elements<bool>(), ElementsAre(false, true, true));
  const Tensor bfloats = read<std::uint16_t>("bf16", {0x3F80, 0xC049, 0x0001});
  EXPECT_EQ(bfloats.dtype(), DType::kBFloat16);
  EXPECT_THAT(bfloats.astype(DType::kFloat32).numbers(), ElementsAre(1, -3.140625f, 9.18354962e-41f));
}

TEST(Convert, GivesUnsignedNumbersTheNextLargerSignedType) {
  EXPECT_THAT(read<std::uint16_t>("u2", {65535}).elements<std::int32_t>(), ElementsAre(65535));
  EXPECT_THAT(read<std::uint32_t>("u4", {4294967295u}).elements<std::int64_t>(), ElementsAre(4294967295));
  EXPECT_THAT(read<std::uint64_t>("u8", {(1ull << 63) - 1}).elements<std::int64_t>(), ElementsAre(INT64_MAX));
  EXPECT_THAT([] { read<std::uint64_t>("u8", {1ull << 63}); },
              ThrowsMessage<Error>(HasSubstr("9223372036854775808 is larger than int64 allows")));
}

TEST(Convert, ReadsEveryHalf) {
  std::vector<std::uint16_t> all(1 << 16);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint16_t>(i);
  const Tensor halves = read("f2", all);
  EXPECT_EQ(halves.dtype(), DType::kFloat16);
  const Tensor floats = halves.astype(DType::kFloat32);
  const auto numbers = floats.numbers();
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
  EXPECT_EQ(read({0, 3}, "f4", mapped<float>({1}), 0).size(), 0);
  EXPECT_EQ(read({}, "f8", mapped<double>({2.5}), 0).elements<double>()[0], 2.5);
}

}  // namespace
}  // namespace kerascope
