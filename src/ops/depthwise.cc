#include "ops/depthwise.h"

#include <algorithm>
#include <array>

#include "base/parallel.h"
#include "base/simd.h"
#include "base/workspace.h"
#include "ops/epilogue.h"

namespace kerascope::ops {
namespace {

/// Always with three spatial axes; those that the input lacks have one position.
struct Geometry {
  std::array<WindowAxis, 3> axes;
  std::int64_t channels, multiplier;
  std::vector<float> zeros = {};  ///< one per filter

  std::int64_t filters() const { return channels * multiplier; }
  std::int64_t line() const { return axes[2].in * channels; }
};

/// The input lines under one output line, each with its line of the kernel; lines beyond an edge are left out.
struct Line {
  const float *x, *kernel;
};

/// The kernel's positions along a line that lie inside the input.
struct KernelRange {
  std::int64_t begin, end;
};
KernelRange range_inside(const WindowAxis& wide, std::int64_t w) {
  const std::int64_t start = w * wide.stride - wide.before;
  const std::int64_t begin = start < 0 ? (-start + wide.dilation - 1) / wide.dilation : 0;
  const std::int64_t fitting = start >= wide.in ? 0 : (wide.in - 1 - start) / wide.dilation + 1;
  return {std::min(begin, wide.size), std::max(std::min(fitting, wide.size), std::min(begin, wide.size))};
}

/// Computes kCount neighbouring positions whose windows are cut equally, from channel `c` on. The line starts at
/// `place`.
template <typename Number, int kCount>
[[gnu::always_inline]] inline void positions(const Line* lines, std::int64_t line_count, const WindowAxis& wide,
                                             std::int64_t filters, const float* bias, std::int64_t w,
                                             const KernelRange& range, std::int64_t c, const Epilogue& to,
                                             std::int64_t place) {
  Number sums[kCount][1];
#pragma GCC unroll 8
  for (int i = 0; i < kCount; ++i) {
    sums[i][0] = bias ? simd::load<Number>(bias + c) : Number{};
  }
  const std::int64_t start = w * wide.stride - wide.before, step = wide.stride * filters;
  for (std::int64_t line = 0; line < line_count; ++line)
    for (std::int64_t k = range.begin; k < range.end; ++k) {
      const float* x = lines[line].x + (start + k * wide.dilation) * filters + c;
      const Number factor = simd::load<Number>(lines[line].kernel + k * filters + c);
#pragma GCC unroll 8
      for (int i = 0; i < kCount; ++i) sums[i][0] += simd::load<Number>(x + i * step) * factor;
    }
  constexpr std::int64_t kLanes = sizeof(Number) / sizeof(float);
  finish(sums, to, c, kLanes, [=](int i) { return place + (w + i) * filters + c; });
}

/// One output line and its inputs; it starts at `place`.
struct LineArguments {
  std::span<const Line> lines;
  const WindowAxis& wide;
  std::int64_t filters;
  const float *bias, *zeros;  ///< zeros: one per filter
  const Epilogue& to;
  std::int64_t place;
};

/// Neighbouring positions that the code for common kernel sizes computes together. The widths of most networks' feature
/// maps are multiples of it.
constexpr int kTogether = 7;

/// Computes positions [w, w + kTogether) before `end`, for all channels that fill whole registers. Input that several
/// windows share is read once.
/// @param column  column(line, i): the line's i-th column under the windows.
template <int kLanes, int kSize, int kStride, typename Column>
[[gnu::always_inline]] inline void neighbours(const LineArguments& t, std::int64_t w, std::int64_t end,
                                              const Column& column) {
  using Vector = simd::Vector<kLanes>;
  constexpr int kColumns = (kTogether - 1) * kStride + kSize;
  for (std::int64_t c = 0; c + kLanes <= t.filters; c += kLanes) {
    Vector sums[kTogether][1];
#pragma GCC unroll 8
    for (int i = 0; i < kTogether; ++i) sums[i][0] = t.bias ? simd::load<Vector>(t.bias + c) : Vector{};
    for (std::size_t line = 0; line < t.lines.size(); ++line) {
      Vector x[kColumns];
#pragma GCC unroll 32
      for (int i = 0; i < kColumns; ++i) x[i] = simd::load<Vector>(column(line, i) + c);
#pragma GCC unroll 8
      for (int k = 0; k < kSize; ++k) {
        const Vector factor = simd::load<Vector>(t.lines[line].kernel + k * t.filters + c);
#pragma GCC unroll 8
        for (int i = 0; i < kTogether; ++i) sums[i][0] += x[i * kStride + k] * factor;
      }
    }
    finish(sums, t.to, c, kLanes, [&](int i) { return w + i < end ? t.place + (w + i) * t.filters + c : -1; });
  }
}

/// Computes positions [begin, end) for all channels that fill whole registers.
template <int kLanes, int kSize, int kStride>
[[gnu::always_inline]] inline void compute_neighbours(const LineArguments& t, std::int64_t begin, std::int64_t end) {
  constexpr int kColumns = (kTogether - 1) * kStride + kSize;
  thread_local std::vector<const float*> columns;
  for (std::int64_t w = begin; w < end; w += kTogether) {
    const std::int64_t start = w * kStride - t.wide.before;
    if (start >= 0 && start + kColumns <= t.wide.in) {
      neighbours<kLanes, kSize, kStride>(
          t, w, end, [&](std::size_t line, int i) { return t.lines[line].x + (start + i) * t.filters; });
      continue;
    }
    columns.clear();
    for (const Line& line : t.lines)
      for (std::int64_t at = start; at < start + kColumns; ++at)
        columns.push_back(at >= 0 && at < t.wide.in ? line.x + at * t.filters : t.zeros);
    neighbours<kLanes, kSize, kStride>(t, w, end, [columns = columns.data()](std::size_t line, int i) {
      return columns[line * kColumns + static_cast<std::size_t>(i)];
    });
  }
}

using Neighbours = void (*)(const LineArguments&, std::int64_t begin, std::int64_t end);

template <int kLanes, int kSize, int kStride>
void neighbours_for(const LineArguments& t, std::int64_t begin, std::int64_t end) {
  with_registers_of<kLanes>([&] { compute_neighbours<kLanes, kSize, kStride>(t, begin, end); });
}

/// The code for common kernel sizes and strides, otherwise null.
template <int kLanes>
Neighbours neighbours_of(const WindowAxis& wide) {
  if (wide.dilation != 1 || wide.stride > 2) return nullptr;
  const bool apart = wide.stride == 2;
  switch (wide.size) {
    case 3:
      return apart ? neighbours_for<kLanes, 3, 2> : neighbours_for<kLanes, 3, 1>;
    case 5:
      return apart ? neighbours_for<kLanes, 5, 2> : neighbours_for<kLanes, 5, 1>;
    case 7:
      return apart ? neighbours_for<kLanes, 7, 2> : neighbours_for<kLanes, 7, 1>;
    default:
      return nullptr;
  }
}

Neighbours neighbours_of(const WindowAxis& wide) {
#if defined(__x86_64__)
  if (lanes() == 16) return neighbours_of<16>(wide);
  if (lanes() == 8) return neighbours_of<8>(wide);
#endif
  return neighbours_of<4>(wide);
}

/// Computes positions [begin, end) for any kernel, from channel `first` on.
void compute_any(const LineArguments& t, std::int64_t begin, std::int64_t end, std::int64_t first) {
  // Neighbours whose window lies inside the input are computed together.
  constexpr std::int64_t kCount = 4;
  const auto is_whole = [&](std::int64_t w) {
    const KernelRange range = range_inside(t.wide, w);
    return range.begin == 0 && range.end == t.wide.size;
  };
  with_lanes([&, lines = t.lines.data(), count = static_cast<std::int64_t>(t.lines.size())](auto lanes) {
    using Vector = simd::Vector<lanes()>;
    for (std::int64_t w = begin; w < end;) {
      const bool together = w + kCount <= end && is_whole(w) && is_whole(w + kCount - 1);
      const KernelRange range = range_inside(t.wide, w);
      const auto channels = [&]<typename Number>(Number, std::int64_t c) {
        if (together)
          positions<Number, kCount>(lines, count, t.wide, t.filters, t.bias, w, range, c, t.to, t.place);
        else
          positions<Number, 1>(lines, count, t.wide, t.filters, t.bias, w, range, c, t.to, t.place);
      };
      std::int64_t c = first;
      for (; c + lanes() <= t.filters; c += lanes()) channels(Vector{}, c);
      for (; c + 4 <= t.filters; c += 4) channels(simd::Vector<4>{}, c);
      for (; c < t.filters; ++c) channels(float{}, c);
      w += together ? kCount : 1;
    }
  });
}

/// Positions [begin, end).
void compute_line(const LineArguments& t, Neighbours neighbours, std::int64_t begin, std::int64_t end) {
  const std::int64_t rest = neighbours ? t.filters / lanes() * lanes() : 0;
  if (rest > 0) neighbours(t, begin, end);
  if (rest < t.filters) compute_any(t, begin, end, rest);
}

void compute_lines(const Geometry& geometry, const OpArguments& args) {
  const auto& [deep, high, wide] = geometry.axes;
  const std::int64_t filters = geometry.filters(), kernel_line = wide.size * filters;
  const Epilogue epilogue = Epilogue::of(args);
  const Neighbours neighbours = neighbours_of(wide);
  thread_local std::vector<Line> lines;
  thread_local Workspace repeated;  // several filters per channel: input lines with each channel repeated
  for (std::int64_t begin = args.begin; begin < args.end;) {
    const std::int64_t i = begin / wide.out, h = i % high.out, d = i / high.out % deep.out, n = i / high.out / deep.out;
    const std::int64_t line_begin = i * wide.out, end = std::min(args.end, line_begin + wide.out);
    lines.clear();
    for (std::int64_t kd = 0; kd < deep.size; ++kd)
      for (std::int64_t kh = 0; kh < high.size; ++kh) {
        const std::int64_t in_d = d * deep.stride - deep.before + kd * deep.dilation,
                           in_h = h * high.stride - high.before + kh * high.dilation;
        if (in_d < 0 || in_d >= deep.in || in_h < 0 || in_h >= high.in) continue;
        lines.push_back({.x = args.in[0] + ((n * deep.in + in_d) * high.in + in_h) * geometry.line(),
                         .kernel = args.in[1] + (kd * high.size + kh) * kernel_line});
      }
    if (geometry.multiplier > 1) {
      float* to = repeated.floats(lines.size() * static_cast<std::size_t>(wide.in * filters));
      for (Line& line : lines) {
        float* start = to;
        for (std::int64_t k = 0; k < geometry.line(); ++k, to += geometry.multiplier)
          std::fill_n(to, geometry.multiplier, line.x[k]);
        line.x = start;
      }
    }
    compute_line({.lines = lines,
                  .wide = wide,
                  .filters = filters,
                  .bias = args.in.size() > 2 ? args.in[2] : nullptr,
                  .zeros = geometry.zeros.data(),
                  .to = epilogue,
                  .place = (line_begin - args.begin) * filters},
                 neighbours, begin - line_begin, end - line_begin);
    begin = end;
  }
}

}  // namespace

OpKernel depthwise(const Shape& x, const Shape& out, const std::vector<WindowAxis>& axes) {
  Geometry geometry = {.axes = {}, .channels = x.back(), .multiplier = out.back() / x.back()};
  geometry.axes.fill(kOnePosition);
  std::ranges::copy_backward(axes, geometry.axes.end());
  geometry.zeros.resize(static_cast<std::size_t>(geometry.filters()));
  // A row is a position; if there are many, calls get whole lines.
  const std::int64_t line = geometry.axes[2].out, positions = out.elements() / out.back();
  const std::int64_t grain = positions / line >= 4 * thread_count() ? line : equal_parts(positions, line);
  OpKernel made =
      OpKernel::by_rows(positions, grain, [geometry](const OpArguments& args) { compute_lines(geometry, args); });
  made.take_epilogue(out.back());
  return made;
}

}  // namespace kerascope::ops
