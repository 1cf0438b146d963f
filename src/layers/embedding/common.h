// What Embedding and ReversibleEmbedding share.
#pragma once

#include "kerascope/layers/embedding.h"
#include "layers/build.h"
#include "ops/cast.h"
#include "ops/compare.h"
#include "ops/gather.h"

namespace kerascope::layers {

void embedding_fields(auto& layer, auto&& field) {
  field.required("input_dim", layer.input_dim);
  field.required("output_dim", layer.output_dim);
  field("mask_zero", layer.mask_zero);
  // The low-rank product is merged into the weights when the file is written.
  field.ignored("lora_rank");
  field.ignored("lora_alpha");
  field.ignored("quantization_config");
}

/// The weight "embeddings", (input_dim, output_dim).
Value embeddings(const auto& layer, Build& b) {
  b.require_at_least(1, "input_dim", layer.input_dim);
  b.require_at_least(1, "output_dim", layer.output_dim);
  return b.weight("embeddings", {layer.input_dim, layer.output_dim});
}

Outputs looked_up(const auto& layer, Build& b, Value table) {
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

}  // namespace kerascope::layers
