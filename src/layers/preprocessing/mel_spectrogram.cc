// Magnitudes of a short-time Fourier transform on the mel scale. (N, T) -> (N, mel bins, frames)
#include <cmath>
#include <numbers>
#include <numeric>

#include "kerascope/layers/preprocessing.h"
#include "layers/registry.h"
#include "ops/binary.h"
#include "ops/matmul.h"
#include "ops/reduce.h"
#include "ops/spectrum.h"
#include "ops/transpose.h"
#include "ops/unary.h"

namespace kerascope::layers {

using Window = MelSpectrogram::Window;

std::span<const std::string_view> names_of(Window) {
  static constexpr std::array<std::string_view, 2> kNames = {"hann", "hamming"};
  return kNames;
}

void fields(of<MelSpectrogram> auto& layer, auto&& field) {
  field("fft_length", layer.fft_length);
  field("sequence_stride", layer.sequence_stride);
  field("sequence_length", layer.sequence_length);
  field.or_none("window", layer.window);
  field("sampling_rate", layer.sampling_rate);
  field("num_mel_bins", layer.num_mel_bins);
  field("min_freq", layer.min_freq);
  field("max_freq", layer.max_freq);
  field("power_to_db", layer.power_to_db);
  field("top_db", layer.top_db);
  field("mag_exp", layer.mag_exp);
  field("min_power", layer.min_power);
  field("ref_power", layer.ref_power);
}

namespace {

/// A window of `length` steps in the middle of a frame. TensorFlow's are periodic only if their length is even.
std::vector<float> window_of(std::optional<Window> window, std::int64_t length, std::int64_t frame) {
  if (!window) return std::vector<float>(static_cast<std::size_t>(frame), 1.0f);
  std::vector<float> factors(static_cast<std::size_t>(frame));
  const double a = *window == Window::kHann ? 0.5 : 0.54;
  const double period = static_cast<double>(length % 2 == 0 ? length : length - 1);
  for (std::int64_t i = 0; i < length; ++i)
    factors[static_cast<std::size_t>((frame - length) / 2 + i)] =
        length == 1
            ? 1
            : static_cast<float>(a - (1 - a) * std::cos(2 * std::numbers::pi * static_cast<double>(i) / period));
  return factors;
}

float mel_of(float hertz) { return 1127.0f * std::log(1.0f + hertz / 700.0f); }

/// `count` numbers at equal distances, in single precision as TensorFlow has them.
std::vector<float> spaced(float first, float last, std::int64_t count) {
  std::vector<float> numbers;
  const float step = (last - first) / static_cast<float>(count - 1);
  for (std::int64_t i = 0; i < count - 1; ++i) numbers.push_back(first + step * static_cast<float>(i));
  numbers.push_back(last);
  return numbers;
}

/// (frequencies, mel bins): each mel bin weighs frequencies by a triangle, whose ends are its neighbours' peaks.
std::vector<float> mel_weights(const MelSpectrogram& layer, std::int64_t frequencies) {
  const std::vector<float> hertz = spaced(0, layer.sampling_rate / 2, frequencies);
  const float highest = layer.max_freq.value_or(std::trunc(layer.sampling_rate / 2));
  const std::vector<float> edges = spaced(mel_of(layer.min_freq), mel_of(highest), layer.num_mel_bins + 2);
  std::vector<float> weights(static_cast<std::size_t>(layer.num_mel_bins));  // the frequency 0 counts in no bin
  for (std::size_t k = 1; k < hertz.size(); ++k)
    for (std::size_t bin = 0; bin + 2 < edges.size(); ++bin) {
      const float mel = mel_of(hertz[k]), low = edges[bin], middle = edges[bin + 1], high = edges[bin + 2];
      weights.push_back(std::max(0.0f, std::min((mel - low) / (middle - low), (high - mel) / (high - middle))));
    }
  return weights;
}

Value decibels(const MelSpectrogram& layer, Value power, Build& b) {
  const auto number = [&](float value) { return b.constant({1}, {value}); };
  const auto scale = static_cast<float>(10 / std::log(10.0));
  const float reference = 10 * std::log10(std::max(std::abs(layer.ref_power), layer.min_power));
  power = ops::binary(b.graph, power, number(layer.min_power), ops::Binary::kMaximum);
  const Value level = ops::unary(b.graph, ops::unary(b.graph, power, ops::Unary::kLog), ops::Unary::kAffine,
                                 {.a = scale, .b = -reference});
  std::vector<int> axes(static_cast<std::size_t>(b.graph.shape(level).rank()));
  std::iota(axes.begin(), axes.end(), 0);
  const Value largest = ops::reduce(b.graph, level, ops::Reduction::kMax, {.axes = axes, .keepdims = true});
  return ops::binary(b.graph, level, ops::binary(b.graph, largest, number(layer.top_db), ops::Binary::kSubtract),
                     ops::Binary::kMaximum);
}

}  // namespace

Outputs build(const MelSpectrogram& layer, Build& b) {
  constexpr std::int64_t kMostWeights = std::int64_t{1} << 28;
  b.require_rank(2);
  b.require_at_least(1, "fft_length", layer.fft_length);
  b.require_at_least(1, "sequence_stride", layer.sequence_stride);
  b.require_at_least(1, "num_mel_bins", layer.num_mel_bins);
  // Keras takes 0 for the whole frame, and for half of the sampling rate.
  const std::int64_t length = layer.sequence_length.value_or(0) == 0 ? layer.fft_length : *layer.sequence_length;
  b.require_at_least(1, "sequence_length", length);
  if (length > layer.fft_length)
    b.refuse("sequence_length", std::to_string(length), fmt::format("at most {} (fft_length)", layer.fft_length));
  if (b.shape()[1] <= layer.fft_length / 2)
    b.fail("shape-mismatch", fmt::format("layer '{}' ({}) mirrors its input by {} steps and gets {}", b.layer().name,
                                         b.layer().class_name, layer.fft_length / 2, b.shape().str()));
  const std::int64_t frequencies = layer.fft_length / 2 + 1;
  if (layer.num_mel_bins > kMostWeights / frequencies)
    b.refuse("num_mel_bins", std::to_string(layer.num_mel_bins), "a sensible size");
  Value x = ops::magnitude_spectrum(
      b.graph, b.input(),
      {.window = window_of(layer.window, length, layer.fft_length), .stride = layer.sequence_stride});
  if (layer.mag_exp == 2)
    x = ops::unary(b.graph, x, ops::Unary::kSquare);
  else if (layer.mag_exp != 1)
    x = ops::binary(b.graph, x, b.constant({1}, {layer.mag_exp}), ops::Binary::kPower);
  x = ops::matmul(b.graph, x, b.constant({frequencies, layer.num_mel_bins}, mel_weights(layer, frequencies)));
  if (layer.power_to_db) x = decibels(layer, x, b);
  return b.with_axes(ops::transpose(b.graph, x, {0, 2, 1}), "CT");
}

const Register<MelSpectrogram> registered{"MelSpectrogram"};

}  // namespace kerascope::layers
