// (x - mean) / sqrt(variance + epsilon) * gamma + beta along one axis. (...) -> (...)
#include "kerascope/layers/normalization.h"
#include "layers/registry.h"
#include "model/json.h"
#include "ops/batch_norm.h"

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
  if (const Json& mask = member(member(b.call().keywords, "mask"), "tensor"); mask.is_number() && keeps)
    b.input(mask.get<int>());  // only the batch's own statistics would leave out what is masked
  if (keeps) return b.same_axes(ops::batch_norm(b.graph, b.input(), weights, options));
  if (layer.renorm)
    b.fail("layer-unsupported", fmt::format("layer '{}' (BatchNormalization) has renorm, whose training phase "
                                            "Kerascope cannot compute",
                                            b.layer().name));
  return b.same_axes(ops::batch_norm_training(b.graph, b.input(), weights.gamma, weights.beta, options));
}

const Register<BatchNormalization> registered{"BatchNormalization", "BatchNormalizationV1", "BatchNormalizationV2"};

}  // namespace kerascope::layers
