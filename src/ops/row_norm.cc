// Normalizes rows: (.., row) -> (.., row), then times gamma plus beta, both (row).
#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <optional>
#include <vector>

#include "base/simd.h"
#include "kerascope/error.h"
#include "ops/row_norm.h"

namespace kerascope::ops {
namespace {

constexpr std::int64_t kGrain = 1 << 13;  // least numbers per thread

/// The sum of term(x[i]): stretches that are too short to lose digits in float32, their sums in double.
template <typename Term>
double row_sum(const float* x, std::int64_t size, const Term& term) {
  constexpr std::int64_t kLanes = 16, kStretch = 16 * kLanes;
  double sum = 0;
  std::int64_t i = 0;
  while (i + kLanes <= size) {
    float lanes[kLanes] = {};
    for (const std::int64_t end = std::min(i + kStretch, size); i + kLanes <= end; i += kLanes)
      for (std::int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] += term(x[i + lane]);
    for (float lane : lanes) sum += lane;
  }
  for (; i < size; ++i) sum += term(x[i]);
  return sum;
}

/// (x - mean) * scale + shift. The shift corrects the rounding of the mean to float, which is too coarse for numbers
/// that lie close together and far from zero.
struct Affine {
  float mean = 0, scale = 1, shift = 0;
};

/// @param share  1 / size
Affine row_affine(const float* x, std::int64_t size, double share, RowNorm norm, float epsilon) {
  const bool is_centred = norm == RowNorm::kStandard || norm == RowNorm::kDeviation;
  const float mean = is_centred ? static_cast<float>(row_sum(x, size, [](float number) { return number; }) * share) : 0;
  const double squares = row_sum(x, size, [mean](float number) { return (number - mean) * (number - mean); });
  if (norm == RowNorm::kLength) {
    const float length = std::sqrt(static_cast<float>(squares));
    return {.scale = 1 / (length > epsilon ? length : epsilon)};
  }
  double rest = 0, variance = squares * share;
  // If the mean is large compared to the deviation, its rounding error counts.
  if (is_centred && !(mean * mean < 16 * static_cast<float>(variance))) [[unlikely]] {
    rest = row_sum(x, size, [mean](float number) { return number - mean; }) * share;
    variance -= rest * rest;
    if (variance < 0) variance = 0;  // NaN stays
  }
  const float scale = 1 / std::sqrt(static_cast<float>(variance) + epsilon);
  if (norm != RowNorm::kStandard) return {.scale = scale};
  return {.mean = mean, .scale = scale, .shift = static_cast<float>(-rest * scale)};
}

class RowNormOp final : public Float32Op {
 public:
  struct Has {
    bool gamma, beta;
  };
  RowNormOp(Has has, const RowNormOptions& options) : has_(has), options_(options) {}

  std::string kind() const override { return "row_norm"; }
  bool keeps_items_apart(std::span<const Shape> in, const std::vector<bool>& has_items) const override {
    return options_.axes < in[0].rank() && is_first_alone(has_items);
  }
  std::string attributes() const override {
    static constexpr const char* kNames[] = {"standard", "deviation", "root_mean_square", "length"};
    return fmt::format("{} axes {} epsilon {}", kNames[static_cast<int>(options_.norm)], options_.axes,
                       options_.epsilon);
  }

  Shape infer(std::span<const Shape> in) const override {
    const Shape& x = in[0];
    if (options_.axes < 1 || options_.axes > x.rank())
      throw Error({.code = "shape-mismatch",
                   .what = fmt::format("row_norm makes rows of {} axes, its input {} has {}", options_.axes, x.str(),
                                       x.rank())});
    const Shape row = x.slice(x.rank() - options_.axes, x.rank());
    for (const Shape& weight : in.subspan(1))
      if (weight != row)
        throw Error({.code = "shape-mismatch",
                     .what = fmt::format("row_norm has a weight of shape {} for rows of {}", weight.str(), row.str())});
    return x;
  }

  Cost cost(std::span<const Shape> in, const Shape& out) const override {
    Cost cost = Op::cost(in, out);
    cost.flops *= 6;
    return cost;
  }

  bool is_rowwise(std::span<const Shape>, const Shape&) const override { return true; }

  OpKernel prepare(const Session&, std::span<const Operand> in, const Shape& out) const override {
    if (out.elements() == 0) return [](const OpArguments&) {};
    const std::int64_t rows = out.elements(0, out.rank() - options_.axes), size = out.elements() / rows;
    const auto unless = [size](bool given, float number) {
      return given ? std::vector<float>() : std::vector<float>(static_cast<std::size_t>(size), number);
    };
    return OpKernel::rowwise(rows, in, out,
                             [has = has_, options = options_, size, ones = unless(has_.gamma, 1),
                              zeros = unless(has_.beta, 0)](const OpArguments& args) {
                               const float* gamma = has.gamma ? args.in[1] : ones.data();
                               const float* beta = has.beta ? args.in.back() : zeros.data();
                               vectorized([=, in = args.in[0], out = args.out, count = args.end - args.begin,
                                           share = 1 / static_cast<double>(size)] {
                                 for (std::int64_t row = 0; row < count; ++row) {
                                   const float* x = in + row * size;
                                   float* y = out + row * size;
                                   const auto [mean, scale, shift] =
                                       row_affine(x, size, share, options.norm, options.epsilon);
                                   for (std::int64_t i = 0; i < size; ++i)
                                     y[i] = ((x[i] - mean) * scale + shift) * gamma[i] + beta[i];
                                 }
                               });
                             });
  }

 private:
  Has has_;
  RowNormOptions options_;
};

}  // namespace

Value row_norm(Graph& graph, Value x, std::optional<Value> gamma, std::optional<Value> beta,
               const RowNormOptions& options) {
  std::vector<Value> inputs = {x};
  if (gamma) inputs.push_back(*gamma);
  if (beta) inputs.push_back(*beta);
  const RowNormOp::Has has = {.gamma = gamma.has_value(), .beta = beta.has_value()};
  return graph.apply(std::make_shared<RowNormOp>(has, options), std::move(inputs));
}

}  // namespace kerascope::ops
