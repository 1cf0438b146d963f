// An Embedding; called with reverse=True, (N, .., output_dim) -> (N, .., input_dim).
#include "layers/embedding/common.h"
#include "layers/registry.h"
#include "model/json.h"
#include "ops/dense.h"
#include "ops/transpose.h"
#include "ops/unary.h"

namespace kerascope::layers {

void fields(of<ReversibleEmbedding> auto& layer, auto&& field) {
  embedding_fields(layer, field);
  field("tie_weights", layer.tie_weights);
  field("logit_soft_cap", layer.logit_soft_cap);
  field.ignored("reverse_dtype");  // layers compute in float32
}

MaskRule mask_rule(const ReversibleEmbedding&) { return MaskRule::kOwn; }

Outputs build(const ReversibleEmbedding& layer, Build& b) {
  const Table table = embeddings(layer, b);
  const auto* const quantized = std::get_if<QuantizedTable>(&table);
  std::optional<Value> kernel;  // (output_dim, input_dim)
  if (!layer.tie_weights)
    kernel =
        quantized ? reverse_kernel(b, *quantized) : b.weight("reverse_embeddings", {layer.output_dim, layer.input_dim});
  const Json& positional = b.call().positional;
  if (member(b.call().keywords, "reverse") != true && (positional.size() < 2 || positional[1] != true))
    return looked_up(layer, b, table);
  if (!kernel) kernel = ops::transpose(b.graph, quantized ? rows(b, *quantized, {}) : std::get<Value>(table), {1, 0});
  const Value x = quantized ? rounded_input(b, quantized->how, {b.shape().rank() - 1}) : b.input();
  Value y = ops::dense(b.graph, x, *kernel, {});
  if (const std::optional<float> cap = layer.logit_soft_cap) {
    y = ops::unary(b.graph, y, ops::Unary::kAffine, {.a = 1 / *cap});
    y = ops::unary(b.graph, ops::unary(b.graph, y, ops::Unary::kTanh), ops::Unary::kAffine, {.a = *cap});
  }
  return b.usual(y);
}

const Register<ReversibleEmbedding> registered{"ReversibleEmbedding"};

}  // namespace kerascope::layers
