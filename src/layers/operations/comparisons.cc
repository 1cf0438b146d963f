// Comparisons, logic, selection by bools, and casts.
#include <algorithm>

#include "layers/operations/call.h"
#include "layers/registry.h"
#include "ops/binary.h"
#include "ops/cast.h"
#include "ops/compare.h"
#include "ops/gather.h"
#include "ops/reshape.h"
#include "ops/select.h"
#include "ops/transpose.h"

namespace kerascope::operations {
namespace {

template <ops::Comparison kComparison>
Outputs compare(FieldReader& arguments, Build& b) {
  const Value left = tensor(arguments, "x1", b), right = tensor(arguments, "x2", b);
  return output(b, ops::compare(b.graph, left, right, kComparison));
}

template <ops::Logical kFunction>
Outputs logical(FieldReader& arguments, Build& b) {
  const Value left = tensor(arguments, "x1", b), right = tensor(arguments, "x2", b);
  return output(b, ops::logical(b.graph, left, right, kFunction));
}

Outputs logical_not(FieldReader& arguments, Build& b) {
  return output(b, ops::logical_not(b.graph, tensor(arguments, "x", b)));
}

template <ops::Quantifier kQuantifier>
Outputs quantify(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  bool keepdims = false;
  const std::vector<int> along = axes(arguments, "axis", b, b.graph.shape(x).rank());
  arguments("keepdims", keepdims);
  return output(b, ops::quantify(b.graph, x, kQuantifier, along, keepdims));
}

Outputs select(FieldReader& arguments, Build& b) {
  const Value condition = tensor(arguments, "condition", b), x = tensor(arguments, "x1", b),
              y = tensor(arguments, "x2", b);
  return output(b, ops::select(b.graph, condition, x, y));
}

/// The indices of all elements that are not 0: one row per element, one column per axis.
std::vector<std::vector<std::int64_t>> places_of_true(const Tensor& given) {
  const Tensor x = given.astype(DType::kBool);
  std::vector<std::vector<std::int64_t>> places;
  const auto elements = x.elements<bool>();
  for (std::int64_t i = 0; i < x.size(); ++i) {
    if (!elements[static_cast<std::size_t>(i)]) continue;
    std::vector<std::int64_t> place(static_cast<std::size_t>(x.shape().rank()));
    std::int64_t rest = i;
    for (int axis = x.shape().rank() - 1; axis >= 0; --axis) {
      place[static_cast<std::size_t>(axis)] = rest % x.shape()[axis];
      rest /= x.shape()[axis];
    }
    places.push_back(std::move(place));
  }
  return places;
}

/// Keras's nonzero: one vector per axis.
Outputs nonzero(FieldReader& arguments, Build& b) {
  const auto compute = [](std::span<const Tensor> inputs) {
    const auto places = places_of_true(inputs[0]);
    std::vector<Tensor> vectors;
    for (int axis = 0; axis < inputs[0].shape().rank(); ++axis) {
      std::vector<std::int32_t> along;
      for (const auto& place : places)
        along.push_back(static_cast<std::int32_t>(place[static_cast<std::size_t>(axis)]));
      vectors.push_back(Tensor::of({std::ssize(along)}, along));
    }
    return vectors;
  };
  Outputs outputs;
  for (const Value value : b.by_numbers({tensor(arguments, "x", b)}, compute)) outputs.push_back({value, ""});
  return outputs;
}

/// TensorFlow's where, without values to choose from: one row per element.
Outputs where(FieldReader& arguments, Build& b) {
  if (arguments.has("x1") || arguments.has("x2")) return select(arguments, b);
  const auto compute = [](std::span<const Tensor> inputs) {
    std::vector<std::int64_t> all;
    const auto places = places_of_true(inputs[0]);
    for (const auto& place : places) all.insert(all.end(), place.begin(), place.end());
    return std::vector<Tensor>{Tensor::of({std::ssize(places), inputs[0].shape().rank()}, all)};
  };
  return {{b.by_numbers({tensor(arguments, "condition", b)}, compute)[0], "C"}};
}

/// Takes entries along an axis; without an axis, of the flattened tensor.
Outputs take(FieldReader& arguments, Build& b) {
  Value x = tensor(arguments, "x", b);
  const Value indices = tensor(arguments, "indices", b);
  std::optional<std::int64_t> along;
  arguments("axis", along);
  if (!along) x = ops::reshape(b.graph, x, {b.graph.shape(x).elements()});
  const int axis = b.axis(along.value_or(0), b.graph.shape(x).rank()), rank = b.graph.shape(indices).rank();
  std::vector<int> to_front = {axis}, back;
  for (int i = 0; i < b.graph.shape(x).rank(); ++i)
    if (i != axis) to_front.push_back(i);
  // Negative indices count from the end.
  const Value size = b.graph.constant(Tensor::of(Shape(), std::vector<std::int64_t>{b.graph.shape(x)[axis]}));
  const Value zero = b.graph.constant(Tensor::of(Shape(), std::vector<std::int64_t>{0}));
  const Value whole = ops::cast(b.graph, indices, DType::kInt64);
  const Value from_front = ops::select(b.graph, ops::compare(b.graph, whole, zero, ops::Comparison::kLess),
                                       ops::binary(b.graph, whole, size, ops::Binary::kAdd), whole);
  const Value taken = ops::gather(b.graph, ops::transpose(b.graph, x, to_front), from_front);
  for (int i = 0; i < axis; ++i) back.push_back(rank + i);
  for (int i = 0; i < rank; ++i) back.push_back(i);
  for (int i = rank + axis; i < b.graph.shape(taken).rank(); ++i) back.push_back(i);
  return output(b, ops::transpose(b.graph, taken, back));
}

/// float16 and bfloat16 are computed in float32.
Outputs cast(FieldReader& arguments, Build& b) {
  const Json& name = arguments.raw("dtype");
  const std::optional<DType> dtype = name.is_string() ? dtype_named(name.get<std::string>()) : std::nullopt;
  if (!dtype || *dtype == DType::kString) arguments.fail("dtype", name, "the name of a type of numbers");
  return output(b, ops::cast(b.graph, tensor(arguments, "x", b), is_floating(*dtype) ? DType::kFloat32 : *dtype));
}

const RegisterOperations registered{
    {"Equal", "x1 x2", compare<ops::Comparison::kEqual>},
    {"NotEqual", "x1 x2", compare<ops::Comparison::kNotEqual>},
    {"Less", "x1 x2", compare<ops::Comparison::kLess>},
    {"LessEqual", "x1 x2", compare<ops::Comparison::kLessEqual>},
    {"Greater", "x1 x2", compare<ops::Comparison::kGreater>},
    {"GreaterEqual", "x1 x2", compare<ops::Comparison::kGreaterEqual>},
    {"tf.math.equal", "x=x1 y=x2", compare<ops::Comparison::kEqual>},
    {"tf.math.not_equal", "x=x1 y=x2", compare<ops::Comparison::kNotEqual>},
    {"tf.math.less", "x=x1 y=x2", compare<ops::Comparison::kLess>},
    {"tf.math.less_equal", "x=x1 y=x2", compare<ops::Comparison::kLessEqual>},
    {"tf.math.greater", "x=x1 y=x2", compare<ops::Comparison::kGreater>},
    {"tf.math.greater_equal", "x=x1 y=x2", compare<ops::Comparison::kGreaterEqual>},
    {"LogicalAnd", "x1 x2", logical<ops::Logical::kAnd>},
    {"LogicalOr", "x1 x2", logical<ops::Logical::kOr>},
    {"LogicalXor", "x1 x2", logical<ops::Logical::kXor>},
    {"LogicalNot", "x", logical_not},
    {"tf.math.logical_and", "x=x1 y=x2", logical<ops::Logical::kAnd>},
    {"tf.math.logical_or", "x=x1 y=x2", logical<ops::Logical::kOr>},
    {"tf.math.logical_not", "x", logical_not},
    {"Any", "x axis keepdims", quantify<ops::Quantifier::kAny>},
    {"All", "x axis keepdims", quantify<ops::Quantifier::kAll>},
    {"tf.math.reduce_any", "input_tensor=x axis keepdims", quantify<ops::Quantifier::kAny>},
    {"tf.math.reduce_all", "input_tensor=x axis keepdims", quantify<ops::Quantifier::kAll>},
    {"Where", "condition x1 x2", select},
    {"tf.where", "condition x=x1 y=x2", where},
    {"Nonzero", "x", nonzero},
    {"Take", "x indices axis", take},
    {"Cast", "x dtype", cast},
    {"tf.cast", "x dtype", cast},
};

}  // namespace
}  // namespace kerascope::operations
