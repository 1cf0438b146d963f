// (x - mean) / sqrt(variance + epsilon) * gamma + beta, with mean and variance over the axes. (...) -> (...)
#include "kerascope/layers/normalization.h"
#include "layers/normalization/common.h"
#include "layers/registry.h"
#include "ops/reshape.h"
#include "ops/row_norm.h"

namespace kerascope::layers {

void fields(of<LayerNormalization> auto& layer, auto&& field) {
  field.axes("axis", layer.axis);
  field("epsilon", layer.epsilon);
  field("center", layer.center);
  field("scale", layer.scale);
  field("rms_scaling", layer.rms_scaling);
}

MaskRule mask_rule(const LayerNormalization&) { return MaskRule::kPasses; }

Outputs build(const LayerNormalization& layer, Build& b) {
  const std::vector<int> axes = b.sorted_axes(layer.axis);
  const Value x = axes_last(b, b.input(), axes);
  // If the axes were given in another order, Keras reshapes the weight; it does not transpose it.
  const auto weight = [&](const char* name) {
    return ops::reshape(b.graph, b.weight(name, weight_shape(b, layer.axis)), row_shape(b, x, axes));
  };
  std::optional<Value> gamma, beta;
  if (layer.scale || layer.rms_scaling) gamma = weight("gamma");
  if (layer.center && !layer.rms_scaling) beta = weight("beta");
  const ops::RowNormOptions options = {.norm = layer.rms_scaling ? ops::RowNorm::kDeviation : ops::RowNorm::kStandard,
                                       .axes = static_cast<int>(axes.size()),
                                       .epsilon = layer.epsilon};
  return b.same_axes(axes_back(b, ops::row_norm(b.graph, x, gamma, beta, options), axes));
}

const Register<LayerNormalization> registered{"LayerNormalization"};

}  // namespace kerascope::layers
