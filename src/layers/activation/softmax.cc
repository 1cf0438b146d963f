// exp(x) / sum(exp(x)), with the sum over the axes. (...) -> (...)
#include "ops/softmax.h"
#include "kerascope/layers/activation.h"
#include "layers/registry.h"
#include "ops/reshape.h"
#include "ops/select.h"

namespace kerascope::layers {

void fields(of<Softmax> auto& layer, auto&& field) { field.axes("axis", layer.axis); }

namespace {

Value softmax(Build& b, Value input, const std::vector<int>& axes) {
  if (axes.size() == 1) return ops::softmax(b.graph, input, axes[0]);
  const Value x = axes_last(b, input, axes);
  const Shape shape = b.graph.shape(x);
  const int kept = shape.rank() - static_cast<int>(axes.size());
  const Value rows = ops::reshape(b.graph, x, {shape.elements(0, kept), shape.elements(kept, shape.rank())});
  return axes_back(b, ops::reshape(b.graph, ops::softmax(b.graph, rows), shape), axes);
}

}  // namespace

MaskRule mask_rule(const Softmax&) { return MaskRule::kPasses; }

/// A masked number counts as -1e9; since Keras 3 its result is exactly 0.
Outputs build(const Softmax& layer, Build& b) {
  const std::vector<int> axes = b.sorted_axes(layer.axis);
  if (!b.mask()) return b.same_axes(softmax(b, b.input(), axes));
  const Value counts = *b.mask();
  const auto otherwise = [&](Value x, float number) {
    return ops::select(b.graph, counts, x, b.constant(Shape(), {number}));
  };
  const Value result = softmax(b, otherwise(b.input(), -1e9f), axes);
  return b.same_axes(b.keras_major() >= 3 ? otherwise(result, 0) : result);
}

const Register<Softmax> registered{"Softmax"};

}  // namespace kerascope::layers
