#include "ops/depthwise.h"

#include <algorithm>
#include <array>

#include "base/parallel.h"
#include "base/simd.h"
#include "base/workspace.h"
#include "ops/epilogue.h"

namespace kerascope::ops {
namespace {

/// Three spatial axes always: those that the input lacks have one position.
struct Geometry {
  std::array<WindowAxis, 3> axes;
  std::int64_t channels, multiplier;

  std::int64_t filters() const { return channels * multiplier; }
  std::int64_t line() const { return axes[2].in * channels; }
};

/// Lines of the input under one line of the output, those beyond an edge left out, each with the kernel's line.
struct Line {
  const float *x, *kernel;
};

/// Which of the kernel's positions along the line lie inside the input.
struct Taps {
  std::int64_t begin, end;
};
Taps taps_at(const WindowAxis& wide, std::int64_t w) {
  const std::int64_t start = w * wide.stride - wide.before;
  const std::int64_t begin = start < 0 ? (-start + wide.dilation - 1) / wide.dilation : 0;
  const std::int64_t fitting = start >= wide.in ? 0 : (wide.in - 1 - start) / wide.dilation + 1;
  return {std::min(begin, wide.size), std::max(std::min(fitting, wide.size), std::min(begin, wide.size))};
}

/// kCount neighbouring positions that have the same taps, channels from `c` on. The line starts at `place`.
template <typename Number, int kCount>
[[gnu::always_inline]] inline void positions(const Line* lines, std::int64_t line_count, const WindowAxis& wide,
                                             std::int64_t filters, const float* bias, std::int64_t w, const Taps& taps,
                                             std::int64_t c, const Epilogue& to, std::int64_t place) {
  Number sums[kCount][1];
#pragma GCC unroll 8
  for (int i = 0; i < kCount; ++i) {
    sums[i][0] = bias ? simd::load<Number>(bias + c) : Number{};
  }
  const std::int64_t start = w * wide.stride - wide.before, step = wide.stride * filters;
  for (std::int64_t line = 0; line < line_count; ++line)
    for (std::int64_t tap = taps.begin; tap < taps.end; ++tap) {
      const float* x = lines[line].x + (start + tap * wide.dilation) * filters + c;
      const Number factor = simd::load<Number>(lines[line].kernel + tap * filters + c);
#pragma GCC unroll 8
      for (int i = 0; i < kCount; ++i) sums[i][0] += simd::load<Number>(x + i * step) * factor;
    }
  constexpr std::int64_t kLanes = sizeof(Number) / sizeof(float);
  finish(sums, to, c, kLanes, [=](int i) { return place + (w + i) * filters + c; });
}

/// Positions [begin, end) of a line of the output, which starts at `place`.
void compute_line(const std::vector<Line>& lines, const WindowAxis& wide, std::int64_t begin, std::int64_t end,
                  std::int64_t filters, const float* bias, const Epilogue& to, std::int64_t place) {
  // Positions whose whole window lies inside the input go together.
  constexpr std::int64_t kTogether = 4;
  const auto is_whole = [&](std::int64_t w) {
    const Taps taps = taps_at(wide, w);
    return taps.begin == 0 && taps.end == wide.size;
  };
  with_lanes([&, lines = lines.data(), count = static_cast<std::int64_t>(lines.size())](auto lanes) {
    using Vector = simd::Vector<lanes()>;
    for (std::int64_t w = begin; w < end;) {
      const bool together = w + kTogether <= end && is_whole(w) && is_whole(w + kTogether - 1);
      const Taps taps = taps_at(wide, w);
      const auto channels = [&]<typename Number>(Number, std::int64_t c) {
        if (together)
          positions<Number, kTogether>(lines, count, wide, filters, bias, w, taps, c, to, place);
        else
          positions<Number, 1>(lines, count, wide, filters, bias, w, taps, c, to, place);
      };
      std::int64_t c = 0;
      for (; c + lanes() <= filters; c += lanes()) channels(Vector{}, c);
      for (; c + 4 <= filters; c += 4) channels(simd::Vector<4>{}, c);
      for (; c < filters; ++c) channels(float{}, c);
      w += together ? kTogether : 1;
    }
  });
}

void compute_lines(const Geometry& geometry, const KernelArguments& run) {
  const auto& [deep, high, wide] = geometry.axes;
  const std::int64_t filters = geometry.filters(), kernel_line = wide.size * filters;
  thread_local std::vector<Line> lines;
  thread_local Workspace repeated;  // with several filters a channel: the input's lines with as many channels
  for (std::int64_t begin = run.begin; begin < run.end;) {
    const std::int64_t i = begin / wide.out, h = i % high.out, d = i / high.out % deep.out, n = i / high.out / deep.out;
    const std::int64_t line_begin = i * wide.out, end = std::min(run.end, line_begin + wide.out);
    lines.clear();
    for (std::int64_t kd = 0; kd < deep.size; ++kd)
      for (std::int64_t kh = 0; kh < high.size; ++kh) {
        const std::int64_t in_d = d * deep.stride - deep.before + kd * deep.dilation,
                           in_h = h * high.stride - high.before + kh * high.dilation;
        if (in_d < 0 || in_d >= deep.in || in_h < 0 || in_h >= high.in) continue;
        lines.push_back({.x = run.in[0] + ((n * deep.in + in_d) * high.in + in_h) * geometry.line(),
                         .kernel = run.in[1] + (kd * high.size + kh) * kernel_line});
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
    compute_line(lines, wide, begin - line_begin, end - line_begin, filters, run.in.size() > 2 ? run.in[2] : nullptr,
                 Epilogue::of(run), (line_begin - run.begin) * filters);
    begin = end;
  }
}

}  // namespace

Kernel depthwise(const Shape& x, const Shape& out, const std::vector<WindowAxis>& axes) {
  Geometry geometry = {.axes = {}, .channels = x.back(), .multiplier = out.back() / x.back()};
  geometry.axes.fill({.in = 1, .size = 1, .stride = 1, .dilation = 1, .out = 1, .before = 0, .after = 0});
  std::ranges::copy_backward(axes, geometry.axes.end());
  // A row is a position; whole lines where there are many.
  const std::int64_t line = geometry.axes[2].out, positions = out.elements() / out.back();
  const std::int64_t grain = positions / line >= 4 * thread_count() ? line : equal_parts(positions, line);
  Kernel made =
      Kernel::by_rows(positions, grain, [geometry](const KernelArguments& run) { compute_lines(geometry, run); });
  made.take_epilogue(out.back());
  return made;
}

}  // namespace kerascope::ops
