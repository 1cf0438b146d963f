// exp(x) / sum(exp(x)), with the sum over the axes. (...) -> (...)
#include "kerascope/layers/activation.h"
#include "layers/registry.h"
#include "ops/reshape.h"
#include "ops/softmax.h"

namespace kerascope::layers {

void fields(of<Softmax> auto& layer, auto&& field) { field.axes("axis", layer.axis); }

Outputs build(const Softmax& layer, Build& b) {
  const std::vector<int> axes = b.sorted_axes(layer.axis);
  if (axes.size() == 1) return b.same_axes(ops::softmax(b.graph, b.input(), axes[0]));
  const Value x = axes_last(b, b.input(), axes);
  const Shape shape = b.graph.shape(x);
  const int kept = shape.rank() - static_cast<int>(axes.size());
  const Value rows = ops::reshape(b.graph, x, {shape.elements(0, kept), shape.elements(kept, shape.rank())});
  return b.same_axes(axes_back(b, ops::reshape(b.graph, ops::softmax(b.graph, rows), shape), axes));
}

const Register<Softmax> registered{"Softmax"};

}  // namespace kerascope::layers
