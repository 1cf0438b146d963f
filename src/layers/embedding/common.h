// What Embedding and ReversibleEmbedding share.
#pragma once

#include <variant>

#include "kerascope/layers/embedding.h"
#include "layers/quantized.h"
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
  field.ignored("quantization_config");  // it stands in `quantization_of`
}

/// The weight "embeddings", (input_dim, output_dim), as it is stored.
using Table = std::variant<Value, QuantizedTable>;

Table embeddings(const auto& layer, Build& b) {
  b.require_at_least(1, "input_dim", layer.input_dim);
  b.require_at_least(1, "output_dim", layer.output_dim);
  const Shape shape = {layer.input_dim, layer.output_dim};
  if (const std::optional<Quantization> how = quantization_of(b)) return quantized_table(b, *how, shape);
  return b.weight("embeddings", shape);
}

Outputs looked_up(const auto& layer, Build& b, const Table& table) {
  // Keras truncates numbers that are not whole.
  const DType given = b.graph.dtype(b.input());
  const Value indices = is_integer(given) ? b.input() : ops::cast(b.graph, b.input(), DType::kInt32);
  const auto* const quantized = std::get_if<QuantizedTable>(&table);
  Outputs outputs =
      b.usual(quantized ? rows(b, *quantized, indices) : ops::gather(b.graph, std::get<Value>(table), indices));
  if (layer.mask_zero) {
    const Value zero = b.graph.constant(Tensor::of(Shape(), std::vector<std::int32_t>{0}));
    outputs[0].mask = ops::compare(b.graph, b.input(), zero, ops::Comparison::kNotEqual);
  }
  return outputs;
}

}  // namespace kerascope::layers
