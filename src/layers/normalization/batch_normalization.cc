// (x - mean) / sqrt(variance + epsilon) * gamma + beta along one axis. (...) -> (...)
#include "kerascope/layers/normalization.h"
#include "layers/registry.h"
#include "model/json.h"
#include "ops/batch_norm.h"
#include "ops/binary.h"
#include "ops/cast.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/unary.h"

namespace kerascope::layers {

void fields(of<BatchNormalization> auto& layer, auto&& field) {
  field.single_axis("axis", layer.axis);
  field("epsilon", layer.epsilon);
  field("center", layer.center);
  field("scale", layer.scale);
  field("renorm", layer.renorm);
  for (const char* key : {"momentum", "fused", "virtual_batch_size", "synchronized", "renorm_clipping",
                          "renorm_momentum", "mode", "beta_init", "gamma_init"})
    field.ignored(key);
}

namespace {

/// Uses the mean and variance of the steps that count: Keras leaves masked ones out of the batch's statistics.
Value normalized_where_masked(Build& b, int axis, const ops::BatchNormWeights& weights, float epsilon) {
  const Shape& shape = b.shape();
  std::vector<std::int64_t> sizes = b.graph.shape(*b.mask()).sizes();
  sizes.resize(static_cast<std::size_t>(shape.rank()), 1);
  const Value counts = ops::cast(b.graph, ops::reshape(b.graph, *b.mask(), Shape(sizes)), DType::kFloat32);
  std::vector<int> others;
  for (int i = 0; i < shape.rank(); ++i)
    if (i != axis) others.push_back(i);
  const auto pair = [&](Value left, Value right, ops::Binary function) {
    return ops::binary(b.graph, left, right, function);
  };
  const auto mean_of = [&](Value x) {
    const ops::ReduceOptions over = {.axes = others, .keepdims = true};
    const Value weighted = pair(x, counts, ops::Binary::kMultiply);
    const Value everywhere = pair(pair(x, b.constant(Shape(), {0}), ops::Binary::kMultiply), counts, ops::Binary::kAdd);
    return pair(ops::reduce(b.graph, weighted, ops::Reduction::kSum, over),
                ops::reduce(b.graph, everywhere, ops::Reduction::kSum, over), ops::Binary::kDivide);
  };
  const Value mean = mean_of(b.input());
  const Value distance = pair(b.input(), mean, ops::Binary::kSubtract);
  const Value variance = mean_of(ops::unary(b.graph, distance, ops::Unary::kSquare));
  const Value deviation =
      ops::unary(b.graph, pair(variance, b.constant(Shape(), {epsilon}), ops::Binary::kAdd), ops::Unary::kSqrt);
  Value result = pair(distance, deviation, ops::Binary::kDivide);
  std::vector<std::int64_t> channels(static_cast<std::size_t>(shape.rank()), 1);
  channels[static_cast<std::size_t>(axis)] = shape[axis];
  const auto along = [&](Value weight) { return ops::reshape(b.graph, weight, Shape(channels)); };
  if (weights.gamma) result = pair(result, along(*weights.gamma), ops::Binary::kMultiply);
  if (weights.beta) result = pair(result, along(*weights.beta), ops::Binary::kAdd);
  return result;
}

}  // namespace

MaskRule mask_rule(const BatchNormalization&) { return MaskRule::kPasses; }

Outputs build(const BatchNormalization& layer, Build& b) {
  const int axis = b.axis_with_numbers(layer.axis);
  const Shape channels = {b.shape()[axis]};
  const ops::BatchNormOptions options{.axis = axis, .epsilon = layer.epsilon};
  ops::BatchNormWeights weights;
  if (layer.scale) weights.gamma = b.weight("gamma", channels);
  if (layer.center) weights.beta = b.weight("beta", channels);
  weights.mean = b.weight("moving_mean", channels, false);
  weights.variance = b.weight("moving_variance", channels, false);
  const bool frozen = !b.layer().trainable && b.model().freezes_statistics(), keeps = frozen || !b.training();
  if (keeps) return b.same_axes(ops::batch_norm(b.graph, b.input(), weights, options));
  if (layer.renorm)
    b.fail("layer-unsupported", fmt::format("layer '{}' (BatchNormalization) has renorm, whose training phase "
                                            "Kerascope cannot compute",
                                            b.layer().name));
  if (b.mask()) return b.same_axes(normalized_where_masked(b, axis, weights, layer.epsilon));
  return b.same_axes(ops::batch_norm_training(b.graph, b.input(), weights.gamma, weights.beta, options));
}

const Register<BatchNormalization> registered{"BatchNormalization", "BatchNormalizationV1", "BatchNormalizationV2"};

}  // namespace kerascope::layers
