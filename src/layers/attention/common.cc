#include "layers/attention/common.h"

#include "layers/regularization/common.h"
#include "ops/binary.h"
#include "ops/reshape.h"
#include "ops/unary.h"

namespace kerascope::layers {

Value with_axis(Graph& graph, Value x, int place) {
  std::vector<std::int64_t> sizes = graph.shape(x).sizes();
  const auto at = static_cast<std::ptrdiff_t>(sizes.size()) + 1 + place;
  sizes.insert(sizes.begin() + std::max<std::ptrdiff_t>(at, 0), 1);
  return ops::reshape(graph, x, Shape(std::move(sizes)));
}

Value allowed_steps(Graph& graph, std::int64_t queries, std::int64_t keys,
                    const std::function<bool(std::int64_t, std::int64_t)>& may_look) {
  std::vector<std::uint8_t> allowed;
  for (std::int64_t t = 0; t < queries; ++t)
    for (std::int64_t s = 0; s < keys; ++s) allowed.push_back(may_look(t, s));
  return graph.constant(Tensor::of({1, queries, keys}, allowed));
}

Value earlier_steps(Graph& graph, std::int64_t queries, std::int64_t keys) {
  return allowed_steps(graph, queries, keys, [](std::int64_t t, std::int64_t s) { return s <= t; });
}

Value lowered(Build& b, Value scores, Value mask) {
  const Value excluded = ops::binary(b.graph, b.constant(Shape(), {1}), mask, ops::Binary::kSubtract);
  return ops::binary(b.graph, scores, ops::unary(b.graph, excluded, ops::Unary::kAffine, {.a = -1e9f}),
                     ops::Binary::kAdd);
}

Value with_dropout(Build& b, Value scores, float dropout) {
  if (!b.random() || dropout == 0) return scores;
  return ops::binary(b.graph, scores, keep_mask(b, b.graph.shape(scores), dropout), ops::Binary::kMultiply);
}

}  // namespace kerascope::layers
