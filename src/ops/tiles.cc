#include "ops/tiles.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/parallel.h"
#include "base/simd.h"

namespace kerascope::ops {
namespace {

constexpr int kMostRows = 14;

struct TileArguments {
  const float* const* left;
  std::int64_t pieces, piece;  ///< how many, how long
  const float* panel;
  const float* bias;
  const Epilogue& to;
  std::int64_t place, step;    ///< of the first row's first number; between the starts of rows
  std::int64_t channel, last;  ///< see finish()
};

template <int kLanes, int kRows, int kVectors>
[[gnu::always_inline]] inline void tile(const TileArguments& t) {
  using Vector = simd::Vector<kLanes>;
  constexpr int kAhead = 16;  // depths between the numbers in use and those that are fetched
  Vector sums[kRows][kVectors];
#pragma GCC unroll 16
  for (int row = 0; row < kRows; ++row)
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) sums[row][v] = simd::load<Vector>(t.bias + v * kLanes);
  const float* panel = t.panel;
  for (std::int64_t piece = 0; piece < t.pieces; ++piece) {
    const float* left[kRows];
#pragma GCC unroll 16
    for (int row = 0; row < kRows; ++row) left[row] = t.left[piece * kRows + row];
    for (std::int64_t k = 0; k < t.piece; ++k) {
      Vector right[kVectors];
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) {
        right[v] = simd::load<Vector>(panel + v * kLanes);
        __builtin_prefetch(panel + (kAhead * kVectors + v) * kLanes);
      }
      panel += kVectors * kLanes;
#pragma GCC unroll 16
      for (int row = 0; row < kRows; ++row) {
        const float factor = left[row][k];
#pragma GCC unroll 2
        for (int v = 0; v < kVectors; ++v) sums[row][v] += factor * right[v];
      }
    }
  }
  finish(sums, t.to, t.channel, t.last, [&](int row) { return t.place + row * t.step; });
}

using Tile = void (*)(const TileArguments&);

/// The tile of each number of rows and of vectors, for one instruction set.
template <int kLanes, int kVectors, int... kRows>
constexpr std::array<Tile, kMostRows> tiles_of(std::integer_sequence<int, kRows...>) {
  return {[](const TileArguments& t) { with_registers_of<kLanes>([&] { tile<kLanes, kRows + 1, kVectors>(t); }); }...};
}

template <int kLanes>
constexpr std::array<std::array<Tile, kMostRows>, 2> tile_table() {
  constexpr auto kRows = std::make_integer_sequence<int, most_rows_of(kLanes)>();
  return {tiles_of<kLanes, 1>(kRows), tiles_of<kLanes, 2>(kRows)};
}

const std::array<std::array<Tile, kMostRows>, 2>& tiles() {
  static constexpr auto k4 = tile_table<4>();
#if defined(__x86_64__)
  static constexpr auto k8 = tile_table<8>(), k16 = tile_table<16>();
  if (lanes() == 16) return k16;
  if (lanes() == 8) return k8;
#endif
  return k4;
}

}  // namespace

PackedMatrices::PackedMatrices(const float* matrices, const Sizes& sizes, const float* bias)
    : sizes_(sizes), width_(2 * lanes()) {
  const std::int64_t narrow = width_ / 2, whole = sizes.columns / width_ * width_, rest = sizes.columns - whole;
  padded_ = whole + (rest > narrow ? width_ : rest > 0 ? narrow : 0);
  bias_.resize(static_cast<std::size_t>(sizes.count * padded_));
  for (std::int64_t i = 0; bias && i < sizes.count; ++i)
    std::copy_n(bias + i * sizes.columns, sizes.columns, bias_.data() + i * padded_);
  panels_ = Tensor(Shape{sizes.count * padded_ * sizes.depth});
  float* packed = panels_.mutable_data();
  parallel_for(sizes.count * panels(), 1 + (1 << 16) / (width_ * sizes.depth),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   const std::int64_t first = i % panels() * width_, width = std::min(width_, padded_ - first),
                                      given = std::min(width, sizes.columns - first);
                   const float* from = matrices + i / panels() * sizes.matrix_step + first;
                   float* to = packed + (i / panels() * padded_ + first) * sizes.depth;
                   for (std::int64_t k = 0; k < sizes.depth; ++k, from += sizes.row_step, to += width) {
                     std::copy_n(from, given, to);
                     std::fill_n(to + given, width - given, 0.0f);
                   }
                 }
               });
}

std::int64_t PackedMatrices::most_rows() { return most_rows_of(lanes()); }

void PackedMatrices::multiply(std::int64_t matrix, const float* const* left, std::int64_t rows, std::int64_t pieces,
                              std::int64_t panel, const Epilogue& to, std::int64_t place, std::int64_t step) const {
  const std::int64_t first = panel * width_, width = std::min(width_, padded_ - first),
                     given = std::min(width, sizes_.columns - first);
  tiles()[width == width_][static_cast<std::size_t>(rows - 1)](
      {.left = left,
       .pieces = pieces,
       .piece = sizes_.depth / pieces,
       .panel = panels_.data() + (matrix * padded_ + first) * sizes_.depth,
       .bias = bias_.data() + matrix * padded_ + first,
       .to = to,
       .place = place + first,
       .step = step,
       .channel = matrix * sizes_.columns + first,
       .last = given - (width - width_ / 2)});
}

}  // namespace kerascope::ops
