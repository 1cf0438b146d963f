#include "ops/window.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "kerascope/error.h"

namespace kerascope::ops {
namespace {

[[noreturn]] void refuse(std::string what) { throw Error({.code = "shape-mismatch", .what = std::move(what)}); }

/// Checks one number for each of `rank` axes.
const Spatial& checked(const std::string& op, const char* name, const Spatial& sizes, int rank) {
  // The product of two such numbers and a tensor's size does not overflow 64 bits.
  constexpr std::int64_t kMost = 1 << 20;
  if (static_cast<int>(sizes.size()) != rank)
    refuse(fmt::format("{} has {} numbers for its {}, its input has {} spatial axes", op, sizes.size(), name, rank));
  for (std::int64_t size : sizes)
    if (size < 1 || size > kMost) refuse(fmt::format("{} has a {} of {}, it must be 1 to {}", op, name, size, kMost));
  return sizes;
}

/// "3x3", or "3" for one axis.
std::string times(const Spatial& sizes) {
  std::vector<std::string> parts;
  for (std::int64_t size : sizes) parts.push_back(std::to_string(size));
  return text::join(parts, "x");
}

/// " stride 2", " stride 2x1", "" if all are 1.
std::string named(const char* name, const Spatial& sizes) {
  if (std::ranges::all_of(sizes, [](std::int64_t size) { return size == 1; })) return "";
  const bool equal = std::ranges::all_of(sizes, [&](std::int64_t size) { return size == sizes[0]; });
  return fmt::format(" {} {}", name, equal ? std::to_string(sizes[0]) : times(sizes));
}

std::int64_t extent(const WindowAxis& axis) { return (axis.size - 1) * axis.dilation + 1; }

/// Everything but the output and the padding.
std::vector<WindowAxis> checked_axes(const std::string& op, const Shape& in, const WindowOptions& options) {
  constexpr std::int64_t kMostExtent = 1 << 30;  // further than any input
  const int rank = in.rank() - 2;
  if (rank < 1 || rank > 3)
    refuse(fmt::format("{} needs an input (batch, 1 to 3 spatial axes, channels), it gets {}", op, in.str()));
  const Spatial ones(static_cast<std::size_t>(rank), 1);
  const Spatial& size = checked(op, "size", options.size, rank);
  const Spatial& strides = checked(op, "stride", options.strides.empty() ? ones : options.strides, rank);
  const Spatial& dilations = checked(op, "dilation", options.dilations.empty() ? ones : options.dilations, rank);
  std::vector<WindowAxis> axes;
  for (std::size_t i = 0; i < size.size(); ++i) {
    axes.push_back(
        {.in = in[static_cast<int>(i) + 1], .size = size[i], .stride = strides[i], .dilation = dilations[i]});
    if (extent(axes.back()) > kMostExtent)
      refuse(fmt::format("{} reaches over {} numbers with its size {} and dilation {}, at most {} are possible", op,
                         extent(axes.back()), size[i], dilations[i], kMostExtent));
  }
  return axes;
}

[[noreturn]] void refuse_empty(const std::string& op, const Shape& in, const WindowOptions& options) {
  refuse(fmt::format("{} {} leaves no output of an input of {}", op, describe(options), in.str()));
}

}  // namespace

std::vector<WindowAxis> slide(const std::string& op, const Shape& in, const WindowOptions& options) {
  std::vector<WindowAxis> axes = checked_axes(op, in, options);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    WindowAxis& axis = axes[i];
    const auto [zeros_before, zeros_after] = options.zeros.empty() ? std::array<std::int64_t, 2>{} : options.zeros[i];
    axis.in += zeros_before + zeros_after;
    if (options.padding == Padding::kSame) {
      axis.out = (axis.in + axis.stride - 1) / axis.stride;
      const std::int64_t padding = std::max<std::int64_t>((axis.out - 1) * axis.stride + extent(axis) - axis.in, 0);
      axis.before = padding / 2;
      axis.after = padding - axis.before;
    } else {
      if (options.padding == Padding::kCausal) axis.before = extent(axis) - 1;
      const std::int64_t room = axis.before + axis.in - extent(axis);
      axis.out = room < 0 ? 0 : room / axis.stride + 1;
    }
    if (axis.out < 1) refuse_empty(op, in, options);
    axis.in -= zeros_before + zeros_after;
    axis.before += zeros_before;
    axis.after += zeros_after;
  }
  return axes;
}

std::vector<WindowAxis> spread(const std::string& op, const Shape& in, const WindowOptions& options,
                               const std::optional<Spatial>& output_padding) {
  std::vector<WindowAxis> axes = checked_axes(op, in, options);
  if (output_padding && output_padding->size() != axes.size())
    refuse(fmt::format("{} has {} numbers for its output padding, its input has {} spatial axes", op,
                       output_padding->size(), axes.size()));
  for (std::size_t i = 0; i < axes.size(); ++i) {
    WindowAxis& axis = axes[i];
    const bool same = options.padding == Padding::kSame;
    const std::int64_t last = (axis.in - 1) * axis.stride, reach = last + extent(axis);
    if (output_padding) {
      const std::int64_t more = (*output_padding)[i];
      if (more < 0 || more >= axis.stride)
        refuse(fmt::format("{} has an output padding of {}, it must be 0 to less than the stride {}", op, more,
                           axis.stride));
      axis.out = (same ? last + extent(axis) % 2 : reach) + more;
    } else {
      axis.out = same ? last + axis.stride : std::max(reach, last + axis.stride);
    }
    if (axis.in < 1 || axis.out <= last) refuse_empty(op, in, options);
    // As much as the "same" padding of the convolution that it transposes.
    axis.before = same ? std::max<std::int64_t>(reach - axis.out, 0) / 2 : 0;
    axis.after = reach - axis.out - axis.before;
  }
  return axes;
}

namespace {

/// The vertical axis; with a single spatial axis the input is one line.
WindowAxis lines_of(const std::vector<WindowAxis>& axes) { return axes.size() == 1 ? kOnePosition : axes[0]; }

}  // namespace

bool is_point(const std::vector<WindowAxis>& axes) {
  return std::ranges::all_of(axes, [](const WindowAxis& axis) {
    return axis.size == 1 && axis.stride == 1 && axis.before == 0 && axis.after == 0;
  });
}

ElementRange elements_read(const std::vector<WindowAxis>& axes, std::int64_t channels, std::int64_t begin,
                           std::int64_t end) {
  if (is_point(axes) || begin >= end) return {begin * channels, end * channels};
  const WindowAxis high = lines_of(axes), &wide = axes.back();
  // The first input line under the window at a position, plus `moved`, limited to the picture.
  const auto line = [&](std::int64_t position, std::int64_t moved) {
    const std::int64_t i = position / wide.out, start = i % high.out * high.stride - high.before + moved;
    return i / high.out * high.in + std::clamp<std::int64_t>(start, 0, high.in);
  };
  return {line(begin, 0) * wide.in * channels, line(end - 1, extent(high)) * wide.in * channels};
}

double overlap(const std::vector<WindowAxis>& axes, std::int64_t batch) {
  if (is_point(axes)) return 0;
  const WindowAxis high = lines_of(axes);
  // If the cut lies within a line, both halves read all of it.
  return static_cast<double>(std::max<std::int64_t>(extent(high) - high.stride, 1)) /
         static_cast<double>(std::max<std::int64_t>(batch * high.in, 1));
}

Shape windowed(const Shape& in, const std::vector<WindowAxis>& axes, std::int64_t channels) {
  std::vector<std::int64_t> sizes = {in[0]};
  for (const WindowAxis& axis : axes) sizes.push_back(axis.out);
  sizes.push_back(channels);
  return Shape(std::move(sizes));
}

std::string describe(const WindowOptions& options) {
  static constexpr const char* kPaddings[] = {" valid", " same", " causal"};
  std::string text = times(options.size) + named("stride", options.strides) + named("dilation", options.dilations) +
                     kPaddings[static_cast<int>(options.padding)];
  if (!options.zeros.empty()) text += " of zeros";
  for (const auto& [before, after] : options.zeros) text += fmt::format(" {}+{}", before, after);
  return text;
}

}  // namespace kerascope::ops
