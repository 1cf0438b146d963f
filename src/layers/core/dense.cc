// activation(x . kernel + bias): (..., I) -> (..., units).
#include "ops/dense.h"
#include "kerascope/layers/core.h"
#include "layers/quantized.h"
#include "layers/registry.h"

namespace kerascope::layers {

void fields(of<Dense> auto& layer, auto&& field) {
  field.required("units", layer.units);
  field("activation", layer.activation);
  field("use_bias", layer.use_bias);
  // The low-rank product is merged into the kernel when the file is written.
  field.ignored("lora_rank");
  field.ignored("lora_alpha");
  field.ignored("quantization_config");  // it stands in `quantization_of`
}

MaskRule mask_rule(const Dense&) { return MaskRule::kPasses; }

Outputs build(const Dense& layer, Build& b) {
  if (b.shape().rank() < 2) b.require_rank(2);
  b.require_at_least(1, "units", layer.units);
  const Shape units = {layer.units};
  const Factors f = factors(b, {.kernel = {b.shape().back(), layer.units},
                                .bias = layer.use_bias ? std::optional(units) : std::nullopt,
                                .divisor = units,
                                .summed_in_input = {b.shape().rank() - 1},
                                .summed_in_kernel = {0}});
  const Value y = f.divisor ? divided_and_shifted(b, ops::dense(b.graph, f.input, f.kernel, {}), f)
                            : ops::dense(b.graph, f.input, f.kernel, f.bias);
  return activated(b, y, layer.activation, b.axes());
}

const Register<Dense> registered{"Dense"};

}  // namespace kerascope::layers
