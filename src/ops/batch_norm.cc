// (x - mean) / sqrt(variance + epsilon) * gamma + beta over the channel axis: batch and group normalization.
//
// With given statistics it is x * scale + shift, as in Keras (tf.nn.batch_normalization), with the same rounding of
// scale and shift. With the batch's own statistics the mean is subtracted first: otherwise numbers that lie close
// together and far from zero would lose their digits.
#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <numeric>
#include <optional>
#include <vector>

#include "base/parallel.h"
#include "base/simd.h"
#include "kerascope/error.h"
#include "ops/batch_norm.h"

namespace kerascope::ops {
namespace {

[[noreturn]] void refuse(std::string what) { throw Error({.code = "shape-mismatch", .what = std::move(what)}); }

/// The input as (outer, channels, inner).
struct Layout {
  std::int64_t outer, channels, inner;
};

/// (x - mean) * scale + shift with one number of each per channel; without means x * scale + shift.
struct Affine {
  std::vector<float> mean, scale, shift;
};

/// With channels last the numbers of an Affine repeat. If there are few, they are stored several times, so that the
/// vectorized loop over them is long enough.
void repeat(Affine& affine, const Layout& layout) {
  constexpr std::int64_t kLong = 512;
  if (layout.inner > 1) return;
  for (std::vector<float>* numbers : {&affine.mean, &affine.scale, &affine.shift}) {
    const std::vector<float> once = *numbers;
    for (std::int64_t times = std::min(kLong / layout.channels, layout.outer); times > 1; --times)
      numbers->insert(numbers->end(), once.begin(), once.end());
  }
}

constexpr std::int64_t kGrain = 1 << 14;  // least numbers per thread

/// A row is contiguous: all channels if they are last, otherwise one channel and the axes after it.
std::int64_t row_count(const Layout& layout) {
  return layout.inner > 1 ? layout.outer * layout.channels : layout.outer;
}

/// Computes rows [begin, end); `in` and `out` start at row `begin`.
template <bool kCentred>
void affine_rows(const Affine& affine, const Layout& layout, const float* in, float* out, std::int64_t begin,
                 std::int64_t end) {
  const float *means = affine.mean.data(), *scales = affine.scale.data(), *shifts = affine.shift.data();
  const auto period = static_cast<std::int64_t>(affine.scale.size());
  if (layout.inner > 1) {
    vectorized([=, inner = layout.inner] {
      for (std::int64_t row = begin; row < end; ++row) {
        const float mean = kCentred ? means[row % period] : 0, scale = scales[row % period],
                    shift = shifts[row % period];
        const float* x = in + (row - begin) * inner;
        float* y = out + (row - begin) * inner;
        for (std::int64_t i = 0; i < inner; ++i) y[i] = (kCentred ? x[i] - mean : x[i]) * scale + shift;
      }
    });
    return;
  }
  vectorized([=, size = (end - begin) * layout.channels] {
    for (std::int64_t start = 0; start < size; start += period) {
      const float* x = in + start;
      float* y = out + start;
      const std::int64_t length = std::min(period, size - start);
      for (std::int64_t i = 0; i < length; ++i) y[i] = (kCentred ? x[i] - means[i] : x[i]) * scales[i] + shifts[i];
    }
  });
}

template <bool kCentred>
void apply_affine(const Affine& affine, const Layout& layout, const float* in, float* out) {
  const std::int64_t rows = row_count(layout), size = layout.outer * layout.channels * layout.inner / rows;
  parallel_for(rows, kGrain / size + 1, [&](std::int64_t begin, std::int64_t end) {
    affine_rows<kCentred>(affine, layout, in + begin * size, out + begin * size, begin, end);
  });
}

/// Sums of term(x, channel) over all axes but the channels', in double, in an order that does not depend on the number
/// of threads.
template <typename Term>
std::vector<double> channel_sums(const Layout& layout, const float* in, const Term& term) {
  std::vector<double> sums(static_cast<std::size_t>(layout.channels), 0.0);
  if (layout.inner > 1) {
    parallel_for(layout.channels, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t c = begin; c < end; ++c) {
        double sum = 0;
        for (std::int64_t o = 0; o < layout.outer; ++o) {
          const float* x = in + (o * layout.channels + c) * layout.inner;
#pragma omp simd reduction(+ : sum)
          for (std::int64_t i = 0; i < layout.inner; ++i) sum += term(x[i], c);
        }
        sums[static_cast<std::size_t>(c)] = sum;
      }
    });
    return sums;
  }
  const std::int64_t parts = std::clamp<std::int64_t>(layout.outer * layout.channels / kGrain, 1, 64);
  std::vector<double> partial(sums.size() * static_cast<std::size_t>(parts), 0.0);
  parallel_for(parts, 1, [&](std::int64_t begin, std::int64_t end) {
    vectorized([=, &layout, &partial] {
      for (std::int64_t part = begin; part < end; ++part) {
        double* to = partial.data() + part * layout.channels;
        for (std::int64_t o = layout.outer * part / parts; o < layout.outer * (part + 1) / parts; ++o) {
          const float* x = in + o * layout.channels;
          for (std::int64_t c = 0; c < layout.channels; ++c) to[c] += term(x[c], c);
        }
      }
    });
  });
  for (std::size_t i = 0; i < partial.size(); ++i) sums[i % sums.size()] += partial[i];
  return sums;
}

struct Moments {
  std::vector<double> mean, variance;
};

/// Means from the channels' sums; `shared` neighbouring channels have one mean together.
void to_means(std::vector<double>& sums, std::int64_t shared, double count) {
  for (auto first = sums.begin(); first != sums.end(); first += shared)
    std::fill_n(first, shared, std::accumulate(first, first + shared, 0.0) / count);
}

/// @param shared  number of neighbouring channels that have one mean and one variance together.
Moments moments_of(const Layout& layout, const float* in, std::int64_t shared) {
  const double count = static_cast<double>(layout.outer) * static_cast<double>(layout.inner * shared);
  std::vector<double> mean = channel_sums(layout, in, [](double x, std::int64_t) { return x; });
  to_means(mean, shared, count);
  std::vector<double> variance = channel_sums(layout, in, [mean = mean.data()](double x, std::int64_t c) {
    const double distance = x - mean[c];
    return distance * distance;
  });
  to_means(variance, shared, count);
  return {.mean = std::move(mean), .variance = std::move(variance)};
}

class BatchNorm final : public Float32Op {
 public:
  /// Where mean and variance come from. Inputs: x, then mean and variance if given, then gamma and beta if there are
  /// any.
  enum class Statistics { kGiven, kBatch, kGroups };
  struct Has {
    bool gamma, beta;
  };
  BatchNorm(Statistics statistics, Has has, const BatchNormOptions& options, std::int64_t groups)
      : statistics_(statistics), has_(has), options_(options), groups_(groups) {}

  std::string kind() const override { return name(); }
  std::string attributes() const override {
    return fmt::format("axis {}{} epsilon {}", options_.axis,
                       statistics_ == Statistics::kGroups ? fmt::format(" groups {}", groups_) : "", options_.epsilon);
  }

  bool keeps_items_apart(std::span<const Shape> in, const std::vector<bool>& has_items) const override {
    return statistics_ != Statistics::kBatch && axis(in[0]) != 0 && is_first_alone(has_items);
  }

  Shape infer(std::span<const Shape> in) const override {
    const Shape& x = in[0];
    if (options_.axis < -x.rank() || options_.axis >= x.rank())
      refuse(fmt::format("{} has the axis {}, its input {} has {} axes", name(), options_.axis, x.str(), x.rank()));
    const std::int64_t channels = layout(x).channels;
    if (groups_ < 1 || channels % groups_ != 0)
      refuse(fmt::format("{} cannot split {} channels into {} groups", name(), channels, groups_));
    if (statistics_ == Statistics::kGroups && axis(x) == 0)
      refuse(fmt::format("{} takes the batch of its input {} for channels", name(), x.str()));
    for (const Shape& weight : in.subspan(1))
      if (weight != Shape{channels})
        refuse(fmt::format("{} has a weight of shape {} for {} channels", name(), weight.str(), channels));
    return x;
  }

  Statistics statistics() const { return statistics_; }
  BatchNormOptions options() const { return {.axis = options_.axis, .epsilon = options_.epsilon}; }

  Cost cost(std::span<const Shape> in, const Shape& out) const override {
    Cost cost = Op::cost(in, out);
    cost.flops *= statistics_ == Statistics::kGiven ? 2 : 6;
    return cost;
  }

  bool is_rowwise(std::span<const Shape>, const Shape&) const override { return statistics_ == Statistics::kGiven; }

  OpKernel prepare(const Session&, std::span<const Operand> in, const Shape& out) const override {
    if (out.elements() == 0) return [](const OpArguments&) {};
    const Layout where = layout(out);
    if (statistics_ != Statistics::kGiven) {
      const bool grouped = statistics_ == Statistics::kGroups;
      const std::int64_t parts = grouped ? out[0] : 1, size = out.elements() / parts,
                         shared = grouped ? where.channels / groups_ : 1;
      const Layout part = {.outer = where.outer / parts, .channels = where.channels, .inner = where.inner};
      return [this_ = *this, part, parts, size, shared](const OpArguments& args) {
        for (std::int64_t i = 0; i < parts; ++i) {
          const Moments moments = moments_of(part, args.in[0] + i * size, shared);
          const Affine affine = this_.centred(moments, args.in.subspan(1), part);
          apply_affine<true>(affine, part, args.in[0] + i * size, args.out + i * size);
        }
      };
    }

    std::vector<const float*> weights;
    for (const Operand& operand : in.subspan(1)) weights.push_back(operand.constant);
    if (std::ranges::find(weights, nullptr) == weights.end()) {
      const Affine affine = fold(weights[0], weights[1], std::span(weights).subspan(2), where);
      OpKernel kernel = OpKernel::rowwise(row_count(where), in, out, [where, affine](const OpArguments& args) {
        affine_rows<false>(affine, where, args.in[0], args.out, args.begin, args.end);
      });
      const auto channels = static_cast<std::size_t>(where.channels);
      if (where.inner == 1)
        kernel.lane_op =
            LaneOp::affine(std::span(affine.scale).first(channels), std::span(affine.shift).first(channels));
      return kernel;
    }
    return [this_ = *this, where](const OpArguments& args) {
      apply_affine<false>(this_.fold(args.in[1], args.in[2], args.in.subspan(3), where), where, args.in[0], args.out);
    };
  }

 private:
  const char* name() const {
    static constexpr const char* kNames[] = {"batch_norm", "batch_norm_training", "group_norm"};
    return kNames[static_cast<int>(statistics_)];
  }

  int axis(const Shape& x) const { return options_.axis < 0 ? options_.axis + x.rank() : options_.axis; }

  Layout layout(const Shape& x) const {
    return {.outer = x.elements(0, axis(x)), .channels = x[axis(x)], .inner = x.elements(axis(x) + 1, x.rank())};
  }

  float scale(double variance, const float* gamma, std::int64_t channel) const {
    return 1 / std::sqrt(static_cast<float>(variance) + options_.epsilon) * (gamma ? gamma[channel] : 1);
  }
  struct GammaBeta {
    const float *gamma, *beta;  // null if there is none
  };
  GammaBeta weights(std::span<const float* const> given) const {
    return {.gamma = has_.gamma ? given.front() : nullptr, .beta = has_.beta ? given.back() : nullptr};
  }

  Affine fold(const float* mean, const float* variance, std::span<const float* const> gamma_beta,
              const Layout& where) const {
    const auto [gamma, beta] = weights(gamma_beta);
    Affine affine;
    for (std::int64_t c = 0; c < where.channels; ++c) {
      affine.scale.push_back(scale(variance[c], gamma, c));
      affine.shift.push_back((beta ? beta[c] : 0) - mean[c] * affine.scale.back());
    }
    repeat(affine, where);
    return affine;
  }

  Affine centred(const Moments& moments, std::span<const float* const> gamma_beta, const Layout& where) const {
    const auto [gamma, beta] = weights(gamma_beta);
    Affine affine;
    for (std::int64_t c = 0; c < where.channels; ++c) {
      const double mean = moments.mean[static_cast<std::size_t>(c)];
      affine.mean.push_back(static_cast<float>(mean));
      affine.scale.push_back(scale(moments.variance[static_cast<std::size_t>(c)], gamma, c));
      // Corrects for the rounding of the mean to float.
      const double rest = mean - affine.mean.back();
      affine.shift.push_back(static_cast<float>((beta ? beta[c] : 0) - rest * affine.scale.back()));
    }
    repeat(affine, where);
    return affine;
  }

  Statistics statistics_;
  Has has_;
  BatchNormOptions options_;
  std::int64_t groups_;
};

Value add_norm(Graph& graph, BatchNorm::Statistics statistics, std::vector<Value> inputs, std::optional<Value> gamma,
               std::optional<Value> beta, const BatchNormOptions& options, std::int64_t groups = 1) {
  if (gamma) inputs.push_back(*gamma);
  if (beta) inputs.push_back(*beta);
  const BatchNorm::Has has = {.gamma = gamma.has_value(), .beta = beta.has_value()};
  return graph.apply(std::make_shared<BatchNorm>(statistics, has, options, groups), std::move(inputs));
}

}  // namespace

Value batch_norm(Graph& graph, Value x, const BatchNormWeights& weights, const BatchNormOptions& options) {
  return add_norm(graph, BatchNorm::Statistics::kGiven, {x, weights.mean, weights.variance}, weights.gamma,
                  weights.beta, options);
}

std::optional<BatchNormUse> batch_norm_use(const Graph& graph, Value value) {
  const Graph::Node& node = graph.node(value);
  const auto* op = dynamic_cast<const BatchNorm*>(node.op.get());
  if (!op || op->statistics() != BatchNorm::Statistics::kGiven) return {};
  return BatchNormUse{
      .x = node.inputs[0], .mean = node.inputs[1], .variance = node.inputs[2], .options = op->options()};
}

Value batch_norm_training(Graph& graph, Value x, std::optional<Value> gamma, std::optional<Value> beta,
                          const BatchNormOptions& options) {
  return add_norm(graph, BatchNorm::Statistics::kBatch, {x}, gamma, beta, options);
}

Value group_norm(Graph& graph, Value x, std::optional<Value> gamma, std::optional<Value> beta,
                 const GroupNormOptions& options) {
  return add_norm(graph, BatchNorm::Statistics::kGroups, {x}, gamma, beta,
                  {.axis = options.axis, .epsilon = options.epsilon}, options.groups);
}

}  // namespace kerascope::ops
