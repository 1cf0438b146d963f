// Comparisons, logic, selection by bools, and casts.
#include <algorithm>
#include <limits>
#include <numeric>

#include "layers/operations/call.h"
#include "layers/operations/formula.h"
#include "layers/registry.h"
#include "ops/reshape.h"

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

/// A function of x that is written as a formula.
template <Formula (*kFormula)(Formula x)>
Outputs formula(FieldReader& arguments, Build& b) {
  return output(b, kFormula({b.graph, tensor(arguments, "x", b)}));
}

Formula infinity(Formula x) { return x.as_float().number(std::numeric_limits<double>::infinity()); }
Formula is_finite(Formula x) { return abs(x.as_float()) < infinity(x); }
Formula is_infinite(Formula x) { return abs(x.as_float()) == infinity(x); }
Formula is_positive_infinity(Formula x) { return x.as_float() == infinity(x); }
Formula is_negative_infinity(Formula x) { return x.as_float() == -infinity(x); }
Formula is_nan_formula(Formula x) { return is_nan(x); }
Formula is_real(Formula x) { return x == x || x != x; }

/// |x1 - x2| <= atol + rtol |x2|; of whether all are close, infinities are close to themselves.
template <bool kAll>
Outputs close(FieldReader& arguments, Build& b) {
  const Formula x1(b.graph, tensor(arguments, "x1", b)), x2(b.graph, tensor(arguments, "x2", b));
  float rtol = 1e-5f, atol = 1e-8f;
  bool equal_nan = false;
  arguments("rtol", rtol);
  arguments("atol", atol);
  arguments("equal_nan", equal_nan);
  const auto all = [&](const Formula& each) {
    if (!kAll) return output(b, each);
    std::vector<int> axes(static_cast<std::size_t>(each.shape().rank()));
    std::iota(axes.begin(), axes.end(), 0);
    return output(b, ops::quantify(b.graph, each, ops::Quantifier::kAll, axes));
  };
  if (!is_floating(ops::common_type(x1.dtype(), x2.dtype()))) return all(x1 == x2);
  const Formula left = x1.as_float(), right = x2.as_float();
  Formula result = abs(left - right) <= abs(right) * rtol + atol;
  if (kAll) result = (is_finite(left) && is_finite(right) && result) || left == right;
  if (equal_nan) result = result || (is_nan(left) && is_nan(right));
  return all(result);
}

/// Whether each element of x1 is one of x2's.
Outputs is_in(FieldReader& arguments, Build& b) {
  const Value x1 = tensor(arguments, "x1", b), x2 = tensor(arguments, "x2", b);
  bool invert = false;
  arguments("invert", invert);
  arguments.ignored("assume_unique");
  std::vector<std::int64_t> sizes = b.graph.shape(x1).sizes();
  sizes.push_back(1);
  const Value each = ops::reshape(b.graph, x1, Shape(sizes));
  const Value all = ops::reshape(b.graph, x2, {b.graph.shape(x2).elements()});
  const Formula equal(b.graph, ops::compare(b.graph, each, all, ops::Comparison::kEqual));
  const Formula found =
      equal.with(ops::quantify(b.graph, equal, ops::Quantifier::kAny, {static_cast<int>(sizes.size()) - 1}));
  return output(b, invert ? !found : found);
}

template <DType kUsualType>
Outputs count_nonzero(FieldReader& arguments, Build& b) {
  const Formula x(b.graph, tensor(arguments, "x", b));
  bool keepdims = false;
  const std::vector<int> along = axes(arguments, "axis", b, x.shape().rank());
  arguments("keepdims", keepdims);
  const DType type = dtype_argument(arguments, "dtype", kUsualType);
  return output(b, (x != x.number(0)).reduced(ops::Reduction::kSum, along, keepdims).cast(type));
}

/// numpy.select: the first choice whose condition holds.
Outputs choose_first(FieldReader& arguments, Build& b) {
  const std::vector<Value> conditions = tensors(arguments, "condlist", b),
                           choices = tensors(arguments, "choicelist", b);
  if (conditions.size() != choices.size())
    arguments.fail("choicelist", arguments.raw("choicelist"), "as long as the list of conditions");
  Value chosen =
      arguments.raw("default").is_null() ? Formula(b.graph, choices[0]).number(0) : tensor(arguments, "default", b);
  for (std::size_t i = conditions.size(); i-- > 0;) chosen = ops::select(b.graph, conditions[i], choices[i], chosen);
  return output(b, chosen);
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

Outputs cast(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  if (arguments.raw("dtype").is_null()) arguments.fail("dtype", nullptr, "the name of a type of numbers");
  return output(b, ops::cast(b.graph, x, dtype_argument(arguments, "dtype", DType::kFloat32)));
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
    {"Isnan tf.math.is_nan", "x", formula<is_nan_formula>},
    {"Isinf tf.math.is_inf", "x", formula<is_infinite>},
    {"Isfinite tf.math.is_finite", "x", formula<is_finite>},
    {"Isposinf", "x", formula<is_positive_infinity>},
    {"Isneginf", "x", formula<is_negative_infinity>},
    {"Isreal", "x", formula<is_real>},
    {"Isclose", "x1 x2 rtol atol equal_nan", close<false>},
    {"AllClose", "x1 x2 rtol atol equal_nan", close<true>},
    {"IsIn", "x1 x2 assume_unique invert", is_in},
    {"CountNonzero", "x axis", count_nonzero<DType::kInt32>},
    {"tf.math.count_nonzero", "input=x axis keepdims dtype", count_nonzero<DType::kInt64>},
    {"Select", "condlist choicelist default", choose_first},
    {"tf.math.logical_xor", "x=x1 y=x2", logical<ops::Logical::kXor>},
    {"tf.__operators__.eq", "self=x1 other=x2", compare<ops::Comparison::kEqual>},
    {"tf.__operators__.ne", "self=x1 other=x2", compare<ops::Comparison::kNotEqual>},
    {"Cast SaturateCast", "x dtype", cast},
    {"tf.cast", "x dtype", cast},
    {"tf.dtypes.saturate_cast", "value=x dtype", cast},
};

}  // namespace
}  // namespace kerascope::operations
