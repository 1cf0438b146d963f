// Operations that find their elements by indices: taking, scattering, segments, one-hot encoding.
#include <algorithm>
#include <limits>
#include <numeric>

#include "base/number_types.h"
#include "kerascope/error.h"
#include "layers/operations/call.h"
#include "layers/operations/formula.h"
#include "layers/operations/layout.h"
#include "layers/registry.h"
#include "ops/callback.h"
#include "ops/categories.h"
#include "ops/gather.h"
#include "ops/reshape.h"
#include "ops/transpose.h"

namespace kerascope::operations {
namespace {

Value whole_constant(Build& b, Shape shape, const std::vector<std::int64_t>& numbers) {
  return b.graph.constant(Tensor::of(std::move(shape), numbers));
}

/// Negative indices count from the end.
Formula from_front(Formula indices, std::int64_t size) {
  const Formula whole = indices.cast(DType::kInt64);
  return (whole < 0).choose(whole + static_cast<double>(size), whole);
}

/// The entries at `indices` along an axis. The first `batch` axes of both go together.
Value taken(Build& b, Value x, Value indices, int axis, int batch) {
  const Shape& shape = b.graph.shape(x);
  const Shape& places = b.graph.shape(indices);
  std::vector<int> order(static_cast<std::size_t>(shape.rank()));
  std::iota(order.begin(), order.end(), 0);
  std::rotate(order.begin() + batch, order.begin() + axis, order.begin() + axis + 1);
  const std::int64_t items = shape.elements(0, batch), size = shape[axis];
  // (batch.., size, before.., after..) -> (batch * size, before.., after..)
  std::vector<std::int64_t> table = {items * size}, sizes = places.sizes();
  for (std::size_t i = static_cast<std::size_t>(batch) + 1; i < order.size(); ++i) {
    table.push_back(shape[order[i]]);
    sizes.push_back(shape[order[i]]);
  }
  Formula from = from_front({b.graph, indices}, size);
  if (batch > 0) {
    std::vector<std::int64_t> offsets, ones(static_cast<std::size_t>(places.rank()), 1);
    for (std::int64_t item = 0; item < items; ++item) offsets.push_back(item * size);
    std::copy_n(places.begin(), batch, ones.begin());
    from = from + from.with(whole_constant(b, Shape(ones), offsets));
  }
  const Value entries =
      ops::gather(b.graph, ops::reshape(b.graph, ops::transpose(b.graph, x, order), Shape(table)), from);
  // (batch.., indices.., before.., after..) -> (batch.., before.., indices.., after..)
  std::vector<int> back(sizes.size());
  std::iota(back.begin(), back.end(), 0);
  const auto first = back.begin() + batch, middle = back.begin() + places.rank();
  std::rotate(first, middle, middle + (axis - batch));
  return ops::transpose(b.graph, entries, back);
}

/// Without an axis, of the flattened tensor.
Outputs take(FieldReader& arguments, Build& b) {
  Value x = tensor(arguments, "x", b);
  const Value indices = tensor(arguments, "indices", b);
  const bool is_flat = arguments.raw("axis").is_null();
  if (is_flat) x = ops::reshape(b.graph, x, {b.graph.shape(x).elements()});
  const std::int64_t axis = is_flat ? 0 : whole_number(arguments, "axis", b, 0);
  return output(b, taken(b, x, indices, b.axis(axis, b.graph.shape(x).rank()), 0));
}

/// TensorFlow's gather.
Outputs gather(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b), indices = tensor(arguments, "indices", b);
  arguments.ignored("validate_indices");
  const int rank = b.graph.shape(x).rank(), indices_rank = b.graph.shape(indices).rank();
  std::int64_t batch = whole_number(arguments, "batch_dims", b, 0);
  if (batch < 0) batch += indices_rank;
  const int axis = b.axis(whole_number(arguments, "axis", b, batch), rank);
  bool fits = batch >= 0 && batch <= axis && batch <= indices_rank;
  for (int i = 0; fits && i < batch; ++i) fits = b.graph.shape(x)[i] == b.graph.shape(indices)[i];
  if (!fits) arguments.fail("batch_dims", arguments.raw("batch_dims"), "a number of axes that both tensors have");
  return output(b, taken(b, x, indices, axis, static_cast<int>(batch)));
}

/// Each row of the last axis of `indices` is the place of an element, or of a part, of x.
Outputs gather_nd(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b), indices = tensor(arguments, "indices", b);
  const Shape &shape = b.graph.shape(x), &places = b.graph.shape(indices);
  if (whole_number(arguments, "batch_dims", b, 0) != 0) arguments.fail("batch_dims", arguments.raw("batch_dims"), "0");
  if (const Json& policy = arguments.raw("bad_indices_policy"); !policy.is_null() && policy != "")
    arguments.fail("bad_indices_policy", policy, "an empty text");
  const int depth = places.rank() > 0 ? static_cast<int>(places.back()) : 0;
  if (depth < 1 || depth > shape.rank())
    arguments.fail("indices", arguments.raw("indices"), fmt::format("places within {}", shape.str()));
  std::vector<std::int64_t> strides, table = {shape.elements(0, depth)};
  for (int i = 0; i < depth; ++i) strides.push_back(shape.elements(i + 1, depth));
  table.insert(table.end(), shape.begin() + depth, shape.end());
  const Formula place = Formula(b.graph, indices).cast(DType::kInt64);
  const Formula flat = (place * place.with(whole_constant(b, {depth}, strides)))
                           .reduced(ops::Reduction::kSum, {places.rank() - 1}, /*keepdims=*/false);
  return output(b, ops::gather(b.graph, ops::reshape(b.graph, x, Shape(table)), flat));
}

/// numpy.take_along_axis: both tensors have the same axes, which broadcast except the one along which is taken.
Outputs take_along_axis(FieldReader& arguments, Build& b) {
  Value x = tensor(arguments, "x", b), indices = tensor(arguments, "indices", b);
  const bool is_flat = arguments.raw("axis").is_null();
  if (is_flat) x = ops::reshape(b.graph, x, {b.graph.shape(x).elements()});
  const int rank = b.graph.shape(x).rank();
  const int axis = b.axis(is_flat ? 0 : whole_number(arguments, "axis", b, 0), rank);
  if (b.graph.shape(indices).rank() != rank)
    arguments.fail("indices", arguments.raw("indices"), fmt::format("indices with {} axes", rank));
  std::vector<std::int64_t> from = b.graph.shape(x).sizes(), places = b.graph.shape(indices).sizes();
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (static_cast<int>(i) == axis) continue;
    if (from[i] != places[i] && from[i] != 1 && places[i] != 1)
      arguments.fail("indices", arguments.raw("indices"), fmt::format("indices that go with {}", Shape(from).str()));
    from[i] = places[i] = std::max(from[i], places[i]);
  }
  x = broadcast_to(b, x, Shape(from));
  indices = broadcast_to(b, indices, Shape(places));
  // With the axis at the end, all others are one batch.
  const auto rows = [&](Value value) {
    const Value last = layers::axes_last(b, value, {axis});
    const std::int64_t size = b.graph.shape(last).back();
    return ops::reshape(b.graph, last, {size == 0 ? 0 : b.graph.shape(last).elements() / size, size});
  };
  const Value results = taken(b, rows(x), rows(indices), 1, 1);
  std::vector<std::int64_t> sizes = places;
  std::rotate(sizes.begin() + axis, sizes.begin() + axis + 1, sizes.end());
  return output(b, layers::axes_back(b, ops::reshape(b.graph, results, Shape(sizes)), {axis}));
}

Outputs embedding_lookup(FieldReader& arguments, Build& b) {
  arguments.ignored("partition_strategy");  // of a table in several parts
  const Value table = tensor(arguments, "x", b), ids = tensor(arguments, "indices", b);
  return output(b, taken(b, table, ids, 0, 0));
}

// --- scattering ---

enum class Combine { kReplace, kAdd, kMultiply, kMaximum, kMinimum };

template <typename T>
void combine(T& into, T number, Combine how) {
  switch (how) {
    case Combine::kReplace:
      into = number;
      return;
    case Combine::kAdd:
      into += number;
      return;
    case Combine::kMultiply:
      into *= number;
      return;
    case Combine::kMaximum:
      into = std::max(into, number);
      return;
    case Combine::kMinimum:
      into = std::min(into, number);
  }
}

/// Combines parts of a tensor with updates.
/// @param places  (N): which part each update belongs to; those of negative numbers belong to none
/// @param updates  (N, part..), @param start  (parts, part..)
Value scattered(Build& b, Value start, Value places, Value updates, Combine how) {
  const DType type = b.graph.dtype(start), computed = is_floating(type) ? DType::kFloat32 : DType::kInt64;
  const Shape shape = b.graph.shape(start);
  const auto compute = [=](std::span<const Tensor> inputs) {
    Tensor result = inputs[0];
    const auto to = inputs[1].elements<std::int64_t>();
    const std::int64_t parts = shape[0], size = shape.elements(1, shape.rank());
    const auto apply = [&]<typename T>(T) {
      const auto numbers = inputs[2].elements<T>();
      const auto all = result.mutable_elements<T>();
      for (std::size_t i = 0; i < to.size(); ++i) {
        if (to[i] < 0) continue;
        if (to[i] >= parts)
          throw Error({.code = "index-out-of-range",
                       .what = fmt::format("there is no place {} in a tensor {}", to[i], shape.str())});
        for (std::int64_t k = 0; k < size; ++k)
          combine(all[static_cast<std::size_t>(to[i] * size + k)],
                  numbers[i * static_cast<std::size_t>(size) + static_cast<std::size_t>(k)], how);
      }
    };
    computed == DType::kFloat32 ? apply(float{}) : apply(std::int64_t{});
    return std::vector<Tensor>{result};
  };
  const auto as_computed = [&](Value value) { return ops::cast(b.graph, value, computed); };
  const Value result = ops::callback(
      b.graph, "scatter", {as_computed(start), ops::cast(b.graph, places, DType::kInt64), as_computed(updates)},
      {{shape, computed}}, compute)[0];
  return ops::cast(b.graph, result, type);
}

/// The same for places in several axes: indices (.., depth), updates (.., part..).
Value scattered_nd(FieldReader& arguments, Build& b, Value start, Value indices, Value updates, Combine how) {
  const Shape shape = b.graph.shape(start), places = b.graph.shape(indices);
  const int depth = places.rank() > 0 ? static_cast<int>(places.back()) : 0;
  if (depth < 1 || depth > shape.rank())
    arguments.fail("indices", arguments.raw("indices"), fmt::format("places within {}", shape.str()));
  const std::int64_t count = places.elements(0, places.rank() - 1), parts = shape.elements(0, depth),
                     size = shape.elements(depth, shape.rank());
  if (b.graph.shape(updates).elements() != count * size)
    arguments.fail("updates", arguments.raw("updates"), fmt::format("{} parts of {} numbers", count, size));
  std::vector<std::int64_t> strides, limits;
  for (int i = 0; i < depth; ++i) {
    strides.push_back(shape.elements(i + 1, depth));
    limits.push_back(shape[i]);
  }
  const Formula place(b.graph, ops::reshape(b.graph, ops::cast(b.graph, indices, DType::kInt64), {count, depth}));
  // A place that is outside along any axis is outside of the whole.
  const Formula fits = !(place < 0) && place < place.with(whole_constant(b, {depth}, limits));
  const Formula all_fit = fits.with(ops::quantify(b.graph, fits, ops::Quantifier::kAll, {1}));
  const Formula flat =
      (place * place.with(whole_constant(b, {depth}, strides))).reduced(ops::Reduction::kSum, {1}, false);
  const Value result = scattered(b, ops::reshape(b.graph, start, {parts, size}),
                                 all_fit.choose(flat, flat.number(static_cast<double>(parts))),
                                 ops::reshape(b.graph, updates, {count, size}), how);
  return ops::reshape(b.graph, result, shape);
}

Outputs scatter(FieldReader& arguments, Build& b) {
  const Value indices = tensor(arguments, "indices", b), updates = tensor(arguments, "updates", b);
  const Shape shape(required_numbers(arguments, "shape", b));
  Tensor zeros(shape, b.graph.dtype(updates));
  std::fill_n(static_cast<std::byte*>(zeros.mutable_bytes()), zeros.byte_size(), std::byte{0});
  return output(b, scattered_nd(arguments, b, b.graph.constant(zeros), indices, updates, Combine::kAdd));
}

template <Combine kHow>
Outputs scatter_into(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b), indices = tensor(arguments, "indices", b),
              updates = tensor(arguments, "updates", b);
  return output(b, scattered_nd(arguments, b, x, indices, updates, kHow));
}

Outputs scatter_update(FieldReader& arguments, Build& b) {
  const Json& reduction = arguments.raw("reduction");
  if (reduction.is_null()) return scatter_into<Combine::kReplace>(arguments, b);
  if (reduction == "add") return scatter_into<Combine::kAdd>(arguments, b);
  if (reduction == "mul") return scatter_into<Combine::kMultiply>(arguments, b);
  if (reduction == "max") return scatter_into<Combine::kMaximum>(arguments, b);
  if (reduction == "min") return scatter_into<Combine::kMinimum>(arguments, b);
  arguments.fail("reduction", reduction, "one of add, mul, max, min");
}

/// The number that combining does not change.
Tensor neutral(DType type, Combine how) {
  Tensor number = Tensor::of(Shape(), std::vector<std::int64_t>{how == Combine::kMultiply}).astype(type);
  with_number_type(type, [&]<typename T>(T) {
    if constexpr (std::is_arithmetic_v<T>) {
      if (how == Combine::kMaximum) number.mutable_elements<T>()[0] = std::numeric_limits<T>::lowest();
      if (how == Combine::kMinimum) number.mutable_elements<T>()[0] = std::numeric_limits<T>::max();
    }
  });
  return number;
}

/// Segments of rows are combined; a segment without rows keeps the neutral number.
template <Combine kHow>
Outputs segments(FieldReader& arguments, Build& b) {
  const Formula x(b.graph, tensor(arguments, "x", b));
  const Value ids = tensor(arguments, "ids", b);
  const std::int64_t count = whole_number(arguments, "num_segments", b, -1);
  arguments.ignored("sorted");
  if (count < 1)
    b.fail("layer-unsupported",
           fmt::format("operation '{}' ({}) has no num_segments: how many segments there are depends on the input, "
                       "which Kerascope cannot compute yet",
                       b.layer().name, b.layer().class_name));
  if (b.graph.shape(ids).rank() != 1 || x.shape().rank() < 1 || b.graph.shape(ids)[0] != x.shape()[0])
    arguments.fail("ids", arguments.raw("ids"), "one number for each row");
  std::vector<std::int64_t> sizes = x.shape().sizes();
  sizes[0] = count;
  const Shape ones(std::vector<std::int64_t>(sizes.size(), 1));
  const Value begin = broadcast_to(b, b.graph.constant(neutral(x.dtype(), kHow).reshaped(ones)), Shape(sizes));
  return output(b, scattered(b, begin, ids, x, kHow));
}

// --- encodings ---

/// (..) -> (.., depth ..), the new axis at `axis`.
Formula one_hot(Build& b, Value x, std::int64_t depth, std::int64_t axis, DType type) {
  std::vector<std::int64_t> sizes = b.graph.shape(x).sizes();
  const int rank = static_cast<int>(sizes.size()) + 1;
  sizes.push_back(1);
  const Value each = ops::reshape(b.graph, ops::cast(b.graph, x, DType::kInt64), Shape(sizes));
  const Value last = ops::categories(b.graph, each, std::nullopt, {.depth = depth});
  return {b.graph, ops::cast(b.graph, layers::axes_back(b, last, {b.axis(axis, rank)}), type)};
}

std::int64_t depth_of(FieldReader& arguments, Build& b) {
  const std::int64_t depth = whole_number(arguments, "num_classes", b, -1);
  if (depth < 1) arguments.fail("num_classes", arguments.raw("num_classes"), "a number of classes");
  return depth;
}

Outputs keras_one_hot(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  return output(b, one_hot(b, x, depth_of(arguments, b), whole_number(arguments, "axis", b, -1),
                           dtype_argument(arguments, "dtype", DType::kFloat32)));
}

/// TensorFlow's may have other numbers than 1 and 0.
Outputs tensorflow_one_hot(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  const Formula hot = one_hot(b, x, depth_of(arguments, b), whole_number(arguments, "axis", b, -1), DType::kBool);
  const DType type = dtype_argument(arguments, "dtype", DType::kFloat32);
  const auto number = [&](const char* key, float usual) {
    arguments(key, usual);
    return hot.cast(type).number(usual);
  };
  return output(b, hot.choose(number("on_value", 1), number("off_value", 0)));
}

Outputs multi_hot(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  const DType type = dtype_argument(arguments, "dtype", DType::kFloat32);
  const Formula hot = one_hot(b, x, depth_of(arguments, b), whole_number(arguments, "axis", b, -1), DType::kInt32);
  const int along = b.graph.shape(x).rank() > 1 ? 1 : 0;
  return output(b, hot.reduced(ops::Reduction::kMax, {along}, false).cast(type));
}

/// Whether fewer than k predictions are above that of the target.
Outputs in_top_k(FieldReader& arguments, Build& b) {
  const Value targets = tensor(arguments, "targets", b);
  const Formula predictions = Formula(b.graph, tensor(arguments, "predictions", b)).as_float();
  const std::int64_t k = whole_number(arguments, "k", b, -1);
  if (predictions.shape().rank() != 2 || k < 1) arguments.fail("k", arguments.raw("k"), "a number of classes");
  const Value column = ops::reshape(b.graph, targets, {predictions.shape()[0], 1});
  const Formula target = predictions.with(taken(b, predictions, column, 1, 1));
  const Formula above = (target < predictions).reduced(ops::Reduction::kSum, {1}, false);
  const Formula flat = predictions.with(ops::reshape(b.graph, target, {predictions.shape()[0]}));
  return output(b, above < static_cast<double>(k) && abs(flat) < std::numeric_limits<double>::infinity());
}

const RegisterOperations registered{
    {"Take", "x indices axis", take},
    {"tf.gather tf.compat.v1.gather", "params=x indices validate_indices axis batch_dims", gather},
    {"tf.gather_nd tf.compat.v1.gather_nd", "params=x indices batch_dims bad_indices_policy", gather_nd},
    {"tf.nn.embedding_lookup tf.compat.v1.nn.embedding_lookup", "params=x ids=indices partition_strategy",
     embedding_lookup},
    {"TakeAlongAxis", "x indices axis", take_along_axis},
    {"Scatter", "indices values=updates shape", scatter},
    {"tf.scatter_nd", "indices updates shape", scatter},
    {"ScatterUpdate", "inputs=x indices updates reduction", scatter_update},
    {"tf.tensor_scatter_nd_update", "tensor=x indices updates", scatter_into<Combine::kReplace>},
    {"tf.tensor_scatter_nd_add", "tensor=x indices updates", scatter_into<Combine::kAdd>},
    {"tf.tensor_scatter_nd_max", "tensor=x indices updates", scatter_into<Combine::kMaximum>},
    {"tf.tensor_scatter_nd_min", "tensor=x indices updates", scatter_into<Combine::kMinimum>},
    {"SegmentSum", "data=x segment_ids=ids num_segments sorted", segments<Combine::kAdd>},
    {"SegmentProd", "data=x segment_ids=ids num_segments sorted", segments<Combine::kMultiply>},
    {"SegmentMax", "data=x segment_ids=ids num_segments sorted", segments<Combine::kMaximum>},
    {"SegmentMin", "data=x segment_ids=ids num_segments sorted", segments<Combine::kMinimum>},
    {"tf.math.unsorted_segment_sum", "data=x segment_ids=ids num_segments", segments<Combine::kAdd>},
    {"tf.math.unsorted_segment_max", "data=x segment_ids=ids num_segments", segments<Combine::kMaximum>},
    {"tf.math.unsorted_segment_min", "data=x segment_ids=ids num_segments", segments<Combine::kMinimum>},
    {"OneHot", "x num_classes axis dtype", keras_one_hot},
    {"tf.one_hot", "indices=x depth=num_classes on_value off_value axis dtype", tensorflow_one_hot},
    {"MultiHot", "inputs=x num_classes axis dtype num_tokens", multi_hot},
    {"InTopK", "targets predictions k", in_top_k},
    {"tf.math.in_top_k", "targets predictions k", in_top_k},
};

}  // namespace
}  // namespace kerascope::operations
