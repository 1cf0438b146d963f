// Looks up a vector for each whole number. (N, ..) -> (N, .., output_dim)
#include "kerascope/layers/embedding.h"

#include "layers/registry.h"
#include "ops/cast.h"
#include "ops/compare.h"
#include "ops/gather.h"

namespace kerascope::layers {

void fields(of<Embedding> auto& layer, auto&& field) {
  field.required("input_dim", layer.input_dim);
  field.required("output_dim", layer.output_dim);
  field("mask_zero", layer.mask_zero);
  // The low-rank product is merged into the weights when the file is written.
  field.ignored("lora_rank");
  field.ignored("lora_alpha");
  field.ignored("quantization_config");
}

MaskRule mask_rule(const Embedding&) { return MaskRule::kOwn; }

Outputs build(const Embedding& layer, Build& b) {
  b.require_at_least(1, "input_dim", layer.input_dim);
  b.require_at_least(1, "output_dim", layer.output_dim);
  const Value table = b.weight("embeddings", {layer.input_dim, layer.output_dim});
  // Keras truncates numbers that are not whole.
  const DType given = b.graph.dtype(b.input());
  const Value indices = is_integer(given) ? b.input() : ops::cast(b.graph, b.input(), DType::kInt32);
  Outputs outputs = b.usual(ops::gather(b.graph, table, indices));
  if (layer.mask_zero) {
    const Value zero = b.graph.constant(Tensor::of(Shape(), std::vector<std::int32_t>{0}));
    outputs[0].mask = ops::compare(b.graph, b.input(), zero, ops::Comparison::kNotEqual);
  }
  return outputs;
}

const Register<Embedding> registered{"Embedding"};

}  // namespace kerascope::layers
