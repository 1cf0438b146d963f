// x / sqrt(mean(x * x) + epsilon) * scale, with the mean over the axes. (...) -> (...)
#include "kerascope/layers/normalization.h"
#include "layers/normalization/common.h"
#include "layers/registry.h"
#include "ops/binary.h"
#include "ops/row_norm.h"

namespace kerascope::layers {

void fields(of<RMSNormalization> auto& layer, auto&& field) {
  field.axes("axis", layer.axis);
  field("epsilon", layer.epsilon);
}

Outputs build(const RMSNormalization& layer, Build& b) {
  const std::vector<int> axes = b.sorted_axes(layer.axis);
  const Value x = axes_last(b, b.input(), axes), scale = b.weight("scale", weight_shape(b, layer.axis));
  const ops::RowNormOptions options = {
      .norm = ops::RowNorm::kRootMeanSquare, .axes = static_cast<int>(axes.size()), .epsilon = layer.epsilon};
  if (x == b.input() && b.graph.shape(scale) == row_shape(b, x, axes))
    return b.same_axes(ops::row_norm(b.graph, x, scale, {}, options));
  // Keras broadcasts the weight along the last axes, whichever axes it was created for.
  const Value y = axes_back(b, ops::row_norm(b.graph, x, {}, {}, options), axes);
  return b.same_axes(ops::binary(b.graph, y, scale, ops::Binary::kMultiply));
}

const Register<RMSNormalization> registered{"RMSNormalization"};

}  // namespace kerascope::layers
