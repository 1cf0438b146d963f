// Masks the steps whose numbers all equal mask_value. (N, T, C) -> (N, T, C)
#include "kerascope/layers/embedding.h"
#include "layers/registry.h"
#include "ops/compare.h"
#include "ops/reshape.h"
#include "ops/select.h"

namespace kerascope::layers {

void fields(of<Masking> auto& layer, auto&& field) { field("mask_value", layer.mask_value); }

MaskRule mask_rule(const Masking&) { return MaskRule::kOwn; }

Outputs build(const Masking& layer, Build& b) {
  const Shape& shape = b.shape();
  if (shape.rank() < 2) b.require_rank(2);
  const auto number = [&](float value) { return b.constant(Shape(), {value}); };
  const Value differs = ops::compare(b.graph, b.input(), number(layer.mask_value), ops::Comparison::kNotEqual);
  const Value counts = ops::quantify(b.graph, differs, ops::Quantifier::kAny, {shape.rank() - 1}, /*keepdims=*/true);
  Outputs outputs = b.same_axes(ops::select(b.graph, counts, b.input(), number(0)));
  outputs[0].mask = ops::reshape(b.graph, counts, shape.slice(0, shape.rank() - 1));
  return outputs;
}

const Register<Masking> registered{"Masking"};

}  // namespace kerascope::layers
