#include "layers/recurrent/cell.h"

#include "layers/regularization/common.h"
#include "ops/binary.h"
#include "ops/dense.h"
#include "ops/random.h"
#include "ops/reshape.h"
#include "ops/slice.h"

namespace kerascope::layers {
namespace {

Value whole_bias(const Cell& cell, Build& b) {
  return b.weight("bias", cell.biases > 1 ? Shape{cell.biases, cell.width()} : Shape{cell.width()});
}

/// Asks for the weights in Keras's order, whichever graph reads them first.
void create_weights(const Cell& cell, Build& b, std::int64_t inputs) {
  b.require_at_least(1, "units", cell.units);
  require_share(b, "dropout", cell.dropout);
  require_share(b, "recurrent_dropout", cell.recurrent_dropout);
  b.weight("kernel", {inputs, cell.width()});
  cell.recurrent_kernel(b);
  if (cell.use_bias) whole_bias(cell, b);
}

/// The input's share of all gates, which needs no states: (.., I) -> (.., gates * units).
Value projected(const Cell& cell, Build& b, Value x) {
  const Shape& shape = b.graph.shape(x);
  std::optional<Value> bias;
  if (cell.use_bias) bias = cell.bias(b, 0);
  const Value kernel = b.weight("kernel", {shape.back(), cell.width()});
  if (b.random() && cell.dropout > 0) {
    Shape mask(std::vector<std::int64_t>(static_cast<std::size_t>(shape.rank()), 1));
    mask[0] = shape[0];
    mask[shape.rank() - 1] = shape.back();
    x = times(b, x, keep_mask(b, mask, cell.dropout));
  }
  return ops::dense(b.graph, x, kernel, bias);
}

}  // namespace

Value Cell::recurrent_kernel(Build& b) const { return b.weight("recurrent_kernel", {units, width()}); }

Value Cell::bias(Build& b, std::int64_t row) const {
  const Value whole = whole_bias(*this, b);
  if (biases == 1) return whole;
  return ops::reshape(b.graph, ops::slice(b.graph, whole, {{.start = row, .size = 1}, {.size = width()}}), {width()});
}

std::vector<Shape> state_shapes(const Cell& cell, const Build& b) {
  return std::vector<Shape>(static_cast<std::size_t>(cell.states), {b.shape()[0], cell.units});
}

Outputs build_cell(const Cell& cell, Build& b) {
  b.require_rank(2);
  create_weights(cell, b, b.shape().back());
  const Value x = projected(cell, b, b.input());
  std::vector<Value> states;
  for (int i = 0; i < cell.states; ++i) states.push_back(b.input(i + 1));
  Step done = cell.step(cell, b, x, states);
  for (auto& [name, output] : done.taps) b.tap(name, std::move(output));
  Outputs outputs = {{done.output, "C"}};
  for (const Value state : done.states) outputs.push_back({state, "C"});
  return outputs;
}

Outputs build_over_time(const Cell& cell, const OverTime& options, Build& b) {
  b.require_rank(3);
  Build part = b.within("cell");
  create_weights(cell, part, b.shape().back());
  const Value x = projected(cell, part, b.input());
  return over_time(b, options, x, state_shapes(cell, b),
                   [&](InnerGraph& inner, Value slice, const std::vector<Value>& states) {
                     Build of_step = b.within("cell", &inner);
                     return cell.step(cell, of_step, slice, states);
                   });
}

Value plus(Build& b, Value left, Value right) { return ops::binary(b.graph, left, right, ops::Binary::kAdd); }
Value times(Build& b, Value left, Value right) { return ops::binary(b.graph, left, right, ops::Binary::kMultiply); }

Value columns(Build& b, Value x, std::int64_t begin, std::int64_t size) {
  std::vector<ops::SliceAxis> axes;
  for (const std::int64_t whole : b.graph.shape(x)) axes.push_back({.size = whole});
  axes.back() = {.start = begin, .size = size};
  return ops::slice(b.graph, x, std::move(axes));
}

Value dropped(Build& b, Value x, float share, std::int64_t mask) {
  const ops::RandomOptions options = {.distribution = ops::Distribution::kKeepMask,
                                      .a = share,
                                      .key = b.random_key() + 1 + static_cast<std::uint64_t>(mask)};
  return times(b, x, ops::random(b.graph, b.graph.shape(x), options));
}

}  // namespace kerascope::layers
