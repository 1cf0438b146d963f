// (x - mean) / sqrt(variance + epsilon) * gamma + beta, for each group of channels of each item. (...) -> (...)
#include "kerascope/layers/normalization.h"
#include "layers/build.h"
#include "layers/registry.h"
#include "ops/batch_norm.h"

namespace kerascope::layers {

void fields(of<GroupNormalization> auto& layer, auto&& field) {
  field("groups", layer.groups);
  field("axis", layer.axis);
  field("epsilon", layer.epsilon);
  field("center", layer.center);
  field("scale", layer.scale);
}

MaskRule mask_rule(const GroupNormalization&) { return MaskRule::kPasses; }

Outputs build(const GroupNormalization& layer, Build& b) {
  const int axis = b.axis_with_numbers(layer.axis);
  const std::int64_t channels = b.shape()[axis], groups = layer.groups == -1 ? channels : layer.groups;
  if (groups < 1 || channels % groups != 0)
    b.fail("config-type", fmt::format("layer '{}' (GroupNormalization) divides {} channels into {} groups",
                                      b.layer().name, channels, groups));
  std::optional<Value> gamma, beta;
  if (layer.scale) gamma = b.weight("gamma", {channels});
  if (layer.center) beta = b.weight("beta", {channels});
  return b.same_axes(
      ops::group_norm(b.graph, b.input(), gamma, beta, {.axis = axis, .groups = groups, .epsilon = layer.epsilon}));
}

const Register<GroupNormalization> registered{"GroupNormalization"};

}  // namespace kerascope::layers
