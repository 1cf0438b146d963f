// Products of two inputs, summed along an axis of each: (N, a.., K, b..), (N, c.., K, d..) -> (N, a.., b.., c.., d..)
#include <numeric>

#include "kerascope/layers/merging.h"
#include "layers/merging/common.h"
#include "layers/registry.h"
#include "ops/binary.h"
#include "ops/matmul.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/transpose.h"
#include "ops/unary.h"

namespace kerascope::layers {
namespace {

/// Scales x to length 1 along the axis, by a factor of at most `most`, so that zeros stay zeros.
Value normalized(Build& b, Value x, int axis) {
  const float most = b.keras_major() < 3 ? 1e6f : 1e7f;
  const Value sum = ops::reduce(b.graph, ops::unary(b.graph, x, ops::Unary::kSquare), ops::Reduction::kSum,
                                {.axes = {axis}, .keepdims = true});
  const Value factor =
      ops::binary(b.graph, ops::unary(b.graph, sum, ops::Unary::kRsqrt), b.constant({}, {most}), ops::Binary::kMinimum);
  return ops::binary(b.graph, x, factor, ops::Binary::kMultiply);
}

/// Moves the axis to `place`; the others keep their order.
Value with_axis_at(Build& b, Value x, int axis, int place) {
  std::vector<int> axes(static_cast<std::size_t>(b.graph.shape(x).rank()));
  std::iota(axes.begin(), axes.end(), 0);
  axes.erase(axes.begin() + axis);
  axes.insert(axes.begin() + place, axis);
  return ops::transpose(b.graph, x, axes);
}

}  // namespace

void fields(of<Dot> auto& layer, auto&& field) {
  field.required("axes", layer.axes);
  field("normalize", layer.normalize);
}

Outputs build(const Dot& layer, Build& b) {
  require_two_inputs(b);
  std::array<Value, 2> inputs = {b.input(0), b.input(1)};
  std::array<int, 2> axes;
  std::vector<std::int64_t> remaining = {b.shape()[0]};
  for (int i : {0, 1}) {
    const auto at = static_cast<std::size_t>(i);
    axes[at] = b.axis(layer.axes[at], b.shape(i).rank());
    if (axes[at] == 0)
      b.fail("axis-invalid", fmt::format("layer '{}' (Dot) sums along axis {} of {}, which is the batch's",
                                         b.layer().name, layer.axes[at], b.shape(i).str()));
    if (layer.normalize) inputs[at] = normalized(b, inputs[at], axes[at]);
    for (int axis = 1; axis < b.shape(i).rank(); ++axis)
      if (axis != axes[at]) remaining.push_back(b.shape(i)[axis]);
  }
  const auto [left_axis, right_axis] = axes;
  const std::int64_t batch = b.shape()[0], size = b.shape(0)[left_axis];
  if (size != b.shape(1)[right_axis] || batch != b.shape(1)[0])
    b.fail("shape-mismatch",
           fmt::format("layer '{}' (Dot) sums along axis {} of {} and axis {} of {}: {} and {} numbers", b.layer().name,
                       left_axis, b.shape(0).str(), right_axis, b.shape(1).str(), size, b.shape(1)[right_axis]));
  const Value left = with_axis_at(b, inputs[0], left_axis, b.shape(0).rank() - 1);
  const Value right = with_axis_at(b, inputs[1], right_axis, 1);
  const std::int64_t rows = b.shape(0).elements(1, b.shape(0).rank()) / std::max<std::int64_t>(size, 1);
  const std::int64_t columns = b.shape(1).elements(1, b.shape(1).rank()) / std::max<std::int64_t>(size, 1);
  const Value product = ops::matmul(b.graph, ops::reshape(b.graph, left, {batch, rows, size}),
                                    ops::reshape(b.graph, right, {batch, size, columns}));
  if (remaining.size() == 1) remaining.push_back(1);
  return b.usual(ops::reshape(b.graph, product, Shape(remaining)));
}

const Register<Dot> registered{"Dot"};

}  // namespace kerascope::layers
