// Each step of the query attends to the steps of key and value, with several heads. (N, T, C), (N, S, C') -> (N, T, C)
#include <cmath>
#include <numeric>

#include "kerascope/layers/attention.h"
#include "layers/attention/common.h"
#include "layers/registry.h"
#include "layers/regularization/common.h"
#include "model/json.h"
#include "ops/binary.h"
#include "ops/compare.h"
#include "ops/dense.h"
#include "ops/matmul.h"
#include "ops/reshape.h"
#include "ops/select.h"
#include "ops/softmax.h"
#include "ops/transpose.h"
#include "ops/unary.h"

namespace kerascope::layers {
namespace {

Shape joined(const std::vector<std::int64_t>& front, const std::vector<std::int64_t>& back) {
  std::vector<std::int64_t> sizes = front;
  sizes.insert(sizes.end(), back.begin(), back.end());
  return Shape(std::move(sizes));
}

std::int64_t product(const std::vector<std::int64_t>& sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), std::int64_t{1}, std::multiplies());
}

/// Multiplies x along its last `bound` axes with a kernel (these axes.., to..) and adds a bias (to..).
Value projected(Build& b, const char* name, Value x, int bound, const std::vector<std::int64_t>& to, bool use_bias) {
  Build part = b.within(name);
  const std::vector<std::int64_t> sizes = b.graph.shape(x).sizes();
  const std::vector<std::int64_t> kept(sizes.begin(), sizes.end() - bound), summed(sizes.end() - bound, sizes.end());
  const std::int64_t in = product(summed), out = product(to);
  const Value kernel = ops::reshape(b.graph, part.weight("kernel", joined(summed, to)), {in, out});
  std::optional<Value> bias;
  if (use_bias) bias = ops::reshape(b.graph, part.weight("bias", Shape(to)), {out});
  return ops::reshape(b.graph, ops::dense(b.graph, ops::reshape(b.graph, x, joined(kept, {in})), kernel, bias),
                      joined(kept, to));
}

/// Along which axes of (N, .., heads, size) steps attend to each other, and which are independent (`apart`), as the
/// batch is. The last axis is neither.
struct Axes {
  std::vector<int> apart, attending;

  /// The independent axes, then the attending ones, then the last one.
  std::vector<int> order() const {
    std::vector<int> all = apart;
    all.insert(all.end(), attending.begin(), attending.end());
    all.push_back(static_cast<int>(all.size()));
    return all;
  }
  static std::vector<std::int64_t> sizes(const Shape& shape, const std::vector<int>& axes) {
    std::vector<std::int64_t> all;
    for (const int axis : axes) all.push_back(shape[axis]);
    return all;
  }
};

Axes axes_of(const MultiHeadAttention& layer, const Build& b, int rank) {
  Axes axes;
  for (const std::int64_t given : layer.attention_axes) {
    // Keras 3 counts negative axes from the input's end, Keras 2 from the end of (N, .., heads, size).
    const int axis = b.axis(given, given < 0 && b.keras_major() < 3 ? rank : rank - 1);
    if (axis >= rank - 2 || std::ranges::count(axes.attending, axis) > 0)
      b.refuse("attention_axes", fmt::format("({})", fmt::join(layer.attention_axes, ", ")),
               "distinct axes before the last one");
    axes.attending.push_back(axis);
  }
  for (int axis = 1; layer.attention_axes.empty() && axis < rank - 2; ++axis) axes.attending.push_back(axis);
  for (int axis = 0; axis < rank - 1; ++axis)
    if (std::ranges::count(axes.attending, axis) == 0) axes.apart.push_back(axis);
  return axes;
}

/// The arguments of the call: tensors as numbers of inputs, and masks.
struct Arguments {
  int query, value, key;
  std::optional<Value> query_mask, value_mask, key_mask, attention_mask;
  bool causal = false, with_scores = false;
};

Arguments arguments_of(Build& b) {
  const std::optional<int> query = b.argument("query", 0), value = b.argument("value", 1), key = b.argument("key", 2);
  if (!query || !value)
    b.fail("call-invalid", fmt::format("layer '{}' ({}) is called without a {}", b.layer().name, b.layer().class_name,
                                       query ? "value" : "query"));
  Arguments all{.query = *query, .value = *value, .key = key.value_or(*value)};
  const auto given = [&](const char* name, std::size_t position) -> std::optional<Value> {
    const std::optional<int> place = b.argument(name, position);
    return place ? std::optional(b.input(*place)) : std::nullopt;
  };
  const bool is_old = b.keras_major() < 3;
  // Keras 3 uses the mask that the query carries even if the call has another one as an argument.
  if (!is_old) given("query_mask", 3);
  all.query_mask = b.mask(all.query);
  all.value_mask = b.mask(all.value);
  if (key || is_old) all.key_mask = b.mask(all.key);
  if (const auto mask = is_old ? std::nullopt : given("value_mask", 4)) all.value_mask = mask;
  if (const auto mask = is_old ? std::nullopt : given("key_mask", 5)) all.key_mask = mask;
  all.attention_mask = given("attention_mask", is_old ? 3 : 6);
  all.causal = member(b.call().keywords, "use_causal_mask") == true;
  all.with_scores = member(b.call().keywords, "return_attention_scores") == true;
  return all;
}

/// Which steps may attend to which: (N, T, S), or a shape that broadcasts to it; nothing if all may attend to all.
std::optional<Value> attention_mask(const MultiHeadAttention& layer, Build& b, const Arguments& all) {
  std::optional<Value> mask;
  const auto add = [&](Value other) { mask = mask ? ops::logical(b.graph, other, *mask, ops::Logical::kAnd) : other; };
  if (all.query_mask) add(with_axis(b.graph, *all.query_mask, -1));
  if (all.value_mask) add(with_axis(b.graph, *all.value_mask, -2));
  if (all.key_mask) add(with_axis(b.graph, *all.key_mask, -2));
  const std::int64_t queries = b.shape(all.query)[1], keys = b.shape(all.value)[1];
  if (all.causal) add(earlier_steps(b.graph, queries, keys));
  if (layer.sliding_window)
    add(allowed_steps(b.graph, queries, keys, [&](auto t, auto s) { return std::abs(t - s) < *layer.sliding_window; }));
  if (all.attention_mask) add(*all.attention_mask);
  return mask;
}

/// Softmax over the last `attending` axes of (apart.., queries.., keys..) where the mask allows.
Value masked_softmax(const MultiHeadAttention& layer, Build& b, Value scores, std::optional<Value> mask, int attending,
                     bool is_fused) {
  Graph& graph = b.graph;
  const Shape shape = graph.shape(scores);
  const auto number = [&](float value) { return b.constant(Shape(), {value}); };
  const bool is_old = b.keras_major() < 3;
  if (mask) {
    while (graph.shape(*mask).rank() < shape.rank()) mask = with_axis(graph, *mask, -2 * attending - 1);
    // Keras 2 adds a large negative number, so a row that is masked as a whole keeps its softmax.
    if (is_old && !layer.softmax_robust_masking) {
      scores = lowered(b, scores, *mask);
    } else {
      scores = ops::select(graph, *mask, scores, number(is_fused ? -0.7f * 3.38953e38f : -1e9f));
    }
    if (graph.shape(scores) != shape)
      b.fail("shape-mismatch", fmt::format("layer '{}' ({}) has scores {} and a mask of {}", b.layer().name,
                                           b.layer().class_name, shape.str(), graph.shape(*mask).str()));
  }
  const std::int64_t keys = shape.elements(shape.rank() - attending, shape.rank());
  const std::int64_t rows = keys > 0 ? shape.elements() / keys : 0;
  scores = ops::reshape(graph, ops::softmax(graph, ops::reshape(graph, scores, {rows, keys})), shape);
  // For a step that may attend to nothing Keras 3 gives 0, unless it computes the scores in one fused operation.
  if (mask && !is_old && !is_fused) scores = ops::select(graph, *mask, scores, number(0));
  return scores;
}

/// Roles of axes that draw the heads side by side as tiles: (.., T, heads, size), or (.., heads, T.., S..).
std::string roles_by_head(const Axes& axes) {
  const std::size_t free = axes.apart.size() + axes.attending.size() - 2;
  return std::string(free - 1, 'D') + "HCW";
}
std::string roles_of_scores(const Axes& axes) {
  const std::string others(axes.attending.size() - 1, 'D');
  return std::string(axes.apart.size() - 2, 'D') + "C" + others + "H" + others + "W";
}

/// (.., heads, size) -> (.., more heads, size): each head several times, one after the other.
Value repeated(Build& b, Value x, std::int64_t heads) {
  std::vector<std::int64_t> sizes = b.graph.shape(x).sizes();
  const std::size_t axis = sizes.size() - 2;
  const std::int64_t times = heads / sizes[axis];
  if (times == 1) return x;
  sizes[axis] = heads;
  const Value ones = b.constant({times, 1}, std::vector<float>(static_cast<std::size_t>(times), 1));
  return ops::reshape(b.graph, ops::binary(b.graph, with_axis(b.graph, x, -2), ones, ops::Binary::kMultiply),
                      Shape(std::move(sizes)));
}

/// @param key_heads  of keys and values; a multiple of it has the query
Outputs attended(const MultiHeadAttention& layer, std::int64_t key_heads, Build& b) {
  const std::int64_t value_dim = layer.value_dim.value_or(layer.key_dim);
  b.require_at_least(1, "value_dim", value_dim);
  b.require_at_least(1, "sliding_window", layer.sliding_window.value_or(1));
  for (const std::int64_t size : layer.output_shape) b.require_at_least(1, "output_shape", size);
  require_share(b, "dropout", layer.dropout);

  Graph& graph = b.graph;
  const Arguments all = arguments_of(b);
  const Shape &query = b.shape(all.query), &key = b.shape(all.key), &value = b.shape(all.value);
  const int rank = query.rank() + 1;  // with the axis of heads
  if (query.rank() < 3 || key.rank() != query.rank() || value.rank() != query.rank())
    b.fail("shape-rank", fmt::format("layer '{}' ({}) needs tensors with 3 axes or more, as many in "
                                     "each, and gets a query {}, a key {} and a value {}",
                                     b.layer().name, b.layer().class_name, query.str(), key.str(), value.str()));
  const Axes axes = axes_of(layer, b, rank);

  // In the order in which Keras creates the weights.
  const Value queries =
      projected(b, "query_dense", b.input(all.query), 1, {layer.num_heads, layer.key_dim}, layer.use_bias);
  const Value keys = projected(b, "key_dense", b.input(all.key), 1, {key_heads, layer.key_dim}, layer.use_bias);
  std::optional<Value> gate;
  if (layer.use_gate)
    gate = ops::unary(graph,
                      projected(b, "_gate_dense", b.input(all.query), 1, {layer.num_heads, value_dim}, layer.use_bias),
                      ops::Unary::kSigmoid);
  const Value values = projected(b, "value_dense", b.input(all.value), 1, {key_heads, value_dim}, layer.use_bias);
  const std::string roles = roles_by_head(axes);
  b.tap("query", {queries, roles});
  b.tap("key", {keys, roles});
  b.tap("value", {values, roles});

  const Value all_keys = repeated(b, keys, layer.num_heads), all_values = repeated(b, values, layer.num_heads);
  // One matrix per index of the independent axes: (apart.., attending, size).
  const auto matrices = [&](Value x) {
    const Shape& shape = graph.shape(x);
    return ops::reshape(
        graph, ops::transpose(graph, x, axes.order()),
        joined(Axes::sizes(shape, axes.apart), {product(Axes::sizes(shape, axes.attending)), shape.back()}));
  };
  const Shape by_query = graph.shape(queries), by_key = graph.shape(all_keys);
  const std::vector<std::int64_t> apart = Axes::sizes(by_query, axes.apart),
                                  seeing = Axes::sizes(by_query, axes.attending),
                                  seen = Axes::sizes(by_key, axes.attending);
  const Shape& by_value = graph.shape(all_values);
  if (Axes::sizes(by_key, axes.apart) != apart || Axes::sizes(by_value, axes.apart) != apart ||
      Axes::sizes(by_value, axes.attending) != seen)
    b.fail("shape-mismatch", fmt::format("layer '{}' ({}) is called with a query {}, a key {} and a "
                                         "value {}, which do not fit each other",
                                         b.layer().name, b.layer().class_name, query.str(), key.str(), value.str()));
  const Value scaled =
      ops::unary(graph, queries, ops::Unary::kAffine, {.a = 1 / std::sqrt(static_cast<float>(layer.key_dim))});
  const Value raw = ops::matmul(graph, matrices(scaled), matrices(all_keys), {.transpose_right = true});
  std::vector<std::int64_t> pairs = seeing;
  pairs.insert(pairs.end(), seen.begin(), seen.end());
  // Keras 3 computes the scores in one fused operation if it can.
  const bool is_fused = b.keras_major() >= 3 && rank == 4 && layer.dropout == 0 && !all.with_scores;
  const Value scores = masked_softmax(layer, b, ops::reshape(graph, raw, joined(apart, pairs)),
                                      attention_mask(layer, b, all), static_cast<int>(axes.attending.size()), is_fused);
  const Output seen_scores = {scores, roles_of_scores(axes)};
  b.tap("scores", seen_scores);

  const Value weights = ops::reshape(graph, with_dropout(b, scores, layer.dropout), graph.shape(raw));
  const std::vector<int> order = axes.order();
  std::vector<int> back(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) back[static_cast<std::size_t>(order[i])] = static_cast<int>(i);
  Value result = ops::matmul(graph, weights, matrices(all_values));
  std::vector<std::int64_t> attended = seeing;
  attended.push_back(value_dim);
  result = ops::transpose(graph, ops::reshape(graph, result, joined(apart, attended)), back);
  if (gate) result = ops::binary(graph, result, *gate, ops::Binary::kMultiply);

  const std::vector<std::int64_t> out = layer.output_shape.empty() ? std::vector{query.back()} : layer.output_shape;
  const Value output = projected(b, "output_dense", result, 2, out, layer.use_bias);
  Outputs outputs = out.size() == 1 ? b.with_axes(output, b.axes(all.query)) : b.usual(output);
  outputs[0].mask = all.query_mask;
  if (all.with_scores) outputs.push_back(seen_scores);
  return outputs;
}

}  // namespace

void fields(of<MultiHeadAttention> auto& layer, auto&& field) {
  field.required("num_heads", layer.num_heads);
  field.required("key_dim", layer.key_dim);
  field("value_dim", layer.value_dim);
  field("dropout", layer.dropout);
  field("use_bias", layer.use_bias);
  field("output_shape", layer.output_shape);
  field("attention_axes", layer.attention_axes);
  field("sliding_window", layer.sliding_window);
  field("use_gate", layer.use_gate);
  field.formerly("softmax_robust_masking", layer.softmax_robust_masking);
  for (const char* key : {"flash_attention", "seed", "query_shape", "key_shape", "value_shape"}) field.ignored(key);
}

MaskRule mask_rule(const MultiHeadAttention&) { return MaskRule::kOwn; }

Outputs build(const MultiHeadAttention& layer, Build& b) {
  b.require_at_least(1, "num_heads", layer.num_heads);
  b.require_at_least(1, "key_dim", layer.key_dim);
  return attended(layer, layer.num_heads, b);
}

void fields(of<GroupQueryAttention> auto& layer, auto&& field) {
  field.required("head_dim", layer.head_dim);
  field.required("num_query_heads", layer.num_query_heads);
  field.required("num_key_value_heads", layer.num_key_value_heads);
  field("dropout", layer.dropout);
  field("use_bias", layer.use_bias);
  field("sliding_window", layer.sliding_window);
  field("use_gate", layer.use_gate);
  for (const char* key : {"flash_attention", "seed"}) field.ignored(key);
}

MaskRule mask_rule(const GroupQueryAttention&) { return MaskRule::kOwn; }

Outputs build(const GroupQueryAttention& layer, Build& b) {
  b.require_at_least(1, "head_dim", layer.head_dim);
  b.require_at_least(1, "num_query_heads", layer.num_query_heads);
  b.require_at_least(1, "num_key_value_heads", layer.num_key_value_heads);
  if (layer.num_query_heads % layer.num_key_value_heads != 0)
    b.refuse("num_query_heads", fmt::format("{}", layer.num_query_heads),
             fmt::format("a multiple of the {} num_key_value_heads", layer.num_key_value_heads));
  return attended({.num_heads = layer.num_query_heads,
                   .key_dim = layer.head_dim,
                   .dropout = layer.dropout,
                   .use_bias = layer.use_bias,
                   .sliding_window = layer.sliding_window,
                   .use_gate = layer.use_gate},
                  layer.num_key_value_heads, b);
}

const Register<MultiHeadAttention> registered{"MultiHeadAttention"};
const Register<GroupQueryAttention> registered_grouped{"GroupQueryAttention", "GroupedQueryAttention"};

}  // namespace kerascope::layers
