// Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015. An output tile of M x M is
//     A^T ((G g G^T) * (B^T d B)) A
// of a kernel g and the (M+2) x (M+2) inputs d around the tile; the product * in the middle goes number by number,
// which over all channels, filters and tiles is one product of matrices for each of the (M+2)^2 positions.
#include "ops/winograd.h"

#include <array>
#include <memory>
#include <numbers>

#include "base/parallel.h"
#include "base/simd.h"
#include "base/workspace.h"
#include "ops/gemm.h"

namespace kerascope::ops {
namespace {

template <std::size_t Rows, std::size_t Columns>
using Matrix = std::array<std::array<float, Columns>, Rows>;

/// The matrices for tiles of M x M; they interpolate at 0, 1, -1 and infinity, larger tiles at 0, the positive and
/// negative roots of 1/2 and of 2, and infinity: measured against 1, 2 and their negatives these have a quarter of the
/// rounding errors, not twice those of direct multiplication.
template <int M>
struct Transform;
template <>
struct Transform<2> {
  static constexpr Matrix<4, 4> kInput = {{{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}}};
  static constexpr Matrix<4, 3> kKernel = {{{1, 0, 0}, {0.5f, 0.5f, 0.5f}, {0.5f, -0.5f, 0.5f}, {0, 0, 1}}};
  static constexpr Matrix<2, 4> kOutput = {{{1, 1, 1, 0}, {0, 1, -1, -1}}};
};
template <>
struct Transform<4> {
  static constexpr float kRoot2 = std::numbers::sqrt2_v<float>, kRootHalf = kRoot2 / 2;
  static constexpr Matrix<6, 6> kInput = {{{1, 0, -2.5f, 0, 1, 0},
                                           {0, -kRoot2, -2, kRootHalf, 1, 0},
                                           {0, kRoot2, -2, -kRootHalf, 1, 0},
                                           {0, -kRootHalf, -0.5f, kRoot2, 1, 0},
                                           {0, kRootHalf, -0.5f, -kRoot2, 1, 0},
                                           {0, 1, 0, -2.5f, 0, 1}}};
  static constexpr Matrix<6, 3> kKernel = {{{1, 0, 0},
                                            {-2 / 3.0f, -kRoot2 / 3, -1 / 3.0f},
                                            {-2 / 3.0f, kRoot2 / 3, -1 / 3.0f},
                                            {1 / 6.0f, kRoot2 / 6, 1 / 3.0f},
                                            {1 / 6.0f, -kRoot2 / 6, 1 / 3.0f},
                                            {0, 0, 1}}};
  static constexpr Matrix<4, 6> kOutput = {{{1, 1, 1, 1, 1, 0},
                                            {0, kRootHalf, -kRootHalf, kRoot2, -kRoot2, 0},
                                            {0, 0.5f, 0.5f, 2, 2, 0},
                                            {0, kRootHalf / 2, -kRootHalf / 2, 2 * kRoot2, -2 * kRoot2, 1}}};
};

/// Numbers of tiles that are transformed at a time if all threads share the tiles.
constexpr std::int64_t kMostNumbers = 8 << 20;

/// to = matrix * from. All sizes are compile-time constants; products with 0 are left out.
template <const auto& kMatrix, typename Number, std::size_t Inner, std::size_t Columns, std::size_t Rows>
[[gnu::always_inline]] inline void multiply_left(const Number (&from)[Inner][Columns], Number (&to)[Rows][Columns]) {
#pragma GCC unroll 8
  for (std::size_t i = 0; i < Rows; ++i)
#pragma GCC unroll 8
    for (std::size_t j = 0; j < Columns; ++j) {
      Number sum = {};
#pragma GCC unroll 8
      for (std::size_t k = 0; k < Inner; ++k)
        if (kMatrix[i][k] != 0) sum += kMatrix[i][k] * from[k][j];
      to[i][j] = sum;
    }
}
/// to = from * transposed matrix.
template <const auto& kMatrix, typename Number, std::size_t Rows, std::size_t Inner, std::size_t Columns>
[[gnu::always_inline]] inline void multiply_right(const Number (&from)[Rows][Inner], Number (&to)[Rows][Columns]) {
#pragma GCC unroll 8
  for (std::size_t i = 0; i < Rows; ++i)
#pragma GCC unroll 8
    for (std::size_t j = 0; j < Columns; ++j) {
      Number sum = {};
#pragma GCC unroll 8
      for (std::size_t k = 0; k < Inner; ++k)
        if (kMatrix[j][k] != 0) sum += kMatrix[j][k] * from[i][k];
      to[i][j] = sum;
    }
}

struct Sizes {
  std::int64_t batch, high, wide, channels;  ///< of the input
  std::int64_t out_high, out_wide, filters;
  std::int64_t before_high, before_wide;  ///< padding
};

/// An output tile, by its first position. Parts beyond the strip or the image are not written.
struct TilePlace {
  std::int64_t item, high, wide;
  std::int64_t end_high;
};

template <int M>
class Winograd {
 public:
  static constexpr int kSide = M + 2, kPositions = kSide * kSide;

  Winograd(const Sizes& sizes, std::shared_ptr<const PackedMatrices> kernels, const float* bias)
      : sizes_(sizes), kernels_(std::move(kernels)) {
    bias_.assign(static_cast<std::size_t>(sizes.filters), 0.0f);
    if (bias) std::copy_n(bias, sizes.filters, bias_.begin());
    zeros_.resize(static_cast<std::size_t>(sizes.channels));
  }

  /// Transforms a kernel (3, 3, channels, filters) to one matrix per position.
  static PackedMatrices kernels_of(const Sizes& sizes, const float* kernel) {
    const std::int64_t numbers = sizes.channels * sizes.filters;
    const Tensor positions = transformed(kernel, numbers);
    return PackedMatrices(
        {.numbers = positions.data(), .depth = sizes.channels, .columns = sizes.filters, .row_step = sizes.filters},
        kPositions, numbers, nullptr);
  }

  std::int64_t tiles_across() const { return (sizes_.out_wide + M - 1) / M; }
  /// Numbers per tile before and after the products.
  std::int64_t tile_numbers() const { return kPositions * (sizes_.channels + sizes_.filters); }

  /// Computes output rows [begin, end) of the batch in the calling thread.
  void rows(const float* x, const Epilogue& to, std::int64_t begin, std::int64_t end) const {
    std::vector<TilePlace>& places = this_threads_places();
    places.clear();
    append_tiles(begin, end, places);
    const auto tiles = static_cast<std::int64_t>(places.size());
    const Buffers memory = buffers(tiles);
    transform_inputs(x, places, 0, tiles, memory);
    multiply(tiles, 0, kPositions, memory);
    transform_outputs(places, 0, tiles, memory, to, begin);
  }

  /// Computes everything, block of tiles by block of tiles; all threads share each block.
  void all(const float* x, const Epilogue& to) const {
    std::vector<TilePlace> places;
    append_tiles(0, sizes_.batch * sizes_.out_high, places);
    const auto all_tiles = static_cast<std::int64_t>(places.size());
    const std::int64_t most = std::max<std::int64_t>(kMostNumbers / tile_numbers(), 64),
                       parts = (all_tiles + most - 1) / most;
    for (std::int64_t part = 0; part < parts; ++part) {
      const std::int64_t first = all_tiles * part / parts, tiles = all_tiles * (part + 1) / parts - first;
      const std::span now = std::span(places).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(tiles));
      const Buffers memory = buffers(tiles);
      parallel_for(tiles, 1, [&](std::int64_t b, std::int64_t e) { transform_inputs(x, now, b, e, memory); });
      parallel_for(kPositions, 1, [&](std::int64_t b, std::int64_t e) { multiply(tiles, b, e, memory); });
      parallel_for(tiles, 1, [&](std::int64_t b, std::int64_t e) { transform_outputs(now, b, e, memory, to, 0); });
    }
  }

 private:
  /// (3, 3, numbers) -> (position, numbers).
  static Tensor transformed(const float* kernel, std::int64_t numbers) {
    Tensor result(Shape{kPositions, numbers});
    parallel_for(numbers / lanes(), 256, [=, to = result.mutable_data()](std::int64_t begin, std::int64_t end) {
      with_lanes([=](auto lanes) {
        using Vector = simd::Vector<lanes()>;
        for (std::int64_t i = begin * lanes(); i < end * lanes(); i += lanes()) {
          Vector g[3][3], half[kSide][3], whole[kSide][kSide];
#pragma GCC unroll 9
          for (int k = 0; k < 9; ++k) g[k / 3][k % 3] = simd::load<Vector>(kernel + k * numbers + i);
          multiply_left<Transform<M>::kKernel>(g, half);
          multiply_right<Transform<M>::kKernel>(half, whole);
#pragma GCC unroll 36
          for (int p = 0; p < kPositions; ++p) simd::store(whole[p / kSide][p % kSide], to + p * numbers + i);
        }
      });
    });
    return result;
  }

  /// Numbers per position of all tiles, before and after the products. Positions must not start a multiple of a page
  /// apart: they would share sets of the first-level cache.
  struct Buffers {
    float *before, *behind;
    std::int64_t before_step, behind_step;
  };
  Buffers buffers(std::int64_t tiles) const {
    constexpr std::int64_t kLine = 16;
    thread_local Workspace memory;
    const std::int64_t before = tiles * sizes_.channels + kLine, behind = tiles * sizes_.filters + kLine;
    float* start = memory.floats(static_cast<std::size_t>(kPositions * (before + behind)));
    return {start, start + kPositions * before, before, behind};
  }
  static std::vector<TilePlace>& this_threads_places() {
    thread_local std::vector<TilePlace> places;
    return places;
  }

  void append_tiles(std::int64_t begin, std::int64_t end, std::vector<TilePlace>& places) const {
    while (begin < end) {
      const std::int64_t item = begin / sizes_.out_high, first = begin % sizes_.out_high,
                         last = std::min(sizes_.out_high, first + end - begin);
      for (std::int64_t h = first; h < last; h += M)
        for (std::int64_t w = 0; w < sizes_.out_wide; w += M) places.push_back({item, h, w, last});
      begin += last - first;
    }
  }

  /// (tile, channel) -> (position, tile, channel).
  void transform_inputs(const float* x, std::span<const TilePlace> places, std::int64_t begin, std::int64_t end,
                        const Buffers& memory) const {
    const std::int64_t channels = sizes_.channels;
    for (std::int64_t tile = begin; tile < end; ++tile) {
      const TilePlace& place = places[static_cast<std::size_t>(tile)];
      const float* from[kPositions];
      for (int p = 0; p < kPositions; ++p) {
        const std::int64_t h = place.high - sizes_.before_high + p / kSide,
                           w = place.wide - sizes_.before_wide + p % kSide;
        const bool inside = h >= 0 && h < sizes_.high && w >= 0 && w < sizes_.wide;
        from[p] = inside ? x + ((place.item * sizes_.high + h) * sizes_.wide + w) * channels : zeros_.data();
      }
      with_lanes([&from, channels, step = memory.before_step, to = memory.before + tile * channels](auto lanes) {
        using Vector = simd::Vector<lanes()>;
        for (std::int64_t c = 0; c < channels; c += lanes()) {
          Vector d[kSide][kSide], half[kSide][kSide];
#pragma GCC unroll 36
          for (int p = 0; p < kPositions; ++p) d[p / kSide][p % kSide] = simd::load<Vector>(from[p] + c);
          multiply_left<Transform<M>::kInput>(d, half);
          multiply_right<Transform<M>::kInput>(half, d);
#pragma GCC unroll 36
          for (int p = 0; p < kPositions; ++p) simd::store(d[p / kSide][p % kSide], to + p * step + c);
        }
      });
    }
  }

  /// (position, tile, channel) -> (position, tile, filter), for some positions.
  void multiply(std::int64_t tiles, std::int64_t begin, std::int64_t end, const Buffers& memory) const {
    constexpr std::int64_t kTogether = 4;
    const float* left[kTogether * kMostRows];
    std::int64_t places[kTogether * kMostRows];
    for (std::int64_t p = begin; p < end; ++p)
      for (std::int64_t first = 0; first < tiles;) {
        const std::int64_t all = TileRows(tiles - first).tiles, rows = (tiles - first) * std::min(all, kTogether) / all;
        parallel::poll();
        for (std::int64_t i = 0; i < rows; ++i) {
          left[i] = memory.before + p * memory.before_step + (first + i) * sizes_.channels;
          places[i] = (first + i) * sizes_.filters;
        }
        for (std::int64_t panel = 0; panel < kernels_->panels(); ++panel)
          ops::multiply({.left = left,
                         .rows = rows,
                         .depth = sizes_.channels,
                         .packed = kernels_->packed(p, panel),
                         .panel = panel,
                         .columns = sizes_.filters,
                         .places = places},
                        {.out = memory.behind + p * memory.behind_step});
        first += rows;
      }
  }

  /// (position, tile, filter) -> the output, of which `to` starts at a row of the batch.
  void transform_outputs(std::span<const TilePlace> places, std::int64_t begin, std::int64_t end, const Buffers& memory,
                         const Epilogue& to, std::int64_t start_row) const {
    const std::int64_t filters = sizes_.filters;
    for (std::int64_t tile = begin; tile < end; ++tile) {
      const TilePlace& place = places[static_cast<std::size_t>(tile)];
      const std::int64_t first =
          ((place.item * sizes_.out_high + place.high - start_row) * sizes_.out_wide + place.wide) * filters;
      const std::int64_t high = std::min<std::int64_t>(M, place.end_high - place.high),
                         wide = std::min<std::int64_t>(M, sizes_.out_wide - place.wide),
                         line = sizes_.out_wide * filters;
      with_lanes([=, &to, bias = bias_.data(), step = memory.behind_step,
                  from = memory.behind + tile * filters](auto lanes) {
        using Vector = simd::Vector<lanes()>;
        for (std::int64_t c = 0; c < filters; c += lanes()) {
          Vector m[kSide][kSide], half[M][kSide], y[M][M];
#pragma GCC unroll 36
          for (int p = 0; p < kPositions; ++p) m[p / kSide][p % kSide] = simd::load<Vector>(from + p * step + c);
          multiply_left<Transform<M>::kOutput>(m, half);
          multiply_right<Transform<M>::kOutput>(half, y);
          const Vector b = simd::load<Vector>(bias + c);
          Vector done[M * M][1];
#pragma GCC unroll 16
          for (int i = 0; i < M * M; ++i) done[i][0] = y[i / M][i % M] + b;
          finish(done, to, c, lanes(),
                 [=](int i) { return i / M < high && i % M < wide ? first + i / M * line + i % M * filters + c : -1; });
        }
      });
    }
  }

  Sizes sizes_;
  std::shared_ptr<const PackedMatrices> kernels_;
  std::vector<float> bias_, zeros_;
};

/// Estimated cycles that tiles of M x M save against direct multiplication, for one thread.
double saved_cycles(const Sizes& sizes, int m) {
  const double channels = static_cast<double>(sizes.channels), filters = static_cast<double>(sizes.filters);
  const double across = static_cast<double>((sizes.out_wide + m - 1) / m),
               down = static_cast<double>((sizes.out_high + m - 1) / m),
               tiles = static_cast<double>(sizes.batch) * across * down, positions = (m + 2) * (m + 2);
  const double outputs = static_cast<double>(sizes.batch * sizes.out_high * sizes.out_wide);
  // Measured with AVX-512: 0.55 cycles per register of products, 4 per register of each transform; transformed kernels
  // come from memory at 4 bytes per cycle during the products.
  const double product = 0.55 * channels * filters / 16, streamed = channels * filters * 4 / 4;
  const double direct = outputs * 9 * product + 9 * streamed;
  const double tiled =
      tiles * positions * product + positions * streamed + tiles * positions * 4 * (channels + filters) / 16;
  return direct - tiled;
}

template <int M>
OpKernel kernel_of(const Session& session, const Sizes& sizes, const Operand& kernel, const float* bias) {
  const auto kernels =
      session.cached<PackedMatrices>(key_of(M == 4 ? "transformed for 4x4" : "transformed for 2x2", {&kernel, 1}),
                                     [&] { return Winograd<M>::kernels_of(sizes, kernel.constant); });
  auto ready = std::make_shared<const Winograd<M>>(sizes, kernels, bias);
  // Strips whose numbers stay in the second-level cache. If that gives too few or too small strips, threads share
  // tiles.
  constexpr std::int64_t kCache = 320 << 10, kFewTiles = 20;
  const std::int64_t most_tiles = kCache / ready->tile_numbers(), tile_rows = (sizes.out_high + M - 1) / M;
  const std::int64_t strip = std::clamp<std::int64_t>(most_tiles / ready->tiles_across(), 1, tile_rows);
  const std::int64_t strips = sizes.batch * ((tile_rows + strip - 1) / strip);
  OpKernel made;
  if (strip * ready->tiles_across() < kFewTiles || strips < 2 * thread_count())
    made = [ready](const OpArguments& args) { ready->all(args.in[0], Epilogue::of(args)); };
  else
    made = OpKernel::by_rows(sizes.batch * sizes.out_high, strip * M, [ready](const OpArguments& args) {
      ready->rows(args.in[0], Epilogue::of(args), args.begin, args.end);
    });
  made.take_epilogue(sizes.filters);
  return made;
}

}  // namespace

bool fits_winograd(const std::vector<WindowAxis>& axes) {
  return axes.size() == 2 && std::ranges::all_of(axes, [](const WindowAxis& axis) {
           return axis.size == 3 && axis.stride == 1 && axis.dilation == 1;
         });
}

namespace {

Sizes sizes_of(const Shape& x, const Shape& out, const std::vector<WindowAxis>& axes) {
  return {.batch = x[0],
          .high = x[1],
          .wide = x[2],
          .channels = x[3],
          .out_high = out[1],
          .out_wide = out[2],
          .filters = out[3],
          .before_high = axes[0].before,
          .before_wide = axes[1].before};
}

/// The side of the fastest tile, 2 or 4; 0 if direct multiplication is faster.
int fastest_tile(const Shape& x, const Shape& out, const std::vector<WindowAxis>& axes) {
  if (!fits_winograd(axes) || x.back() % lanes() != 0 || out.back() % lanes() != 0) return 0;
  const Sizes sizes = sizes_of(x, out, axes);
  const double with_2 = saved_cycles(sizes, 2), with_4 = saved_cycles(sizes, 4);
  if (std::max(with_2, with_4) <= 0) return 0;
  return with_4 >= with_2 ? 4 : 2;
}

}  // namespace

std::optional<OpKernel> winograd(const Session& session, const Shape& x, const Shape& out,
                                 const std::vector<WindowAxis>& axes, const Operand& kernel, const float* bias) {
  const int tile = fastest_tile(x, out, axes);
  if (tile == 0) return {};
  const Sizes sizes = sizes_of(x, out, axes);
  return tile == 4 ? kernel_of<4>(session, sizes, kernel, bias) : kernel_of<2>(session, sizes, kernel, bias);
}

std::optional<OpMemory> winograd_memory(const Shape& x, const Shape& out, const std::vector<WindowAxis>& axes) {
  const std::int64_t tile = fastest_tile(x, out, axes);
  if (tile == 0) return {};
  const std::int64_t positions = (tile + 2) * (tile + 2), tiles_high = (out[1] + tile - 1) / tile,
                     tiles_wide = (out[2] + tile - 1) / tile;
  const auto transformed = static_cast<std::size_t>(positions * x.back() * out.back()) * sizeof(float),
             computing = static_cast<std::size_t>(std::min(
                             kMostNumbers, positions * (x.back() + out.back()) * x[0] * tiles_high * tiles_wide)) *
                         sizeof(float);
  return OpMemory{.kept = transformed, .passing = transformed + computing};
}

}  // namespace kerascope::ops
