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
  // A product of two such numbers and a tensor's size stays far from the end of 64 bits.
  constexpr std::int64_t kMost = 1 << 20;
  if (static_cast<int>(sizes.size()) != rank)
    refuse(fmt::format("{} has {} numbers for its {}, its input has {} spatial axes", op, sizes.size(), name, rank));
  for (std::int64_t size : sizes)
    if (size < 1 || size > kMost) refuse(fmt::format("{} has a {} of {}, it must be 1 to {}", op, name, size, kMost));
  return sizes;
}

/// "3x3", or "3" where there is one axis.
std::string times(const Spatial& sizes) {
  std::vector<std::string> parts;
  for (std::int64_t size : sizes) parts.push_back(std::to_string(size));
  return text::join(parts, "x");
}

/// " stride 2", " stride 2x1", "" where all are 1.
std::string named(const char* name, const Spatial& sizes) {
  if (std::ranges::all_of(sizes, [](std::int64_t size) { return size == 1; })) return "";
  const bool equal = std::ranges::all_of(sizes, [&](std::int64_t size) { return size == sizes[0]; });
  return fmt::format(" {} {}", name, equal ? std::to_string(sizes[0]) : times(sizes));
}

}  // namespace

std::vector<WindowAxis> slide(const std::string& op, const Shape& in, const WindowOptions& options) {
  const int rank = in.rank() - 2;
  if (rank < 1 || rank > 3)
    refuse(fmt::format("{} needs an input (batch, 1 to 3 spatial axes, channels), it gets {}", op, in.str()));
  const Spatial ones(static_cast<std::size_t>(rank), 1);
  const Spatial& size = checked(op, "size", options.size, rank);
  const Spatial& strides = checked(op, "stride", options.strides.empty() ? ones : options.strides, rank);
  const Spatial& dilations = checked(op, "dilation", options.dilations.empty() ? ones : options.dilations, rank);

  std::vector<WindowAxis> axes;
  for (int i = 0; i < rank; ++i) {
    const auto at = static_cast<std::size_t>(i);
    WindowAxis axis{.in = in[i + 1], .size = size[at], .stride = strides[at], .dilation = dilations[at]};
    const std::int64_t extent = (axis.size - 1) * axis.dilation + 1;
    if (options.padding == Padding::kSame) {
      axis.out = (axis.in + axis.stride - 1) / axis.stride;
      const std::int64_t padding = std::max<std::int64_t>((axis.out - 1) * axis.stride + extent - axis.in, 0);
      axis.before = padding / 2;
      axis.after = padding - axis.before;
    } else {
      if (options.padding == Padding::kCausal) axis.before = extent - 1;
      const std::int64_t padded = axis.before + axis.in;
      axis.out = padded < extent ? 0 : (padded - extent) / axis.stride + 1;
    }
    if (axis.out < 1) refuse(fmt::format("{} {} leaves no output of an input of {}", op, describe(options), in.str()));
    axes.push_back(axis);
  }
  return axes;
}

Shape windowed(const Shape& in, const std::vector<WindowAxis>& axes, std::int64_t channels) {
  std::vector<std::int64_t> sizes = {in[0]};
  for (const WindowAxis& axis : axes) sizes.push_back(axis.out);
  sizes.push_back(channels);
  return Shape(std::move(sizes));
}

std::string describe(const WindowOptions& options) {
  static constexpr const char* kPaddings[] = {" valid", " same", " causal"};
  return times(options.size) + named("stride", options.strides) + named("dilation", options.dilations) +
         kPaddings[static_cast<int>(options.padding)];
}

}  // namespace kerascope::ops
