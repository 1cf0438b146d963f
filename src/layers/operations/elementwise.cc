// Elementwise functions: (...) -> (...). Functions of two arguments broadcast as in NumPy.
#include "layers/operations/call.h"
#include "layers/registry.h"
#include "ops/binary.h"
#include "ops/unary.h"

namespace kerascope::operations {
namespace {

using ops::Unary;

template <ops::Binary kFunction>
Outputs binary(FieldReader& arguments, Build& b) {
  const Value left = tensor(arguments, "x1", b), right = tensor(arguments, "x2", b);
  return output(b, ops::binary(b.graph, left, right, kFunction));
}

template <Unary kFunction, ops::UnaryOptions kOptions = {}>
Outputs unary(FieldReader& arguments, Build& b) {
  return output(b, ops::unary(b.graph, tensor(arguments, "x", b), kFunction, kOptions));
}

/// A function with a parameter of its own.
template <Unary kFunction, float kUsual>
Outputs unary_a(FieldReader& arguments, Build& b) {
  ops::UnaryOptions options = {.a = kUsual};
  arguments("a", options.a);
  return output(b, ops::unary(b.graph, tensor(arguments, "x", b), kFunction, options));
}

Outputs relu(FieldReader& arguments, Build& b) {
  ops::UnaryOptions options;
  arguments("max_value", options.max_value);
  arguments("negative_slope", options.negative_slope);
  arguments("threshold", options.threshold);
  return output(b, ops::unary(b.graph, tensor(arguments, "x", b), Unary::kRelu, options));
}

Outputs leaky_relu(FieldReader& arguments, Build& b) {
  ops::UnaryOptions options = {.negative_slope = 0.2f};
  arguments("negative_slope", options.negative_slope);
  return output(b, ops::unary(b.graph, tensor(arguments, "x", b), Unary::kRelu, options));
}

template <bool kUsuallyApproximate>
Outputs gelu(FieldReader& arguments, Build& b) {
  bool approximate = kUsuallyApproximate;
  arguments("approximate", approximate);
  const Unary function = approximate ? Unary::kGeluTanh : Unary::kGeluExact;
  return output(b, ops::unary(b.graph, tensor(arguments, "x", b), function));
}

Outputs threshold(FieldReader& arguments, Build& b) {
  ops::UnaryOptions options;
  arguments.required("threshold", options.a);
  arguments.required("default_value", options.b);
  return output(b, ops::unary(b.graph, tensor(arguments, "x", b), Unary::kThreshold, options));
}

Outputs reciprocal(FieldReader& arguments, Build& b) {
  return output(b, ops::binary(b.graph, b.constant({}, {1}), tensor(arguments, "x", b), ops::Binary::kDivide));
}

Outputs clip(FieldReader& arguments, Build& b) {
  Value x = ops::binary(b.graph, tensor(arguments, "x", b), tensor(arguments, "x_min", b), ops::Binary::kMaximum);
  return output(b, ops::binary(b.graph, x, tensor(arguments, "x_max", b), ops::Binary::kMinimum));
}

Outputs add_all(FieldReader& arguments, Build& b) {
  const std::vector<Value> xs = tensors(arguments, "xs", b);
  Value sum = xs[0];
  for (std::size_t i = 1; i < xs.size(); ++i) sum = ops::binary(b.graph, sum, xs[i], ops::Binary::kAdd);
  return output(b, sum);
}

/// TensorFlow's bias_add; only channels last, its default, can be computed.
Outputs bias_add(FieldReader& arguments, Build& b) {
  if (const Json& format = arguments.raw("data_format"); !format.is_null() && format != "NHWC" && format != "N...C")
    arguments.fail("data_format", format, "\"NHWC\"");
  return binary<ops::Binary::kAdd>(arguments, b);
}

Outputs identity(FieldReader& arguments, Build& b) { return output(b, tensor(arguments, "x", b)); }

const RegisterOperations registered{
    {"Add", "x1 x2", binary<ops::Binary::kAdd>},
    {"Subtract", "x1 x2", binary<ops::Binary::kSubtract>},
    {"Multiply", "x1 x2", binary<ops::Binary::kMultiply>},
    {"Divide TrueDivide", "x1 x2", binary<ops::Binary::kDivide>},
    {"Maximum", "x1 x2", binary<ops::Binary::kMaximum>},
    {"Minimum", "x1 x2", binary<ops::Binary::kMinimum>},
    {"Power", "x1 x2", binary<ops::Binary::kPower>},
    {"tf.math.add tf.__operators__.add", "x=x1 y=x2", binary<ops::Binary::kAdd>},
    {"tf.math.subtract", "x=x1 y=x2", binary<ops::Binary::kSubtract>},
    {"tf.math.multiply", "x=x1 y=x2", binary<ops::Binary::kMultiply>},
    {"tf.math.divide tf.math.truediv", "x=x1 y=x2", binary<ops::Binary::kDivide>},
    {"tf.math.maximum", "x=x1 y=x2", binary<ops::Binary::kMaximum>},
    {"tf.math.minimum", "x=x1 y=x2", binary<ops::Binary::kMinimum>},
    {"tf.math.pow", "x=x1 y=x2", binary<ops::Binary::kPower>},
    {"tf.math.add_n", "inputs=xs", add_all},
    {"tf.nn.bias_add", "value=x1 bias=x2 data_format", bias_add},

    {"Copy Identity StopGradient", "x", identity},
    {"tf.identity tf.stop_gradient", "input=x", identity},
    {"Clip", "x x_min x_max", clip},
    {"tf.clip_by_value", "t=x clip_value_min=x_min clip_value_max=x_max", clip},

    {"Abs Absolute tf.math.abs", "x", unary<Unary::kAbs>},
    {"Negative tf.math.negative", "x", unary<Unary::kNegative>},
    {"Square tf.math.square", "x", unary<Unary::kSquare>},
    {"Sqrt tf.math.sqrt", "x", unary<Unary::kSqrt>},
    {"Rsqrt tf.math.rsqrt", "x", unary<Unary::kRsqrt>},
    {"Exp tf.math.exp", "x", unary<Unary::kExp>},
    {"Log tf.math.log", "x", unary<Unary::kLog>},
    {"Reciprocal tf.math.reciprocal", "x", reciprocal},

    {"ReLU", "x negative_slope max_value threshold", relu},
    {"Relu", "x", unary<Unary::kRelu>},
    {"tf.nn.relu", "features=x", unary<Unary::kRelu>},
    {"Relu6", "x", unary<Unary::kRelu, {.max_value = 6}>},
    {"tf.nn.relu6", "features=x", unary<Unary::kRelu, {.max_value = 6}>},
    {"LeakyRelu", "x negative_slope", leaky_relu},
    {"tf.nn.leaky_relu", "features=x alpha=negative_slope", leaky_relu},
    {"Elu", "x alpha=a", unary_a<Unary::kElu, 1.0f>},
    {"tf.nn.elu", "features=x", unary<Unary::kElu, {.a = 1}>},
    {"Celu", "x alpha=a", unary_a<Unary::kCelu, 1.0f>},
    {"Selu", "x", unary<Unary::kSelu>},
    {"tf.nn.selu", "features=x", unary<Unary::kSelu>},
    {"Gelu", "x approximate", gelu<true>},
    {"tf.nn.gelu", "features=x approximate", gelu<false>},
    {"Silu", "x", unary<Unary::kSilu>},
    {"tf.nn.silu tf.nn.swish", "features=x", unary<Unary::kSilu>},
    {"Sigmoid tf.math.sigmoid", "x", unary<Unary::kSigmoid>},
    {"Tanh tf.math.tanh", "x", unary<Unary::kTanh>},
    {"Softplus", "x", unary<Unary::kSoftplus>},
    {"tf.math.softplus", "features=x", unary<Unary::kSoftplus>},
    {"Softsign", "x", unary<Unary::kSoftsign>},
    {"tf.nn.softsign", "features=x", unary<Unary::kSoftsign>},
    {"LogSigmoid tf.math.log_sigmoid", "x", unary<Unary::kLogSigmoid>},
    {"HardSigmoid", "x", unary<Unary::kHardSigmoid>},
    {"HardSilu", "x", unary<Unary::kHardSilu>},
    {"HardTanh", "x", unary<Unary::kHardTanh>},
    {"HardShrink", "x threshold=a", unary_a<Unary::kHardShrink, 0.5f>},
    {"SoftShrink", "x threshold=a", unary_a<Unary::kSoftShrink, 0.5f>},
    {"TanhShrink", "x", unary<Unary::kTanhShrink>},
    {"SparsePlus", "x", unary<Unary::kSparsePlus>},
    {"SparseSigmoid", "x", unary<Unary::kSparseSigmoid>},
    {"Squareplus", "x b=a", unary_a<Unary::kSquareplus, 4.0f>},
    {"Threshold", "x threshold default_value", threshold},
};

}  // namespace
}  // namespace kerascope::operations
