// Attention of one head, without projections: Attention and AdditiveAttention. (N, T, C), (N, S, C') -> (N, T, C')
#include "kerascope/layers/attention.h"
#include "layers/attention/common.h"
#include "layers/registry.h"
#include "layers/regularization/common.h"
#include "model/json.h"
#include "ops/binary.h"
#include "ops/compare.h"
#include "ops/matmul.h"
#include "ops/reduce.h"
#include "ops/select.h"
#include "ops/softmax.h"
#include "ops/unary.h"

namespace kerascope::layers {
namespace {

Value product(Build& b, Value x, Value y) { return ops::binary(b.graph, x, y, ops::Binary::kMultiply); }

/// q + k of every pair of steps: (N, T, 1, C) and (N, 1, S, C) -> (N, T, S, C)
Value pairs(Build& b, Value query, Value key) {
  return ops::binary(b.graph, with_axis(b.graph, query, -2), with_axis(b.graph, key, -3), ops::Binary::kAdd);
}

Value sum_of_channels(Build& b, Value x) {
  return ops::reduce(b.graph, x, ops::Reduction::kSum, {.axes = {b.graph.shape(x).rank() - 1}});
}

Value scores_of(const Attention& layer, Build& b, Value query, Value key) {
  std::optional<Value> scale;
  if (layer.use_scale) scale = b.weight("scale", Shape());
  if (layer.score_mode == "dot") {
    const Value scores = ops::matmul(b.graph, query, key, {.transpose_right = true});
    return scale ? product(b, scores, *scale) : scores;
  }
  const Value weight = b.weight("concat_score_weight", Shape());
  const Value both = pairs(b, query, key);
  return product(b, weight,
                 sum_of_channels(b, ops::unary(b.graph, scale ? product(b, *scale, both) : both, ops::Unary::kTanh)));
}

Value scores_of(const AdditiveAttention& layer, Build& b, Value query, Value key) {
  const Value bent = ops::unary(b.graph, pairs(b, query, key), ops::Unary::kTanh);
  if (!layer.use_scale) return sum_of_channels(b, bent);
  return sum_of_channels(b, product(b, b.weight("scale", {b.graph.shape(query).back()}), bent));
}

Outputs attended(const auto& layer, Build& b) {
  require_share(b, "dropout", layer.dropout);
  b.require_inputs(2);
  Graph& graph = b.graph;
  const int key = b.inputs() > 2 ? 2 : 1;
  const Value query = b.input(0), value = b.input(1);
  for (int i = 0; i < b.inputs(); ++i)
    if (i > 2 || b.shape(i).rank() != 3)
      b.fail("shape-rank",
             fmt::format("layer '{}' ({}) needs a query, a value and perhaps a key of 3 axes each, and gets "
                         "{} inputs, number {} of {}",
                         b.layer().name, b.layer().class_name, b.inputs(), i, b.shape(i).str()));
  if (b.shape(0)[2] != b.shape(key)[2] || b.shape(1)[1] != b.shape(key)[1])
    b.fail(
        "shape-mismatch",
        fmt::format("layer '{}' ({}) is called with a query {}, a value {} and a key {}, which do not fit each other",
                    b.layer().name, b.layer().class_name, b.shape(0).str(), b.shape(1).str(), b.shape(key).str()));

  Value scores = scores_of(layer, b, query, b.input(key));
  std::optional<Value> mask;
  if (layer.causal || member(b.call().keywords, "use_causal_mask") == true)
    mask = earlier_steps(graph, b.shape(0)[1], b.shape(1)[1]);
  if (b.mask(1)) {
    const Value steps = with_axis(graph, *b.mask(1), -2);
    mask = mask ? ops::logical(graph, steps, *mask, ops::Logical::kAnd) : steps;
  }
  if (mask) scores = lowered(b, scores, *mask);
  const Output seen_scores = {ops::softmax(graph, scores), "HW"};
  b.tap("scores", seen_scores);
  Value result = ops::matmul(graph, with_dropout(b, seen_scores.value, layer.dropout), value);
  if (b.mask(0)) result = ops::select(graph, with_axis(graph, *b.mask(0), -1), result, b.constant(Shape(), {0}));
  Outputs outputs = {{result, b.axes(0), b.mask(0)}};
  if (member(b.call().keywords, "return_attention_scores") == true) outputs.push_back(seen_scores);
  return outputs;
}

}  // namespace

void fields(of<Attention> auto& layer, auto&& field) {
  field("use_scale", layer.use_scale);
  field("score_mode", layer.score_mode);
  field("dropout", layer.dropout);
  field.formerly("causal", layer.causal);
  field.ignored("seed");
}

void fields(of<AdditiveAttention> auto& layer, auto&& field) {
  field("use_scale", layer.use_scale);
  field("dropout", layer.dropout);
  field.formerly("causal", layer.causal);
  field.ignored("seed");
}

MaskRule mask_rule(const Attention&) { return MaskRule::kOwn; }
MaskRule mask_rule(const AdditiveAttention&) { return MaskRule::kOwn; }

Outputs build(const Attention& layer, Build& b) {
  if (layer.score_mode != "dot" && layer.score_mode != "concat")
    b.refuse("score_mode", "'" + layer.score_mode + "'", "'dot' or 'concat'");
  return attended(layer, b);
}

Outputs build(const AdditiveAttention& layer, Build& b) { return attended(layer, b); }

const Register<Attention> registered{"Attention"};
const Register<AdditiveAttention> registered_additive{"AdditiveAttention"};

}  // namespace kerascope::layers
