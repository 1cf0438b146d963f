// Comparisons, truth values, choices by them, and other types for the same numbers.
#include <algorithm>

#include "layers/operations/call.h"
#include "layers/registry.h"
#include "ops/cast.h"
#include "ops/compare.h"
#include "ops/gather.h"
#include "ops/select.h"

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

/// Half precision is computed in full.
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
    {"Cast", "x dtype", cast},
    {"tf.cast", "x dtype", cast},
};

}  // namespace
}  // namespace kerascope::operations
