#include "layers/operations/layout.h"

#include <numeric>

#include "kerascope/error.h"
#include "ops/cast.h"
#include "ops/reshape.h"
#include "ops/select.h"
#include "ops/transpose.h"

namespace kerascope::operations {

std::vector<ops::SliceAxis> whole(const Shape& shape) {
  std::vector<ops::SliceAxis> all;
  for (const std::int64_t size : shape) all.push_back({.size = size});
  return all;
}

Value part(Build& b, Value x, int axis, const ops::SliceAxis& positions) {
  std::vector<ops::SliceAxis> parts = whole(b.graph.shape(x));
  parts[static_cast<std::size_t>(axis)] = positions;
  return ops::slice(b.graph, x, std::move(parts));
}

Value broadcast_to(Build& b, Value x, const Shape& shape) {
  const int missing = shape.rank() - b.graph.shape(x).rank();
  std::vector<std::int64_t> sizes = b.graph.shape(x).sizes();
  if (missing > 0) sizes.insert(sizes.begin(), static_cast<std::size_t>(missing), 1);
  std::vector<ops::SliceAxis> parts;
  bool fits = missing >= 0;
  for (int axis = 0; fits && axis < shape.rank(); ++axis) {
    const std::int64_t size = sizes[static_cast<std::size_t>(axis)];
    fits = size == shape[axis] || size == 1;
    parts.push_back({.start = 0, .size = shape[axis], .step = size == shape[axis] ? 1 : 0});
  }
  if (!fits)
    throw Error({.code = "shape-mismatch",
                 .what = fmt::format("{} cannot be repeated to {}", b.graph.shape(x).str(), shape.str())});
  x = ops::reshape(b.graph, x, Shape(sizes));
  return b.graph.shape(x) == shape ? x : ops::slice(b.graph, x, std::move(parts));
}

Value with_axis(Build& b, Value x, int axis) {
  std::vector<std::int64_t> sizes = b.graph.shape(x).sizes();
  sizes.insert(sizes.begin() + axis, 1);
  return ops::reshape(b.graph, x, Shape(sizes));
}

Value without_axis(Build& b, Value x, int axis) {
  std::vector<std::int64_t> sizes = b.graph.shape(x).sizes();
  sizes.erase(sizes.begin() + axis);
  return ops::reshape(b.graph, x, Shape(sizes));
}

Value moved(Build& b, Value x, int from, int to) {
  std::vector<int> order(static_cast<std::size_t>(b.graph.shape(x).rank()));
  std::iota(order.begin(), order.end(), 0);
  order.erase(order.begin() + from);
  order.insert(order.begin() + to, from);
  return ops::transpose(b.graph, x, order);
}

Value mask_of(Build& b, std::int64_t rows, std::int64_t columns,
              const std::function<bool(std::int64_t row, std::int64_t column)>& holds) {
  Tensor mask({rows, columns}, DType::kBool);
  const auto elements = mask.mutable_elements<bool>();
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t column = 0; column < columns; ++column)
      elements[static_cast<std::size_t>(row * columns + column)] = holds(row, column);
  return b.graph.constant(mask);
}

Value full_like(Build& b, Value x, double number, DType dtype) {
  const Value never = b.graph.constant(Tensor::of(Shape(), std::vector<std::uint8_t>{0}).astype(DType::kBool));
  const Value fill = b.graph.constant(Tensor::of(Shape(), std::vector<double>{number}).astype(dtype));
  return ops::select(b.graph, never, ops::cast(b.graph, x, dtype), fill);
}

}  // namespace kerascope::operations
