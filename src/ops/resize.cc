// Resamples one axis: (.., size, ..) -> (.., new size, ..). Each new position is a weighted sum of a few old ones, the
// taps of the filter. Taps and weights are computed as tf.image.resize does, in float32 if that changes the result.

#include <cmath>
#include <numbers>

#include "base/check.h"
#include "base/parallel.h"
#include "base/simd.h"
#include "kerascope/error.h"
#include "ops/axis.h"
#include "ops/resize.h"

namespace kerascope::ops {
namespace {

// Positions are computed in float32, which is exact up to here.
constexpr std::int64_t kMostSize = 1 << 24;

/// The filter taps of one new position: `count` old positions from `first` on, with weights from `weights` on.
struct FilterTaps {
  std::int64_t first = 0, count = 0, weights = 0;
};
struct AxisTaps {
  std::vector<FilterTaps> of;
  std::vector<float> weights;

  /// Adds the taps of the next position.
  void add(std::int64_t first, std::span<const float> new_weights) {
    of.push_back({first, static_cast<std::int64_t>(new_weights.size()), static_cast<std::int64_t>(weights.size())});
    weights.insert(weights.end(), new_weights.begin(), new_weights.end());
  }
  void scale_last(float factor) {
    for (std::size_t i = weights.size() - static_cast<std::size_t>(of.back().count); i < weights.size(); ++i)
      weights[i] *= factor;
  }
};

struct Axis {
  std::int64_t in, out;
  float scale() const { return static_cast<float>(in) / static_cast<float>(out); }
  /// The middle of a new position, in the old axis's coordinates.
  float centre(std::int64_t position) const { return (static_cast<float>(position) + 0.5f) * scale(); }
};

AxisTaps nearest(const Axis& axis) {
  AxisTaps taps;
  for (std::int64_t i = 0; i < axis.out; ++i)
    taps.add(std::min(static_cast<std::int64_t>(axis.centre(i)), axis.in - 1), std::array{1.0f});
  return taps;
}

AxisTaps bilinear(const Axis& axis) {
  AxisTaps taps;
  for (std::int64_t i = 0; i < axis.out; ++i) {
    const float left = std::clamp(axis.centre(i) - 0.5f, 0.0f, static_cast<float>(axis.in - 1));
    const auto first = static_cast<std::int64_t>(left);
    const float right_weight = left - static_cast<float>(first);
    if (first + 1 < axis.in)
      taps.add(first, std::array{1 - right_weight, right_weight});
    else
      taps.add(first, std::array{1.0f});
  }
  return taps;
}

/// Keys's cubic with a = -1/2.
float keys(float x) {
  x = std::abs(x);
  if (x >= 2) return 0;
  return x >= 1 ? ((-0.5f * x + 2.5f) * x - 4.0f) * x + 2.0f : (1.5f * x - 2.5f) * x * x + 1.0f;
}

AxisTaps bicubic(const Axis& axis) {
  // TensorFlow looks the weights up in a table of this many steps.
  constexpr float kSteps = 1024;
  AxisTaps taps;
  for (std::int64_t i = 0; i < axis.out; ++i) {
    const float middle = axis.centre(i) - 0.5f, left = std::floor(middle);
    const float offset = std::rint((middle - left) * kSteps) / kSteps;
    const std::int64_t begin = std::max<std::int64_t>(static_cast<std::int64_t>(left) - 1, 0),
                       end = std::min<std::int64_t>(static_cast<std::int64_t>(left) + 3, axis.in);
    std::vector<float> weights;
    float sum = 0;
    for (std::int64_t j = begin; j < end; ++j) {
      weights.push_back(keys(static_cast<float>(j) - left - offset));
      sum += weights.back();
    }
    taps.add(begin, weights);
    taps.scale_last(1 / sum);
  }
  return taps;
}

/// The weight of an old position is the share of the new one that it covers.
AxisTaps area(const Axis& axis) {
  AxisTaps taps;
  for (std::int64_t i = 0; i < axis.out; ++i) {
    const float begin = static_cast<float>(i) * axis.scale(), end = static_cast<float>(i + 1) * axis.scale();
    std::vector<float> weights;
    for (float j = std::floor(begin); j < end && j < static_cast<float>(axis.in); ++j)
      weights.push_back((std::min(end, j + 1) - std::max(begin, j)) / axis.scale());
    taps.add(static_cast<std::int64_t>(begin), weights);
  }
  return taps;
}

/// A filter around 0, which is 0 beyond its radius.
struct ResamplingFilter {
  float radius;
  float (*at)(float distance);
};

template <int kRadius>
float lanczos(float x) {
  constexpr float kPi = std::numbers::pi_v<float>;
  x = std::abs(x);
  if (x >= kRadius) return 0;
  return x <= 1e-3f ? 1 : kRadius * std::sin(kPi * x) * std::sin(kPi * x / kRadius) / (kPi * kPi * x * x);
}
float triangle(float x) { return std::max(1 - std::abs(x), 0.0f); }
float gaussian(float x) { return std::abs(x) >= 1.5f ? 0 : std::exp(-2 * x * x); }
/// Mitchell and Netravali's cubic with B = C = 1/3.
float mitchell(float x) {
  x = std::abs(x);
  if (x >= 2) return 0;
  return x >= 1 ? (((-7 * x + 36) * x - 60) * x + 32) / 18 : ((21 * x - 36) * x * x + 16) / 18;
}

ResamplingFilter filter_of(Interpolation interpolation) {
  switch (interpolation) {
    case Interpolation::kBilinear:
      return {1, triangle};
    case Interpolation::kBicubic:
      return {2, keys};
    case Interpolation::kLanczos3:
      return {3, lanczos<3>};
    case Interpolation::kLanczos5:
      return {5, lanczos<5>};
    case Interpolation::kGaussian:
      return {1.5f, gaussian};
    case Interpolation::kMitchellCubic:
      return {2, mitchell};
    case Interpolation::kNearest:
    case Interpolation::kArea:
      break;
  }
  KERASCOPE_CHECK(false);
}

/// The filter around each new position; with antialias, a filter for shrinking is stretched by the scale.
AxisTaps sampled(const Axis& axis, const ResamplingFilter& filter, bool antialias) {
  const float stretch = antialias ? std::max(axis.scale(), 1.0f) : 1.0f, reach = filter.radius * stretch;
  AxisTaps taps;
  for (std::int64_t i = 0; i < axis.out; ++i) {
    const float centre = axis.centre(i);
    const auto begin = std::max<std::int64_t>(static_cast<std::int64_t>(std::ceil(centre - reach - 0.5f)), 0);
    const auto end = std::min<std::int64_t>(static_cast<std::int64_t>(std::floor(centre + reach - 0.5f)) + 1, axis.in);
    std::vector<float> weights;
    float sum = 0;
    for (std::int64_t j = begin; j < end; ++j) {
      weights.push_back(filter.at((static_cast<float>(j) + 0.5f - centre) / stretch));
      sum += weights.back();
    }
    taps.add(begin, weights);
    taps.scale_last(1 / sum);
  }
  return taps;
}

AxisTaps taps_of(const Axis& axis, Interpolation interpolation, bool antialias) {
  if (interpolation == Interpolation::kNearest) return nearest(axis);
  if (interpolation == Interpolation::kArea) return area(axis);
  if (interpolation == Interpolation::kBilinear && !antialias) return bilinear(axis);
  if (interpolation == Interpolation::kBicubic && !antialias) return bicubic(axis);
  return sampled(axis, filter_of(interpolation), antialias);
}

/// `out` becomes the weighted sum of rows of `in`, each of `length` numbers.
inline void mix_rows(const float* in, const float* weights, std::int64_t count, std::int64_t length, float* out) {
  // A copy keeps infinity and NaN as they are.
  if (count == 1 && weights[0] == 1) {
    std::copy_n(in, length, out);
    return;
  }
  for (std::int64_t i = 0; i < length; ++i) out[i] = weights[0] * in[i];
  for (std::int64_t k = 1; k < count; ++k)
    for (std::int64_t i = 0; i < length; ++i) out[i] += weights[k] * in[k * length + i];
}

class ResizeOp : public Float32Op {
 public:
  ResizeOp(int axis, std::int64_t size, Interpolation interpolation, bool antialias)
      : axis_(axis), size_(size), interpolation_(interpolation), antialias_(antialias) {}

  std::string kind() const override { return "resize"; }
  bool keeps_items_apart(std::span<const Shape>, const std::vector<bool>&) const override { return axis_ != 0; }
  std::string attributes() const override {
    return fmt::format("axis {} to {} {}{}", axis_, size_,
                       kInterpolationNames[static_cast<std::size_t>(interpolation_)], antialias_ ? " antialias" : "");
  }

  Shape infer(std::span<const Shape> in) const override {
    Shape out = in[0];
    if (size_ < 1 || size_ > kMostSize || out[axis_] < 1 || out[axis_] > kMostSize)
      throw Error({.code = "shape-mismatch",
                   .what = fmt::format("resize of axis {} of {} to {}: both sizes must be 1 to {}", axis_, out.str(),
                                       size_, kMostSize)});
    out[axis_] = size_;
    return out;
  }

  OpKernel prepare(const Session&, std::span<const Operand> in, const Shape& out) const override {
    const AxisView from = view_of_axis(in[0].shape, axis_);
    return [from, taps = taps_of({.in = from.size, .out = size_}, interpolation_, antialias_),
            size = out[axis_]](const OpArguments& args) {
      const float* old_rows = args.in[0];
      float* new_rows = args.out;
      const FilterTaps* of = taps.of.data();
      const float* weights = taps.weights.data();
      parallel_for(from.outer * size, 1 + 16 * 1024 / (from.inner + 1), [=](std::int64_t begin, std::int64_t end) {
        vectorized([=] {
          for (std::int64_t row = begin; row < end; ++row) {
            const FilterTaps one = of[row % size];
            mix_rows(old_rows + (row / size * from.size + one.first) * from.inner, weights + one.weights, one.count,
                     from.inner, new_rows + row * from.inner);
          }
        });
      });
    };
  }

 private:
  int axis_;
  std::int64_t size_;
  Interpolation interpolation_;
  bool antialias_;
};

}  // namespace

Value resize(Graph& graph, Value x, const ResizeOptions& options) {
  // These two filters do not interpolate: they blur even an axis that keeps its size.
  const bool blurs =
      options.interpolation == Interpolation::kGaussian || options.interpolation == Interpolation::kMitchellCubic;
  for (auto [given_axis, size] : options.sizes) {
    const int axis = resolved_axis("resize", given_axis, graph.shape(x));
    if (blurs || graph.shape(x)[axis] != size)
      x = graph.apply(std::make_shared<ResizeOp>(axis, size, options.interpolation, options.antialias), {x});
  }
  return x;
}

}  // namespace kerascope::ops
