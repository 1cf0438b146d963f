// (x - mean) / max(sqrt(variance), 1e-7) along the axes, or its inverse. (...) -> (...)
#include <cmath>

#include "kerascope/layers/preprocessing.h"
#include "layers/registry.h"
#include "ops/binary.h"
#include "ops/reshape.h"
#include "ops/unary.h"

namespace kerascope::layers {
namespace {

constexpr float kLeastDeviation = 1e-7f;  // keras.config.epsilon()

/// Numbers from the config, which belong to the last kept axes; a single number is for all.
Value aligned(Build& b, const std::vector<float>& numbers, const std::vector<int>& kept, int rank) {
  if (numbers.size() == 1) return b.constant({1}, numbers);
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(rank), 1);
  std::int64_t product = 1;
  for (auto axis = kept.rbegin(); axis != kept.rend() && product < static_cast<std::int64_t>(numbers.size()); ++axis)
    product *= sizes[static_cast<std::size_t>(*axis)] = b.shape()[*axis];
  return b.constant(Shape(sizes), numbers);
}

}  // namespace

void fields(of<Normalization> auto& layer, auto&& field) {
  field.axes_or_none("axis", layer.axis);  // none: one mean for everything
  field.one_or_many("mean", layer.mean);
  field.one_or_many("variance", layer.variance);
  field("invert", layer.invert);
}

MaskRule mask_rule(const Normalization&) { return MaskRule::kPasses; }

Outputs build(const Normalization& layer, Build& b) {
  const int rank = b.shape().rank();
  std::vector<int> kept;
  for (std::int64_t axis : layer.axis) kept.push_back(b.axis_with_numbers(axis));
  std::sort(kept.begin(), kept.end());

  const std::size_t means = layer.mean.size(), variances = layer.variance.size();
  if ((means == 0) != (variances == 0) || (means != variances && b.keras_major() >= 3))
    b.fail("config-type", fmt::format("layer '{}' (Normalization) has {} number{} as mean and {} as variance",
                                      b.layer().name, means, means == 1 ? "" : "s", variances));
  Value mean, deviation;
  if (means > 0) {
    std::vector<float> deviations;
    for (float variance : layer.variance) deviations.push_back(std::max(std::sqrt(variance), kLeastDeviation));
    mean = aligned(b, layer.mean, kept, rank);
    deviation = aligned(b, deviations, kept, rank);
  } else {
    Shape shape, broadcast(std::vector<std::int64_t>(static_cast<std::size_t>(rank), 1));
    std::vector<std::int64_t> sizes;
    for (int axis : kept) sizes.push_back(broadcast[axis] = b.shape()[axis]);
    shape = Shape(sizes);
    mean = ops::reshape(b.graph, b.weight("mean", shape, false), broadcast);
    const Value variance = ops::reshape(b.graph, b.weight("variance", shape, false), broadcast);
    b.weight("count", {}, false);
    deviation = ops::binary(b.graph, ops::unary(b.graph, variance, ops::Unary::kSqrt),
                            b.constant({1}, {kLeastDeviation}), ops::Binary::kMaximum);
  }
  const auto apply = [&](Value left, Value right, ops::Binary function) {
    return ops::binary(b.graph, left, right, function);
  };
  const Value x = b.input();
  return b.same_axes(layer.invert ? apply(mean, apply(x, deviation, ops::Binary::kMultiply), ops::Binary::kAdd)
                                  : apply(apply(x, mean, ops::Binary::kSubtract), deviation, ops::Binary::kDivide));
}

const Register<Normalization> registered{"Normalization"};

}  // namespace kerascope::layers
