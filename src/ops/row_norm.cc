// Rows brought to a common scale: (.., row) -> (.., row), then times gamma plus beta, which are (row).
#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <optional>
#include <vector>

#include "base/simd.h"
#include "kerascope/error.h"
#include "ops/ops.h"

namespace kerascope::ops {
namespace {

constexpr std::int64_t kGrain = 1 << 13;  // numbers a thread should get at least

/// The sums of term(x[i]) and of its square: float32 side by side over stretches that are too short to lose digits, these
/// in double.
struct Sums {
  double first = 0, squares = 0;
};
template <typename Term>
Sums row_sums(const float* x, std::int64_t size, const Term& term) {
  constexpr std::int64_t kLanes = 16, kStretch = 16 * kLanes;
  Sums sums;
  std::int64_t i = 0;
  while (i + kLanes <= size) {
    float first[kLanes] = {}, squares[kLanes] = {};
    for (const std::int64_t end = std::min(i + kStretch, size); i + kLanes <= end; i += kLanes)
      for (std::int64_t lane = 0; lane < kLanes; ++lane) {
        const float number = term(x[i + lane]);
        first[lane] += number;
        squares[lane] += number * number;
      }
    for (float lane : first) sums.first += lane;
    for (float lane : squares) sums.squares += lane;
  }
  for (; i < size; ++i) {
    const float number = term(x[i]);
    sums.first += number;
    sums.squares += number * number;
  }
  return sums;
}

/// (x - mean - rest) * scale. The mean alone, a float, would be too coarse for numbers that lie close together and far
/// from zero.
struct Affine {
  float mean = 0, rest = 0, scale = 1;
};

Affine row_affine(const float* x, std::int64_t size, RowNorm norm, float epsilon) {
  const double count = static_cast<double>(size);
  Sums sums = row_sums(x, size, [](float number) { return number; });
  if (norm == RowNorm::kLength) {
    const float length = std::sqrt(static_cast<float>(sums.squares));
    return {.scale = 1 / (length > epsilon ? length : epsilon)};
  }
  Affine affine;
  double variance = sums.squares / count;
  if (norm != RowNorm::kRootMeanSquare) {
    const float mean = static_cast<float>(sums.first / count);
    sums = row_sums(x, size, [mean](float number) { return number - mean; });
    const double rest = sums.first / count;
    variance = sums.squares / count - rest * rest;
    if (variance < 0) variance = 0;  // NaN stays
    if (norm == RowNorm::kStandard) affine = {.mean = mean, .rest = static_cast<float>(rest)};
  }
  affine.scale = 1 / std::sqrt(static_cast<float>(variance) + epsilon);
  return affine;
}

class RowNormOp final : public Op {
 public:
  struct Has {
    bool gamma, beta;
  };
  RowNormOp(Has has, const RowNormOptions& options) : has_(has), options_(options) {}

  std::string describe() const override {
    static constexpr const char* kNames[] = {"standard", "deviation", "root_mean_square", "length"};
    return fmt::format("row_norm {} axes {} epsilon {}", kNames[static_cast<int>(options_.norm)], options_.axes,
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

  Kernel prepare(const Session&, std::span<const Operand> in, const Shape& out) const override {
    if (out.elements() == 0) return [](const KernelArguments&) {};
    const std::int64_t rows = out.elements(0, out.rank() - options_.axes), size = out.elements() / rows;
    const auto unless = [size](bool given, float number) {
      return given ? std::vector<float>() : std::vector<float>(static_cast<std::size_t>(size), number);
    };
    return Kernel::rowwise(rows, in, out,
                           [has = has_, options = options_, size, ones = unless(has_.gamma, 1),
                            zeros = unless(has_.beta, 0)](const KernelArguments& run) {
                             const float* gamma = has.gamma ? run.in[1] : ones.data();
                             const float* beta = has.beta ? run.in.back() : zeros.data();
                             vectorized([=, in = run.in[0], out = run.out, count = run.end - run.begin] {
                               for (std::int64_t row = 0; row < count; ++row) {
                                 const float* x = in + row * size;
                                 float* y = out + row * size;
                                 const auto [mean, rest, scale] = row_affine(x, size, options.norm, options.epsilon);
                                 for (std::int64_t i = 0; i < size; ++i)
                                   y[i] = (x[i] - mean - rest) * scale * gamma[i] + beta[i];
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
