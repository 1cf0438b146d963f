// Short-time Fourier transform, as convolutions whose kernels are weights. (N, T, C) -> (N, frames, C * frequencies)
#include <bit>

#include "kerascope/layers/preprocessing.h"
#include "layers/registry.h"
#include "ops/binary.h"
#include "ops/concatenate.h"
#include "ops/conv.h"
#include "ops/pad.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "ops/transpose.h"
#include "ops/unary.h"

namespace kerascope::layers {

using Mode = STFTSpectrogram::Mode;

std::span<const std::string_view> names_of(Mode) {
  static constexpr std::array<std::string_view, 7> kNames = {"log",  "magnitude", "psd", "real",
                                                             "imag", "angle",     "stft"};
  return kNames;
}

void fields(of<STFTSpectrogram> auto& layer, auto&& field) {
  field("mode", layer.mode);
  field("frame_length", layer.frame_length);
  field("frame_step", layer.frame_step);
  field("fft_length", layer.fft_length);
  field("padding", layer.padding);
  field("expand_dims", layer.expand_dims);
  field("data_format", layer.data_format);
  // What the weights are initialised with.
  field.ignored("window");
  field.ignored("periodic");
  field.ignored("scaling");
}

namespace {

/// (N, C, frames, F), by the kernel (frame_length, 1, F) of that name.
Value part(Build& b, const STFTSpectrogram& layer, const char* name, std::int64_t frequencies) {
  const bool is_last = layer.data_format == DataFormat::kChannelsLast;
  const Value x = is_last ? ops::transpose(b.graph, b.input(), {0, 2, 1}) : b.input();
  const Shape& shape = b.graph.shape(x);
  const Value kernel = b.weight(name, {layer.frame_length, 1, frequencies});
  // Each channel is a row of a picture.
  return ops::conv(b.graph, ops::reshape(b.graph, x, {shape[0], shape[1], shape[2], 1}),
                   ops::reshape(b.graph, kernel, {1, layer.frame_length, 1, frequencies}), {},
                   {.strides = {1, layer.frame_step.value_or(layer.frame_length / 2)},
                    .padding = layer.padding == Padding::kSame ? ops::Padding::kSame : ops::Padding::kValid});
}

Value at_least_epsilon(Build& b, Value x) {
  return ops::binary(b.graph, x, b.constant({1}, {1e-7f}), ops::Binary::kMaximum);
}

/// (N, C, frames, F) of each mode; of kStft there are twice as many frequencies.
Value spectrum(Build& b, const STFTSpectrogram& layer, std::int64_t frequencies) {
  std::optional<Value> real, imag;
  if (layer.mode != Mode::kImag) real = part(b, layer, "real_kernel", frequencies);
  if (layer.mode != Mode::kReal) imag = part(b, layer, "imag_kernel", frequencies);
  if (!imag) return *real;
  if (!real) return *imag;
  if (layer.mode == Mode::kAngle) return ops::binary(b.graph, *imag, *real, ops::Binary::kArctan2);
  if (layer.mode == Mode::kStft) return ops::concatenate(b.graph, {*real, *imag}, 3);
  const Value power = ops::binary(b.graph, ops::unary(b.graph, *real, ops::Unary::kSquare),
                                  ops::unary(b.graph, *imag, ops::Unary::kSquare), ops::Binary::kAdd);
  if (layer.mode == Mode::kPsd) {
    // All but the first and the last stand for a negative frequency, too.
    const Shape& shape = b.graph.shape(power);
    if (frequencies < 3) return power;
    const Value inner =
        ops::slice(b.graph, power,
                   {{.size = shape[0]}, {.size = shape[1]}, {.size = shape[2]}, {.start = 1, .size = frequencies - 2}});
    const Value padded = ops::pad(b.graph, inner, {.sizes = {{0, 0}, {0, 0}, {0, 0}, {1, 1}}});
    return ops::binary(b.graph, power, padded, ops::Binary::kAdd);
  }
  const Value magnitude = ops::unary(b.graph, at_least_epsilon(b, power), ops::Unary::kSqrt);
  if (layer.mode == Mode::kMagnitude) return magnitude;
  return ops::unary(b.graph, at_least_epsilon(b, magnitude), ops::Unary::kLog);
}

}  // namespace

Outputs build(const STFTSpectrogram& layer, Build& b) {
  b.require_rank(3);
  b.require_at_least(2, "frame_length", layer.frame_length);
  const std::int64_t step = layer.frame_step.value_or(1);
  b.require_at_least(1, "frame_step", step);
  if (step > layer.frame_length)
    b.refuse("frame_step", std::to_string(step), fmt::format("at most {} (frame_length)", layer.frame_length));
  const auto power_of_2 = static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(layer.frame_length)));
  const std::int64_t fft_length = layer.fft_length.value_or(power_of_2);
  b.require_at_least(layer.frame_length, "fft_length", fft_length);
  Value x = spectrum(b, layer, fft_length / 2 + 1);
  const Shape& shape = b.graph.shape(x);
  const std::int64_t batch = shape[0], frames = shape[2], values = shape[1] * shape[3];
  const bool is_last = layer.data_format == DataFormat::kChannelsLast;
  if (layer.expand_dims)
    return b.with_axes(is_last ? ops::transpose(b.graph, x, {0, 2, 3, 1}) : x, map_axes(layer.data_format));
  x = ops::transpose(b.graph, x, is_last ? std::vector{0, 2, 1, 3} : std::vector{0, 1, 3, 2});
  x = ops::reshape(b.graph, x, is_last ? Shape{batch, frames, values} : Shape{batch, values, frames});
  return b.with_axes(x, map_axes(layer.data_format, 1));
}

const Register<STFTSpectrogram> registered{"STFTSpectrogram"};

}  // namespace kerascope::layers
