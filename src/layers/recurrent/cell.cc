#include "layers/recurrent/gates.h"

#include "layers/regularization/common.h"
#include "ops/binary.h"
#include "ops/dense.h"
#include "ops/random.h"
#include "ops/slice.h"

namespace kerascope::layers {

Value plus(Build& b, Value left, Value right) { return ops::binary(b.graph, left, right, ops::Binary::kAdd); }
Value times(Build& b, Value left, Value right) { return ops::binary(b.graph, left, right, ops::Binary::kMultiply); }

Value columns(Build& b, Value x, std::int64_t begin, std::int64_t size) {
  std::vector<ops::SliceAxis> axes;
  for (const std::int64_t whole : b.graph.shape(x)) axes.push_back({.size = whole});
  axes.back() = {.start = begin, .size = size};
  return ops::slice(b.graph, x, std::move(axes));
}

void create_weights(const Gates& gates, Build& b, std::int64_t inputs, const Shape& bias) {
  b.require_at_least(1, "units", gates.units);
  require_share(b, "dropout", gates.dropout);
  require_share(b, "recurrent_dropout", gates.recurrent_dropout);
  b.weight("kernel", {inputs, gates.width()});
  recurrent_kernel(gates, b);
  if (gates.use_bias) b.weight("bias", bias);
}

Value recurrent_kernel(const Gates& gates, Build& b) {
  return b.weight("recurrent_kernel", {gates.units, gates.width()});
}

Value projected(const Gates& gates, Build& b, Value x, std::optional<Value> bias) {
  const Shape& shape = b.graph.shape(x);
  const Value kernel = b.weight("kernel", {shape.back(), gates.width()});
  if (b.random() && gates.dropout > 0) {
    Shape mask(std::vector<std::int64_t>(static_cast<std::size_t>(shape.rank()), 1));
    mask[0] = shape[0];
    mask[shape.rank() - 1] = shape.back();
    x = times(b, x, keep_mask(b, mask, gates.dropout));
  }
  return ops::dense(b.graph, x, kernel, bias);
}

Value dropped_state(const Gates& gates, Build& b, Value h, std::int64_t gate) {
  const Value mask = ops::random(b.graph, b.graph.shape(h),
                                 {.distribution = ops::Distribution::kKeepMask,
                                  .a = gates.recurrent_dropout,
                                  .key = b.random_key() + 1 + static_cast<std::uint64_t>(gate)});
  return times(b, h, mask);
}

}  // namespace kerascope::layers
