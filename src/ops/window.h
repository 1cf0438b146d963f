// How a window (a kernel, a pool) slides along the spatial axes of (N, spatial.., C), by TensorFlow's rules.
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

/// Of an axis that the input lacks.
inline constexpr WindowAxis kOnePosition = {
    .in = 1, .size = 1, .stride = 1, .dilation = 1, .out = 1, .before = 0, .after = 0};

struct WindowOptions {
  Spatial size;
  Spatial strides;    ///< empty: all 1
  Spatial dilations;  ///< empty: all 1; counted as Keras counts, 1 is dense
  Padding padding = Padding::kValid;
  /// Zeros around the input, which `padding` takes for a part of it; one entry a spatial axis, or empty: none.
  std::vector<std::array<std::int64_t, 2>> zeros = {};
};

/// One entry a spatial axis of `in`, 1 to 3 of them.
/// @param op  its name, for messages: "conv".
/// @throws Error{shape-mismatch} where the rank does not fit, a number is not positive, or the window does not fit in.
std::vector<WindowAxis> slide(const std::string& op, const Shape& in, const WindowOptions& options);

/// The same for a window whose positions are the input's and whose taps make the output, as a transposed convolution
/// has it: `before` and `after` are cut off; where the window does not reach to the output's end, `after` is negative.
/// @param output_padding  see ConvTransposeOptions.
std::vector<WindowAxis> spread(const std::string& op, const Shape& in, const WindowOptions& options,
                               const std::optional<Spatial>& output_padding);

/// Whether the window is one position large, at each of the input's.
bool is_point(const std::vector<WindowAxis>& axes);
/// What positions [begin, end) of a window over (N, spatial.., channels) read of it, one or two axes.
ElementRange elements_read(const std::vector<WindowAxis>& axes, std::int64_t channels, std::int64_t begin,
                           std::int64_t end);
/// The part of (N, spatial.., C) that the windows at both of two halves of the positions read, see Op::overlap.
double overlap(const std::vector<WindowAxis>& axes, std::int64_t batch);

/// (N, out.., channels).
Shape windowed(const Shape& in, const std::vector<WindowAxis>& axes, std::int64_t channels);

/// "3x3 stride 2 dilation 2 same", for describe(); what is 1 everywhere is left out.
std::string describe(const WindowOptions& options);

/// What a convolution is made of, as an op's inputs.
inline std::vector<Value> conv_operands(Value x, Value kernel, std::optional<Value> bias) {
  std::vector<Value> inputs = {x, kernel};
  if (bias) inputs.push_back(*bias);
  return inputs;
}

/// The spatial axes of a kernel; none where it has no two axes more.
inline Spatial kernel_size(const Shape& kernel) {
  return kernel.rank() > 2 ? Spatial(kernel.begin(), kernel.end() - 2) : Spatial();
}

}  // namespace kerascope::ops
