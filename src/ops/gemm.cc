#include "ops/gemm.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/parallel.h"
#include "base/simd.h"

namespace kerascope::ops {
namespace {

constexpr std::array<float, 32> kNoBias = {};

struct TileArguments {
  const float* const* left;
  std::int64_t pieces, piece;  ///< per row: number of pieces, and their length
  const float* panel;
  const float* bias;
  const Epilogue& to;
  const std::int64_t* places;
  std::int64_t place;          ///< added to all places
  std::int64_t channel, last;  ///< see finish()
};

template <int kLanes, int kRows, int kVectors>
[[gnu::always_inline]] inline void tile(const TileArguments& t) {
  using Vector = simd::Vector<kLanes>;
  constexpr int kAhead = 16;  // prefetch distance, in depth
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
  finish(sums, t.to, t.channel, t.last, [&](int row) { return t.place + t.places[row]; });
}

using Tile = void (*)(const TileArguments&);

/// The micro-kernels of one instruction set, by rows and vectors.
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
  const int found = lanes();
  if (found == 16) return k16;
  if (found == 8) return k8;
#endif
  return k4;
}

/// The panel's padded columns.
std::int64_t width_of(std::int64_t panel, std::int64_t columns) {
  const std::int64_t width = panel_width(), rest = columns - panel * width;
  return rest > width / 2 ? width : width / 2;
}

/// Packs a panel of a row-major matrix.
template <int kLanes, int kVectors>
[[gnu::always_inline]] inline void copy_rows(const float* from, std::int64_t step, std::int64_t depth,
                                             std::int64_t last, float* to) {
  using Vector = simd::Vector<kLanes>;
  for (std::int64_t k = 0; k < depth; ++k, from += step, to += kVectors * kLanes) {
    if constexpr (kVectors == 2) simd::store(simd::load<Vector>(from), to);
    constexpr int kLast = (kVectors - 1) * kLanes;
    simd::store(last == kLanes ? simd::load<Vector>(from + kLast) : simd::load_part<Vector>(from + kLast, last),
                to + kLast);
  }
}

/// Transposes 4 x 4 numbers.
[[gnu::always_inline]] inline void transpose_4x4(const float* from, std::int64_t from_step, float* to,
                                                 std::int64_t to_step) {
  using Vector = simd::Vector<4>;
  const auto row = [&](int r) { return simd::load<Vector>(from + r * from_step); };
  const Vector a = row(0), b = row(1), c = row(2), d = row(3);
  const Vector ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7),
               cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5), cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  simd::store(__builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5), to);
  simd::store(__builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7), to + to_step);
  simd::store(__builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5), to + 2 * to_step);
  simd::store(__builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7), to + 3 * to_step);
}

}  // namespace

std::int64_t panel_width() { return 2 * lanes(); }

std::int64_t panels_of(std::int64_t columns) { return (columns + panel_width() - 1) / panel_width(); }

void copy_transposed(const float* from, std::int64_t from_step, std::int64_t rows, std::int64_t columns, float* to,
                     std::int64_t to_step) {
  vectorized([=] {
    const std::int64_t whole_rows = rows / 4 * 4, whole_columns = columns / 4 * 4;
    for (std::int64_t c = 0; c < whole_columns; c += 4)
      for (std::int64_t r = 0; r < whole_rows; r += 4)
        transpose_4x4(from + r * from_step + c, from_step, to + c * to_step + r, to_step);
    for (std::int64_t c = 0; c < columns; ++c)
      for (std::int64_t r = c < whole_columns ? whole_rows : 0; r < rows; ++r)
        to[c * to_step + r] = from[r * from_step + c];
  });
}

void pack_panel(const RightSide& right, std::int64_t panel, float* to) {
  const std::int64_t width = width_of(panel, right.columns), first = panel * panel_width(),
                     given = std::min(width, right.columns - first);
  const float* from = right.numbers + first * right.column_step;
  if (right.column_step != 1) {
    if (given < width) std::fill_n(to, width * right.depth, 0.0f);
    return copy_transposed(from, right.column_step, given, right.depth, to, width);
  }
  with_lanes([&](auto lanes) {
    if (width == 2 * lanes())
      copy_rows<lanes(), 2>(from, right.row_step, right.depth, given - lanes(), to);
    else
      copy_rows<lanes(), 1>(from, right.row_step, right.depth, given, to);
  });
}

TileRows::TileRows(std::int64_t rows_of_all) : rows(rows_of_all) {
  const std::int64_t most = most_rows_of(lanes());
  tiles = (rows + most - 1) / most;
}

void multiply(const PanelProduct& product, const Epilogue& to) {
  const std::int64_t whole = panel_width(), first = product.panel * whole,
                     width = product.columns - first > whole / 2 ? whole : whole / 2;
  TileArguments tile = {.left = product.left,
                        .pieces = product.pieces,
                        .piece = product.pieces > 1 ? product.depth / product.pieces : product.depth,
                        .panel = product.packed,
                        .bias = product.bias ? product.bias : kNoBias.data(),
                        .to = to,
                        .places = product.places,
                        .place = product.place + first,
                        .channel = product.channel + first,
                        .last = std::min(width, product.columns - first) - (width - whole / 2)};
  const auto& of_rows = tiles()[width == whole];
  const TileRows rows(product.rows);
  for (std::int64_t i = 0, start = 0; i < rows.tiles; ++i) {
    const std::int64_t stop = rows.start(i + 1);
    of_rows[static_cast<std::size_t>(stop - start - 1)](tile);
    tile.left += (stop - start) * product.pieces;
    tile.places += stop - start;
    start = stop;
  }
}

PackedMatrices::PackedMatrices(const RightSide& first, std::int64_t count, std::int64_t matrix_step, const float* bias)
    : count_(count), depth_(first.depth), columns_(first.columns) {
  if (columns_ > 0) padded_ = (panels() - 1) * panel_width() + width_of(panels() - 1, columns_);
  if (bias) bias_.resize(static_cast<std::size_t>(count * padded_ + panel_width()));
  for (std::int64_t i = 0; bias && i < count; ++i)
    std::copy_n(bias + i * columns_, columns_, bias_.data() + i * padded_);
  panels_ = Tensor(Shape{count * padded_ * depth_});
  float* packed = panels_.mutable_data();
  parallel_for(count * panels(), 1 + (1 << 16) / (panel_width() * std::max<std::int64_t>(depth_, 1)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   const std::int64_t matrix = i / panels(), panel = i % panels();
                   RightSide right = first;
                   right.numbers += matrix * matrix_step;
                   pack_panel(right, panel, packed + column(matrix, panel) * depth_);
                 }
               });
}

const float* PackedMatrices::packed(std::int64_t matrix, std::int64_t panel) const {
  return panels_.data() + column(matrix, panel) * depth_;
}

const float* PackedMatrices::bias(std::int64_t matrix, std::int64_t panel) const {
  return bias_.empty() ? nullptr : bias_.data() + column(matrix, panel);
}

}  // namespace kerascope::ops
