#include "render/deflate.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>

namespace kerascope {
namespace {

using Bytes = std::vector<unsigned char>;

/// Inflated by zlib, which must find the stream complete.
Bytes inflated(const Bytes& stream, std::size_t size) {
  Bytes result(size + 1);
  z_stream state{};
  EXPECT_EQ(inflateInit2(&state, -15), Z_OK);
  state.next_in = const_cast<unsigned char*>(stream.data());
  state.avail_in = static_cast<unsigned>(stream.size());
  state.next_out = result.data();
  state.avail_out = static_cast<unsigned>(result.size());
  EXPECT_EQ(inflate(&state, Z_FINISH), Z_STREAM_END) << (state.msg ? state.msg : "");
  EXPECT_EQ(state.avail_in, 0u);
  result.resize(state.total_out);
  inflateEnd(&state);
  return result;
}

void expect_comes_back(const Bytes& bytes) {
  EXPECT_EQ(inflated(deflated(bytes, true), bytes.size()), bytes) << bytes.size() << " bytes";
}

TEST(Deflate, KeepsRunsOfEveryLengthAtEveryPlace) {
  for (std::size_t before = 0; before < 18; ++before)
    for (std::size_t length = 1; length < 800; length += length < 40 || length % 258 > 250 ? 1 : 7) {
      Bytes bytes;
      for (std::size_t i = 0; i < before; ++i) bytes.push_back(static_cast<unsigned char>(i));
      bytes.insert(bytes.end(), length, 200);
      expect_comes_back(bytes);
      bytes.push_back(7);
      expect_comes_back(bytes);
    }
}

TEST(Deflate, KeepsBytesOfAnyDistribution) {
  std::mt19937 random(3);
  for (const double shape : {0.01, 0.3, 1.0, 3.0, 20.0})
    for (const std::size_t size : {1u, 2u, 3u, 100u, 70'000u}) {
      std::exponential_distribution<double> numbers(1 / shape);
      Bytes bytes(size);
      for (unsigned char& byte : bytes) byte = static_cast<unsigned char>(static_cast<int>(numbers(random)));
      expect_comes_back(bytes);
    }
}

TEST(Deflate, BoundsTheCodesOfFibonaccisFrequencies) {
  Bytes bytes;
  std::size_t count = 1, next = 1;
  for (unsigned char symbol = 0; symbol < 24; ++symbol) {
    // Shuffled, so that there are no runs.
    for (std::size_t i = 0; i < count; ++i) bytes.push_back(symbol);
    next += std::exchange(count, next);
  }
  std::mt19937 random(4);
  std::shuffle(bytes.begin(), bytes.end(), random);
  expect_comes_back(bytes);
}

TEST(Deflate, PiecesGiveAStreamSideBySide) {
  const Bytes first(1000, 1), last = {1, 2, 3};
  Bytes stream = deflated(first, false), both = first;
  const Bytes end = deflated(last, true);
  stream.insert(stream.end(), end.begin(), end.end());
  both.insert(both.end(), last.begin(), last.end());
  EXPECT_EQ(inflated(stream, both.size()), both);
}

TEST(Deflate, MakesRunsSmall) { EXPECT_LT(deflated(Bytes(65536, 9), true).size(), 100u); }

}  // namespace
}  // namespace kerascope
