// Elementwise functions: (...) -> (...). Functions of two arguments broadcast as in NumPy.
#include <cmath>
#include <limits>

#include "kerascope/error.h"
#include "layers/operations/call.h"
#include "layers/operations/formula.h"
#include "layers/registry.h"

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

/// A function of x that is written as a formula.
template <Formula (*kFormula)(Formula x)>
Outputs formula(FieldReader& arguments, Build& b) {
  return output(b, kFormula({b.graph, tensor(arguments, "x", b)}));
}

/// The same with two arguments.
template <Formula (*kFormula)(Formula x1, Formula x2)>
Outputs formula_of_two(FieldReader& arguments, Build& b) {
  const Value left = tensor(arguments, "x1", b), right = tensor(arguments, "x2", b);
  return output(b, kFormula({b.graph, left}, {b.graph, right}));
}

Formula reciprocal(Formula x) { return x.as_float().number(1) / x; }
Formula reciprocal_no_nan(Formula x) { return x.as_float().number(1).of(ops::Binary::kDivideNoNan, x); }
/// Functions of floats alone: integers become floats first.
template <Unary kFunction>
Formula of_float(Formula x) {
  return x.as_float().of(kFunction);
}
Formula degrees_to_radians(Formula x) { return x.as_float() * (static_cast<float>(M_PI) / 180.0f); }
Formula radians_to_degrees(Formula x) { return x.as_float() * (180.0f / static_cast<float>(M_PI)); }
/// The sign of 0 shows when it divides.
Formula has_sign(Formula x) {
  if (!is_floating(x.dtype())) return x.cast(DType::kInt64) < 0;
  return (x == 0).choose(reciprocal(x), x) < 0;
}
/// Of a real number.
Formula angle(Formula x) { return has_sign(x).choose(x.as_float().number(M_PI), x.as_float().number(0)); }
Formula zero(Formula x) { return x.with(ops::binary(x.graph(), x, x, ops::Binary::kSubtract)); }
Formula invert(Formula x) {
  if (x.dtype() == DType::kBool) return !x;
  if (is_floating(x.dtype())) throw Error({.code = "type-mismatch", .what = "the bits of floats cannot be inverted"});
  return x.cast(DType::kInt64).number(-1).of(ops::Binary::kBitwiseXor, x.cast(DType::kInt64)).cast(x.dtype());
}
Formula scaled_by_power(Formula x1, Formula x2) { return x1.as_float() * x2.as_float().of(Unary::kExp2); }
Formula squared_difference(Formula x1, Formula x2) { return square(x1 - x2); }
/// In floats, whatever the arguments are.
template <ops::Binary kFunction>
Formula of_floats(Formula x1, Formula x2) {
  return x1.as_float().of(kFunction, x2.as_float());
}
Formula x_log_y(Formula x1, Formula x2) { return log(x2).of(ops::Binary::kMultiplyNoNan, x1); }

/// Rounds to a number of decimals, of which there are fewer than none before the point.
Outputs round(FieldReader& arguments, Build& b) {
  const Formula x(b.graph, tensor(arguments, "x", b));
  const std::int64_t decimals = whole_number(arguments, "decimals", b, 0);
  if (decimals == 0 || (decimals > 0 && !is_floating(x.dtype()))) return output(b, x.of(Unary::kRound));
  const double factor = std::pow(10.0, static_cast<double>(decimals));
  const Formula scaled = x.as_float() * factor;
  return output(b, (scaled.of(Unary::kRound) / factor).cast(x.dtype()));
}

Outputs nan_to_num(FieldReader& arguments, Build& b) {
  const Formula x(b.graph, tensor(arguments, "x", b));
  float nan = 0, positive = std::numeric_limits<float>::max(), negative = std::numeric_limits<float>::lowest();
  arguments("nan", nan);
  arguments("posinf", positive);
  arguments("neginf", negative);
  if (!is_floating(x.dtype())) return output(b, x);
  const Formula infinity = x.number(std::numeric_limits<double>::infinity());
  const Formula number = is_nan(x).choose(x.number(nan), x);
  const Formula below = (number == infinity).choose(x.number(positive), number);
  return output(b, (below == -infinity).choose(x.number(negative), below));
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

/// In another type, if there is one.
Outputs converted(FieldReader& arguments, Build& b) {
  const Formula x(b.graph, tensor(arguments, "x", b));
  arguments.ignored("dtype_hint");
  return output(b, x.cast(dtype_argument(arguments, "dtype", x.dtype())));
}

Outputs same_shape(FieldReader& arguments, Build& b) {
  arguments.ignored("shape");
  return output(b, tensor(arguments, "x", b));
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

    {"Mod", "x1 x2", binary<ops::Binary::kMod>},
    {"Fmod", "x1 x2", binary<ops::Binary::kFmod>},
    {"FloorDivide", "x1 x2", binary<ops::Binary::kFloorDivide>},
    {"DivideNoNan", "x1 x2", binary<ops::Binary::kDivideNoNan>},
    {"Arctan2", "x1 x2", binary<ops::Binary::kArctan2>},
    {"Hypot", "x1 x2", binary<ops::Binary::kHypot>},
    {"Logaddexp", "x1 x2", binary<ops::Binary::kLogaddexp>},
    {"Logaddexp2", "x1 x2", binary<ops::Binary::kLogaddexp2>},
    {"Heaviside", "x1 x2", binary<ops::Binary::kHeaviside>},
    {"Fmax", "x1 x2", binary<ops::Binary::kFmax>},
    {"Fmin", "x1 x2", binary<ops::Binary::kFmin>},
    {"Nextafter", "x1 x2", formula_of_two<of_floats<ops::Binary::kNextafter>>},
    {"Ldexp", "x1 x2", formula_of_two<scaled_by_power>},
    {"BitwiseAnd", "x=x1 y=x2", binary<ops::Binary::kBitwiseAnd>},
    {"BitwiseOr", "x=x1 y=x2", binary<ops::Binary::kBitwiseOr>},
    {"BitwiseXor", "x=x1 y=x2", binary<ops::Binary::kBitwiseXor>},
    {"BitwiseLeftShift LeftShift", "x=x1 y=x2", binary<ops::Binary::kLeftShift>},
    {"BitwiseRightShift RightShift", "x=x1 y=x2", binary<ops::Binary::kRightShift>},
    {"Gcd", "x1 x2", binary<ops::Binary::kGcd>},
    {"Lcm", "x1 x2", binary<ops::Binary::kLcm>},
    {"tf.math.floormod tf.math.mod", "x=x1 y=x2", binary<ops::Binary::kMod>},
    {"tf.math.floordiv tf.compat.v1.floor_div", "x=x1 y=x2", binary<ops::Binary::kFloorDivide>},
    {"tf.math.divide_no_nan", "x=x1 y=x2", binary<ops::Binary::kDivideNoNan>},
    {"tf.math.multiply_no_nan", "x=x1 y=x2", binary<ops::Binary::kMultiplyNoNan>},
    {"tf.math.atan2", "y=x1 x=x2", binary<ops::Binary::kArctan2>},
    {"tf.math.squared_difference", "x=x1 y=x2", formula_of_two<squared_difference>},
    {"tf.math.xlogy", "x=x1 y=x2", formula_of_two<x_log_y>},
    {"tf.math.scalar_mul tf.compat.v1.math.scalar_mul", "scalar=x1 x=x2", binary<ops::Binary::kMultiply>},
    {"tf.bitwise.bitwise_and", "x=x1 y=x2", binary<ops::Binary::kBitwiseAnd>},
    {"tf.bitwise.bitwise_or", "x=x1 y=x2", binary<ops::Binary::kBitwiseOr>},
    {"tf.bitwise.bitwise_xor", "x=x1 y=x2", binary<ops::Binary::kBitwiseXor>},

    {"Copy Identity Conj Conjugate Real", "x", identity},
    {"StopGradient", "variable=x", identity},
    {"ConvertToTensor Array", "x dtype sparse ragged", converted},
    {"tf.convert_to_tensor", "value=x dtype dtype_hint", converted},
    {"tf.ensure_shape", "x shape", same_shape},
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
    {"Reciprocal tf.math.reciprocal", "x", formula<reciprocal>},
    {"tf.math.reciprocal_no_nan", "x", formula<reciprocal_no_nan>},

    {"Sin tf.math.sin", "x", unary<Unary::kSin>},
    {"Cos tf.math.cos", "x", unary<Unary::kCos>},
    {"Tan tf.math.tan", "x", unary<Unary::kTan>},
    {"Arcsin tf.math.asin", "x", unary<Unary::kArcsin>},
    {"Arccos tf.math.acos", "x", unary<Unary::kArccos>},
    {"Arctan tf.math.atan", "x", unary<Unary::kArctan>},
    {"Sinh tf.math.sinh", "x", unary<Unary::kSinh>},
    {"Cosh tf.math.cosh", "x", unary<Unary::kCosh>},
    {"Arcsinh tf.math.asinh", "x", unary<Unary::kArcsinh>},
    {"Arccosh tf.math.acosh", "x", unary<Unary::kArccosh>},
    {"Arctanh tf.math.atanh", "x", unary<Unary::kArctanh>},
    {"Exp2", "x", unary<Unary::kExp2>},
    {"Expm1 tf.math.expm1", "x", unary<Unary::kExpm1>},
    {"Log1p tf.math.log1p", "x", unary<Unary::kLog1p>},
    {"Log2", "x", unary<Unary::kLog2>},
    {"Log10", "x", unary<Unary::kLog10>},
    {"Floor tf.math.floor", "x", unary<Unary::kFloor>},
    {"Ceil tf.math.ceil", "x", unary<Unary::kCeil>},
    {"Round", "x decimals", round},
    {"tf.math.round tf.math.rint", "x", unary<Unary::kRound>},
    {"Trunc", "x", unary<Unary::kTrunc>},
    {"Sign tf.math.sign", "x", unary<Unary::kSign>},
    {"Fabs", "x", formula<of_float<Unary::kAbs>>},
    {"Cbrt", "x", unary<Unary::kCbrt>},
    {"Erf tf.math.erf", "x", unary<Unary::kErf>},
    {"Erfc tf.math.erfc", "x", unary<Unary::kErfc>},
    {"Erfinv tf.math.erfinv", "x", unary<Unary::kErfinv>},
    {"Sinc", "x", unary<Unary::kSinc>},
    {"I0 tf.math.bessel_i0", "x", unary<Unary::kI0>},
    {"Deg2rad", "x", formula<degrees_to_radians>},
    {"Rad2deg", "x", formula<radians_to_degrees>},
    {"Signbit", "x", formula<has_sign>},
    {"Angle", "x", formula<angle>},
    {"Imag", "x", formula<zero>},
    {"BitwiseInvert BitwiseNot tf.bitwise.invert", "x", formula<invert>},
    {"NanToNum", "x nan posinf neginf", nan_to_num},

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
