// Stretches or equalizes each channel of pictures: (N, H, W, C) -> (N, H, W, C). Computed in float32 in Keras's order
// of operations, as histograms depend on the last bit.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/parallel.h"
#include "kerascope/error.h"
#include "ops/contrast.h"

namespace kerascope::ops {
namespace {

constexpr int kLevels = 256;  // 0 to 255

/// From the pictures' own range to 0..255 and back.
struct Range {
  float low, high;

  bool is_usual() const { return low == 0 && high == kLevels - 1; }
  float in(float x) const { return is_usual() ? x : (x - low) / (high - low) * (kLevels - 1); }
  float out(float x) const { return is_usual() ? x : x / (kLevels - 1) * (high - low) + low; }
};

void require_pictures(const char* name, const Shape& x) {
  if (x.rank() != 4)
    throw Error({.code = "shape-rank", .what = fmt::format("{} needs pictures (N, H, W, C), not {}", name, x.str())});
}

class AutoContrastOp : public Float32Op {
 public:
  explicit AutoContrastOp(Range range) : range_(range) {}

  std::string kind() const override { return "auto_contrast"; }
  std::string attributes() const override { return fmt::format("{} .. {}", range_.low, range_.high); }
  bool keeps_items_apart(std::span<const Shape>, const std::vector<bool>&) const override { return true; }

  Shape infer(std::span<const Shape> in) const override {
    require_pictures("auto_contrast", in[0]);
    return in[0];
  }

  OpKernel prepare(const Session&, std::span<const Operand>, const Shape& out) const override {
    const std::int64_t samples = out[0], channels = out[3], size = out[1] * out[2] * channels;
    if (out.elements() == 0) return [](const OpArguments&) {};
    return [=, range = range_](const OpArguments& args) {
      parallel_for(samples * channels, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i)
          spread(range, args.in[0] + i / channels * size + i % channels, args.out + i / channels * size + i % channels,
                 size, channels);
      });
    };
  }

 private:
  static void spread(const Range& range, const float* x, float* y, std::int64_t size, std::int64_t step) {
    float low = std::numeric_limits<float>::infinity(), high = -low;
    for (std::int64_t i = 0; i < size; i += step) {
      const float number = range.in(x[i]);
      if (std::isnan(number)) {
        low = high = number;
        break;
      }
      low = std::min(low, number);
      high = std::max(high, number);
    }
    const float scale = (kLevels - 1) / (high - low), offset = -low * scale;
    for (std::int64_t i = 0; i < size; i += step) {
      const float number = range.out(std::clamp(range.in(x[i]) * scale + offset, 0.0f, kLevels - 1.0f));
      y[i] = std::isnan(number) ? x[i] : number;
    }
  }

  Range range_;
};

class ClaheOp : public Float32Op {
 public:
  explicit ClaheOp(const ClaheOptions& options) : options_(options) {}

  std::string kind() const override { return "clahe"; }
  bool keeps_items_apart(std::span<const Shape>, const std::vector<bool>&) const override { return true; }
  std::string attributes() const override {
    return fmt::format("{}x{} limit {}", options_.tiles[0], options_.tiles[1], options_.clip_limit);
  }

  Shape infer(std::span<const Shape> in) const override {
    require_pictures("clahe", in[0]);
    for (int axis : {0, 1})
      if (const std::int64_t size = in[0][axis + 1], count = options_.tiles[static_cast<std::size_t>(axis)];
          count < 1 || tile_size(size, count) * count > 2 * size)
        throw Error({.code = "shape-mismatch",
                     .what = fmt::format("clahe cannot lay {} tiles over {} pixels of {}", count, size, in[0].str())});
    return in[0];
  }

  OpKernel prepare(const Session&, std::span<const Operand>, const Shape& out) const override {
    if (out.elements() == 0) return [](const OpArguments&) {};
    return [options = options_, shape = out](const OpArguments& args) {
      parallel_for(shape[0] * shape[3], 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          const std::int64_t first = i / shape[3] * shape[1] * shape[2] * shape[3] + i % shape[3];
          equalize(options, shape, args.in[0] + first, args.out + first);
        }
      });
    };
  }

 private:
  using Curve = std::array<float, kLevels>;

  static std::int64_t tile_size(std::int64_t size, std::int64_t tiles) { return (size + tiles - 1) / tiles; }

  /// The table that replaces each level, for the middle of a tile.
  static Curve curve(const std::array<std::int64_t, kLevels>& counts, std::int64_t pixels, float clip_limit) {
    Curve bars;
    std::copy(counts.begin(), counts.end(), bars.begin());
    if (clip_limit > 0) {
      const float limit = clip_limit * static_cast<float>(pixels) / kLevels;
      float above = 0;
      for (float bar : bars) above += std::max(bar - limit, 0.0f);
      for (float& bar : bars) bar = std::min(bar, limit) + above / kLevels;
    }
    float sum = 0;
    for (float& bar : bars) bar = sum += bar;
    const float least = bars[0], rest = static_cast<float>(pixels) - least;
    for (float& bar : bars) bar = std::clamp((bar - least) * (kLevels - 1) / (rest == 0 ? 1 : rest), 0.0f, 255.0f);
    return bars;
  }

  /// The two tiles whose middles a pixel lies between, and the weight of the second.
  struct Between {
    std::int64_t first, second;
    float share;
  };
  static Between between(std::int64_t pixel, std::int64_t tile, std::int64_t tiles) {
    const float place = (static_cast<float>(pixel) - static_cast<float>(tile) / 2) / static_cast<float>(tile) + 1,
                before = std::floor(place);
    const auto clamped = [&](std::int64_t index) { return std::clamp<std::int64_t>(index - 1, 0, tiles - 1); };
    const auto index = static_cast<std::int64_t>(before);
    return {clamped(index), clamped(index + 1), place - before};
  }

  /// One channel of one picture.
  static void equalize(const ClaheOptions& options, const Shape& shape, const float* x, float* y) {
    const Range range = {options.low, options.high};
    const std::int64_t height = shape[1], width = shape[2], step = shape[3];
    const auto [down, across] = options.tiles;
    const std::int64_t tall = tile_size(height, down), wide = tile_size(width, across);
    // Beyond the edges the picture is mirrored.
    const auto level = [&](std::int64_t row, std::int64_t column) {
      row = row < height ? row : 2 * height - 1 - row;
      column = column < width ? column : 2 * width - 1 - column;
      const float number = range.in(x[(row * width + column) * step]);
      return static_cast<std::size_t>(number > 0 ? std::min(number, kLevels - 1.0f) : 0);
    };
    std::vector<Curve> curves;
    for (std::int64_t tile = 0; tile < down * across; ++tile) {
      std::array<std::int64_t, kLevels> counts = {};
      for (std::int64_t row = 0; row < tall; ++row)
        for (std::int64_t column = 0; column < wide; ++column)
          ++counts[level(tile / across * tall + row, tile % across * wide + column)];
      curves.push_back(curve(counts, tall * wide, options.clip_limit));
    }
    for (std::int64_t row = 0; row < height; ++row)
      for (std::int64_t column = 0; column < width; ++column) {
        const Between rows = between(row, tall, down), columns = between(column, wide, across);
        const auto mixed = [&](std::int64_t tile_row) {
          const std::size_t at = level(row, column);
          return curves[static_cast<std::size_t>(tile_row * across + columns.first)][at] * (1 - columns.share) +
                 curves[static_cast<std::size_t>(tile_row * across + columns.second)][at] * columns.share;
        };
        y[(row * width + column) * step] =
            range.out(mixed(rows.first) * (1 - rows.share) + mixed(rows.second) * rows.share);
      }
  }

  ClaheOptions options_;
};

}  // namespace

Value auto_contrast(Graph& graph, Value x, float low, float high) {
  return graph.apply(std::make_shared<AutoContrastOp>(Range{low, high}), {x});
}

Value clahe(Graph& graph, Value x, const ClaheOptions& options) {
  return graph.apply(std::make_shared<ClaheOp>(options), {x});
}

}  // namespace kerascope::ops
