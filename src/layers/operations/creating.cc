// Operations that make numbers of shapes, fill tensors, and take diagonals and triangles of matrices.
#include <algorithm>
#include <cmath>
#include <utility>

#include "layers/operations/call.h"
#include "layers/operations/layout.h"
#include "layers/registry.h"
#include "ops/cast.h"
#include "ops/concatenate.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/select.h"

namespace kerascope::operations {
namespace {

// --- shapes as numbers ---

Outputs whole_constant(Build& b, const Shape& shape, const std::vector<std::int64_t>& numbers, DType type) {
  return output(b, b.graph.constant(Tensor::of(shape, numbers).astype(type)));
}

/// Numbers that are known before a run, for a batch of this size.
Outputs shape_of(FieldReader& arguments, Build& b) {
  const Shape& shape = b.graph.shape(tensor(arguments, "x", b));
  return whole_constant(b, {shape.rank()}, shape.sizes(), dtype_argument(arguments, "out_type", DType::kInt32));
}
Outputs size_of(FieldReader& arguments, Build& b) {
  return whole_constant(b, {}, {b.graph.shape(tensor(arguments, "x", b)).elements()},
                        dtype_argument(arguments, "out_type", DType::kInt32));
}
Outputs rank_of(FieldReader& arguments, Build& b) {
  return whole_constant(b, {}, {b.graph.shape(tensor(arguments, "x", b)).rank()}, DType::kInt32);
}

template <int kNumber>
Outputs constant_like(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  return output(b, full_like(b, x, kNumber, dtype_argument(arguments, "dtype", b.graph.dtype(x))));
}

Outputs like_x(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b), fill = tensor(arguments, "fill_value", b);
  const DType type = dtype_argument(arguments, "dtype", b.graph.dtype(x));
  const Value never = b.graph.constant(Tensor::of(Shape(), std::vector<std::uint8_t>{0}).astype(DType::kBool));
  return output(b, ops::select(b.graph, never, ops::cast(b.graph, x, type), ops::cast(b.graph, fill, type)));
}

/// TensorFlow's fill, zeros and ones of a shape.
Outputs fill(FieldReader& arguments, Build& b) {
  return output(b, broadcast_to(b, tensor(arguments, "value", b), Shape(required_numbers(arguments, "shape", b))));
}
template <int kNumber>
Outputs constant_of_shape(FieldReader& arguments, Build& b) {
  const Tensor number = Tensor::of(Shape(), std::vector<std::int64_t>{kNumber});
  const Value value = b.graph.constant(number.astype(dtype_argument(arguments, "dtype", DType::kFloat32)));
  return output(b, broadcast_to(b, value, Shape(required_numbers(arguments, "shape", b))));
}

/// Numbers from start up to, and without, stop.
Outputs range(FieldReader& arguments, Build& b) {
  std::optional<Tensor> start = known_tensor(arguments, "start", b), stop = known_tensor(arguments, "stop", b);
  const std::optional<Tensor> delta = known_tensor(arguments, "step", b);
  if (!start) arguments.fail("start", nullptr, "a number");
  if (!stop) stop = std::exchange(start, std::nullopt);
  DType type = stop->dtype();
  if (start) type = ops::common_type(type, start->dtype());
  if (delta) type = ops::common_type(type, delta->dtype());
  type = dtype_argument(arguments, "dtype", type);
  const auto number = [](const std::optional<Tensor>& tensor, double otherwise) {
    return tensor && tensor->size() == 1 ? tensor->astype(DType::kFloat64).elements<double>()[0] : otherwise;
  };
  const double first = number(start, 0), end = number(stop, 0), by = number(delta, 1);
  const double count = by == 0 ? -1 : std::max(std::ceil((end - first) / by), 0.0);
  if (!(count >= 0 && count < 1e9)) arguments.fail("step", arguments.raw("step"), "a step towards the end");
  std::vector<double> numbers;
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(count); ++i)
    numbers.push_back(first + static_cast<double>(i) * by);
  return output(b, b.graph.constant(Tensor::of({std::ssize(numbers)}, numbers).astype(type)));
}

// --- diagonals and triangles of matrices ---

/// The diagonal of the last two axes, along the last.
Value diagonal_of(Build& b, Value x, std::int64_t offset) {
  const Shape shape = b.graph.shape(x);
  const int rank = shape.rank();
  const std::int64_t rows = shape[rank - 2], columns = shape[rank - 1];
  const std::int64_t count = std::max<std::int64_t>(
      std::min(rows + std::min<std::int64_t>(offset, 0), columns - std::max<std::int64_t>(offset, 0)), 0);
  std::vector<std::int64_t> sizes(shape.begin(), shape.end() - 2);
  sizes.push_back(rows * columns);
  const Value flat = ops::reshape(b.graph, x, Shape(sizes));
  const std::int64_t start = offset >= 0 ? offset : -offset * columns;
  return part(b, flat, rank - 2, {.start = count > 0 ? start : 0, .size = count, .step = columns + 1});
}

/// With the two axes at the end.
Value planes(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  const int rank = b.graph.shape(x).rank();
  const int rows = b.axis(whole_number(arguments, "axis1", b, 0), rank),
            columns = b.axis(whole_number(arguments, "axis2", b, 1), rank);
  if (rows == columns) arguments.fail("axis2", arguments.raw("axis2"), "another axis than axis1");
  return layers::axes_last(b, x, {rows, columns});
}

Outputs diagonal(FieldReader& arguments, Build& b) {
  const Value x = planes(arguments, b);
  return output(b, diagonal_of(b, x, whole_number(arguments, "offset", b, 0)));
}

Outputs trace(FieldReader& arguments, Build& b) {
  const Value x = diagonal_of(b, planes(arguments, b), whole_number(arguments, "offset", b, 0));
  return output(b, ops::reduce(b.graph, x, ops::Reduction::kSum, {.axes = {b.graph.shape(x).rank() - 1}}));
}

/// A matrix with x (n) on a diagonal.
Value matrix_with(Build& b, Value x, std::int64_t offset) {
  const std::int64_t count = b.graph.shape(x)[0], below = std::max<std::int64_t>(-offset, 0),
                     right = std::max<std::int64_t>(offset, 0);
  const std::int64_t size = count + below + right;
  const Value zeros = full_like(b, x, 0, b.graph.dtype(x));
  const Value zero = part(b, zeros, 0, {.start = 0, .size = count > 0 ? 1 : 0});
  // x as a column, or as a row, with zeros behind it.
  std::vector<Value> parts = {x};
  if (size > count) parts.push_back(part(b, zero, 0, {.start = 0, .size = size - count, .step = 0}));
  const Value all = ops::concatenate(b.graph, parts, 0);
  const Value line = ops::reshape(b.graph, all, offset >= 0 ? Shape{size, 1} : Shape{1, size});
  const Value on = mask_of(b, size, size, [=](std::int64_t row, std::int64_t column) {
    return column == row + offset && row >= below && column >= right && row - below < count;
  });
  return ops::select(b.graph, on, line, full_like(b, line, 0, b.graph.dtype(x)));
}

/// Of a vector the matrix, of a matrix the diagonal.
Outputs diag(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  const std::int64_t offset = whole_number(arguments, "k", b, 0);
  const int rank = b.graph.shape(x).rank();
  if (rank != 1 && rank != 2) arguments.fail("x", arguments.raw("x"), "a tensor with one or two axes");
  return output(b, rank == 1 ? matrix_with(b, x, offset) : diagonal_of(b, x, offset));
}

Outputs diagflat(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  return output(
      b, matrix_with(b, ops::reshape(b.graph, x, {b.graph.shape(x).elements()}), whole_number(arguments, "k", b, 0)));
}

/// The last two axes with 0 outside of a band around the diagonal.
Outputs banded(Build& b, Value x, const std::function<bool(std::int64_t row, std::int64_t column)>& holds) {
  const Shape& shape = b.graph.shape(x);
  const int rank = shape.rank();
  if (rank < 2)
    b.fail("shape-rank", fmt::format("operation '{}' needs two axes and gets {}", b.layer().name, shape.str()));
  const Value mask = mask_of(b, shape[rank - 2], shape[rank - 1], holds);
  return output(
      b, ops::select(b.graph, mask, x,
                     b.graph.constant(Tensor::of(Shape(), std::vector<std::int64_t>{0}).astype(b.graph.dtype(x)))));
}

template <bool kLower>
Outputs triangle(FieldReader& arguments, Build& b) {
  const std::int64_t k = whole_number(arguments, "k", b, 0);
  return banded(b, tensor(arguments, "x", b),
                [=](std::int64_t row, std::int64_t column) { return kLower ? column <= row + k : column >= row + k; });
}

Outputs band_part(FieldReader& arguments, Build& b) {
  const std::int64_t lower = whole_number(arguments, "num_lower", b, -1),
                     upper = whole_number(arguments, "num_upper", b, -1);
  return banded(b, tensor(arguments, "x", b), [=](std::int64_t row, std::int64_t column) {
    return (lower < 0 || row - column <= lower) && (upper < 0 || column - row <= upper);
  });
}

const RegisterOperations registered{
    {"tf.shape tf.compat.v1.shape", "input=x out_type", shape_of},
    {"Size", "x", size_of},
    {"tf.size tf.compat.v1.size", "input=x out_type", size_of},
    {"Ndim", "x", rank_of},
    {"tf.rank", "input=x", rank_of},
    {"ZerosLike", "x dtype", constant_like<0>},
    {"OnesLike", "x dtype", constant_like<1>},
    {"tf.zeros_like tf.compat.v1.zeros_like", "input=x dtype", constant_like<0>},
    {"tf.ones_like tf.compat.v1.ones_like", "input=x dtype", constant_like<1>},
    {"FullLike", "x fill_value dtype", like_x},
    {"tf.fill", "dims=shape value", fill},
    {"tf.zeros", "shape dtype", constant_of_shape<0>},
    {"tf.ones", "shape dtype", constant_of_shape<1>},
    {"Arange", "start stop step dtype", range},
    {"tf.range", "start limit=stop delta=step dtype", range},
    {"Diag", "x k", diag},
    {"Diagflat", "x k", diagflat},
    {"Diagonal", "x offset axis1 axis2", diagonal},
    {"Trace", "x offset axis1 axis2", trace},
    {"Tril", "x k", triangle<true>},
    {"Triu", "x k", triangle<false>},
    {"tf.linalg.band_part", "input=x num_lower num_upper", band_part},
};

}  // namespace
}  // namespace kerascope::operations
