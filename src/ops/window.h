// How the window of a convolution or a pool slides along the spatial axes of (N, spatial.., C), by TensorFlow's rules.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "ops/conv_transpose.h"
#include "ops/spatial.h"

namespace kerascope::ops {

struct WindowAxis {
  std::int64_t in, size, stride, dilation;
  std::int64_t out;            ///< positions of the window
  std::int64_t before, after;  ///< padding; TensorFlow puts the odd pixel of "same" at the end
};

/// Stands for a spatial axis that the input lacks.
inline constexpr WindowAxis kOnePosition = {
    .in = 1, .size = 1, .stride = 1, .dilation = 1, .out = 1, .before = 0, .after = 0};

struct WindowOptions {
  Spatial size;
  Spatial strides;    ///< empty: all 1
  Spatial dilations;  ///< empty: all 1; counted as Keras counts, 1 is dense
  Padding padding = Padding::kValid;
  /// Zeros that are added around the input before `padding`; one entry per spatial axis, or empty: none.
  std::vector<std::array<std::int64_t, 2>> zeros = {};
};

/// One entry per spatial axis of `in`, 1 to 3 of them.
/// @param op  its name, for messages: "conv".
/// @throws Error{shape-mismatch} if the rank does not fit, a number is not positive, or the window does not fit in.
std::vector<WindowAxis> slide(const std::string& op, const Shape& in, const WindowOptions& options);

/// The same for a transposed convolution, whose window has one position per input position and covers the output:
/// `before` and `after` are cut off the output; if the windows end before the output does, `after` is negative.
/// @param output_padding  see ConvTransposeOptions.
std::vector<WindowAxis> spread(const std::string& op, const Shape& in, const WindowOptions& options,
                               const std::optional<Spatial>& output_padding);

/// Whether the window is 1x1 at stride 1 without padding.
bool is_point(const std::vector<WindowAxis>& axes);
/// The elements of (N, spatial.., channels) that window positions [begin, end) read; for one or two axes.
ElementRange elements_read(const std::vector<WindowAxis>& axes, std::int64_t channels, std::int64_t begin,
                           std::int64_t end);
/// The share of (N, spatial.., C) that both halves of the window's positions read, see Op::overlap.
double overlap(const std::vector<WindowAxis>& axes, std::int64_t batch);

/// (N, out.., channels).
Shape windowed(const Shape& in, const std::vector<WindowAxis>& axes, std::int64_t channels);

/// "3x3 stride 2 dilation 2 same", for describe(); strides and dilations of 1 are left out.
std::string describe(const WindowOptions& options);

/// The inputs of a convolution.
inline std::vector<Value> conv_operands(Value x, Value kernel, std::optional<Value> bias) {
  std::vector<Value> inputs = {x, kernel};
  if (bias) inputs.push_back(*bias);
  return inputs;
}

/// The spatial sizes of a kernel (spatial.., C, O); empty if its rank is below 3.
inline Spatial kernel_size(const Shape& kernel) {
  return kernel.rank() > 2 ? Spatial(kernel.begin(), kernel.end() - 2) : Spatial();
}

}  // namespace kerascope::ops
