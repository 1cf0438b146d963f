// x / sqrt(sum(x * x)), with the sum over the axes. (...) -> (...)
#include "kerascope/layers/normalization.h"
#include "layers/build.h"
#include "layers/registry.h"
#include "ops/row_norm.h"

namespace kerascope::layers {

void fields(of<UnitNormalization> auto& layer, auto&& field) { field.axes("axis", layer.axis); }

MaskRule mask_rule(const UnitNormalization&) { return MaskRule::kPasses; }

Outputs build(const UnitNormalization& layer, Build& b) {
  const std::vector<int> axes = b.sorted_axes(layer.axis);
  // In Keras 3 the length is at least 1e-12, in Keras 2 its square is.
  const ops::RowNormOptions options = {.norm = ops::RowNorm::kLength,
                                       .axes = static_cast<int>(axes.size()),
                                       .epsilon = b.keras_major() < 3 ? 1e-6f : 1e-12f};
  const Value x = axes_last(b, b.input(), axes);
  return b.same_axes(axes_back(b, ops::row_norm(b.graph, x, {}, {}, options), axes));
}

const Register<UnitNormalization> registered{"UnitNormalization"};

}  // namespace kerascope::layers
