// activation(x . kernel + bias): (..., I) -> (..., units).
#include "ops/dense.h"
#include "kerascope/layers/core.h"
#include "layers/registry.h"

namespace kerascope::layers {

void fields(of<Dense> auto& layer, auto&& field) {
  field.required("units", layer.units);
  field("activation", layer.activation);
  field("use_bias", layer.use_bias);
  // The low-rank product is merged into the kernel when the file is written.
  field.ignored("lora_rank");
  field.ignored("lora_alpha");
  field.ignored("quantization_config");
}

MaskRule mask_rule(const Dense&) { return MaskRule::kPasses; }

Outputs build(const Dense& layer, Build& b) {
  if (b.shape().rank() < 2) b.require_rank(2);
  b.require_at_least(1, "units", layer.units);
  const Value kernel = b.weight("kernel", {b.shape().back(), layer.units});
  std::optional<Value> bias;
  if (layer.use_bias) bias = b.weight("bias", {layer.units});
  return activated(b, ops::dense(b.graph, b.input(), kernel, bias), layer.activation, b.axes());
}

const Register<Dense> registered{"Dense"};

}  // namespace kerascope::layers
