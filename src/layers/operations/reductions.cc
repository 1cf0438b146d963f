// Functions along axes: reductions, and the softmax family, which keeps the shape.
#include <algorithm>
#include <limits>

#include "layers/operations/call.h"
#include "layers/operations/formula.h"
#include "layers/registry.h"
#include "ops/along_axis.h"
#include "ops/glu.h"
#include "ops/reshape.h"
#include "ops/softmax.h"
#include "ops/sparsemax.h"

namespace kerascope::operations {
namespace {

/// Reads the arguments of a reduction and calls `compute` with (x, options).
template <typename Compute>
Outputs reduced(FieldReader& arguments, Build& b, Compute compute) {
  const Value x = tensor(arguments, "x", b);
  ops::ReduceOptions options{.axes = axes(arguments, "axis", b, b.graph.shape(x).rank())};
  arguments("keepdims", options.keepdims);
  const Value y = compute(x, options);
  const bool batch_is_gone = std::count(options.axes.begin(), options.axes.end(), 0) > 0;
  if (options.keepdims || batch_is_gone) return output(b, y);
  std::string roles;
  for (int axis = 1; axis < b.graph.shape(x).rank(); ++axis)
    if (!std::count(options.axes.begin(), options.axes.end(), axis))
      roles += roles_of(b, x)[static_cast<std::size_t>(axis) - 1];
  return b.with_axes(y, roles);
}

template <ops::Reduction kReduction>
Outputs reduce(FieldReader& arguments, Build& b) {
  return reduced(arguments, b, [&](Value x, const ops::ReduceOptions& options) {
    return ops::reduce(b.graph, x, kReduction, options);
  });
}

Outputs minimum(FieldReader& arguments, Build& b) {
  return reduced(arguments, b, [&](Value x, const ops::ReduceOptions& options) {
    // Small and unsigned integers may have no negative of their own type.
    const DType type = b.graph.dtype(x);
    const Value wide = is_integer(type) ? ops::cast(b.graph, x, DType::kInt64) : x;
    const Value negative = ops::unary(b.graph, wide, ops::Unary::kNegative);
    const Value least =
        ops::unary(b.graph, ops::reduce(b.graph, negative, ops::Reduction::kMax, options), ops::Unary::kNegative);
    return is_integer(type) ? ops::cast(b.graph, least, type) : least;
  });
}

template <bool kRoot>
Outputs variance(FieldReader& arguments, Build& b) {
  return reduced(arguments, b, [&](Value x, const ops::ReduceOptions& options) {
    const Value mean = ops::reduce(b.graph, x, ops::Reduction::kMean, {.axes = options.axes, .keepdims = true});
    const Value apart = ops::binary(b.graph, x, mean, ops::Binary::kSubtract);
    const Value squares = ops::unary(b.graph, apart, ops::Unary::kSquare);
    const Value variance = ops::reduce(b.graph, squares, ops::Reduction::kMean, options);
    return kRoot ? ops::unary(b.graph, variance, ops::Unary::kSqrt) : variance;
  });
}

/// A reduction that is written as a formula.
using ReducedFormula = Formula(Formula x, const std::vector<int>& axes, bool keepdims);

template <ReducedFormula* kFormula>
Outputs formula(FieldReader& arguments, Build& b) {
  return reduced(arguments, b, [&](Value x, const ops::ReduceOptions& options) {
    return kFormula({b.graph, x}, options.axes, options.keepdims);
  });
}

Formula sum(const Formula& x, const std::vector<int>& axes, bool keepdims) {
  return x.reduced(ops::Reduction::kSum, axes, keepdims);
}
Formula largest(const Formula& x, const std::vector<int>& axes, bool keepdims) {
  return x.reduced(ops::Reduction::kMax, axes, keepdims);
}
/// Of floats.
Formula least(const Formula& x, const std::vector<int>& axes, bool keepdims) { return -largest(-x, axes, keepdims); }
Formula length(const Formula& x, const std::vector<int>& axes, bool keepdims) {
  return sqrt(sum(square(x), axes, keepdims));
}
Formula float_length(Formula x, const std::vector<int>& axes, bool keepdims) {
  return length(x.as_float(), axes, keepdims);
}

Formula log_sum_exp(Formula x, const std::vector<int>& axes, bool keepdims) {
  const Formula numbers = x.as_float(), most = largest(numbers, axes, true);
  // Of infinite numbers nothing is taken off.
  const Formula offset = (abs(most) < std::numeric_limits<double>::infinity()).choose(most, most.number(0));
  const Formula logarithm = log(sum(exp(numbers - offset), axes, keepdims));
  return logarithm + (keepdims ? offset : sum(offset, axes, false));
}

Formula peak_to_peak(Formula x, const std::vector<int>& axes, bool keepdims) {
  const Formula wide = is_floating(x.dtype()) ? x : x.cast(DType::kInt64);
  return (largest(wide, axes, keepdims) - least(wide, axes, keepdims)).cast(x.dtype());
}

/// Where there is NaN, another number.
Formula without_nan(const Formula& x, double otherwise) { return is_nan(x).choose(x.number(otherwise), x); }
Formula nan_sum(Formula x, const std::vector<int>& axes, bool keepdims) {
  return is_floating(x.dtype()) ? sum(without_nan(x, 0), axes, keepdims) : sum(x, axes, keepdims);
}
Formula count(const Formula& x, const std::vector<int>& axes, bool keepdims) {
  return sum((!is_nan(x)).as_float(), axes, keepdims);
}
Formula nan_mean(Formula x, const std::vector<int>& axes, bool keepdims) {
  const Formula numbers = x.as_float();
  return sum(without_nan(numbers, 0), axes, keepdims) / count(numbers, axes, keepdims);
}
Formula nan_variance(Formula x, const std::vector<int>& axes, bool keepdims) {
  const Formula numbers = x.as_float(), apart = numbers - nan_mean(numbers, axes, true);
  return sum(square(without_nan(apart, 0)), axes, keepdims) / count(numbers, axes, keepdims);
}
Formula nan_deviation(Formula x, const std::vector<int>& axes, bool keepdims) {
  return sqrt(nan_variance(x, axes, keepdims));
}
/// Of NaN alone it is NaN.
template <bool kMaximum>
Formula nan_extreme(Formula x, const std::vector<int>& axes, bool keepdims) {
  const Formula wide = is_floating(x.dtype()) ? x : x.cast(DType::kInt64);
  if (!is_floating(x.dtype()))
    return (kMaximum ? largest(wide, axes, keepdims) : least(wide, axes, keepdims)).cast(x.dtype());
  const Formula signed_x = kMaximum ? x : -x;
  const Formula most = largest(without_nan(signed_x, -std::numeric_limits<double>::infinity()), axes, keepdims);
  const Formula none = count(x, axes, keepdims) == 0;
  return none.choose(x.number(std::numeric_limits<double>::quiet_NaN()), kMaximum ? most : -most);
}

/// The axes together at the end, as one.
Value joined_axes(Build& b, Value x, const std::vector<int>& axes) {
  const Value last = layers::axes_last(b, x, axes);
  const Shape& shape = b.graph.shape(last);
  const int kept = shape.rank() - static_cast<int>(axes.size());
  std::vector<std::int64_t> sizes(shape.begin(), shape.begin() + kept);
  sizes.push_back(shape.elements(kept, shape.rank()));
  return ops::reshape(b.graph, last, Shape(sizes));
}

template <bool kSkipsNan>
Outputs product(FieldReader& arguments, Build& b) {
  return reduced(arguments, b, [&](Value given, const ops::ReduceOptions& options) {
    Formula x(b.graph, given);
    const bool is_small = x.dtype() == DType::kBool || x.dtype() == DType::kInt8 || x.dtype() == DType::kInt16;
    if (x.dtype() == DType::kUInt8 && arguments.raw("dtype").is_null())
      arguments.fail("dtype", nullptr, "a type, as Kerascope has no uint32");
    x = x.cast(dtype_argument(arguments, "dtype", is_small ? DType::kInt32 : x.dtype()));
    if (kSkipsNan && is_floating(x.dtype())) x = without_nan(x, 1);
    const Value flat = joined_axes(b, x, options.axes);
    const int last = b.graph.shape(flat).rank() - 1;
    const Value products = ops::along_axis(b.graph, flat, last, ops::product_of_line());
    std::vector<std::int64_t> sizes;
    for (int axis = 0; axis < x.shape().rank(); ++axis) {
      const bool is_reduced = std::ranges::count(options.axes, axis) > 0;
      if (!is_reduced || options.keepdims) sizes.push_back(is_reduced ? 1 : x.shape()[axis]);
    }
    return ops::reshape(b.graph, products, Shape(sizes));
  });
}

/// Of vectors and, along two axes, of matrices.
Outputs norm(FieldReader& arguments, Build& b) {
  const Json order = arguments.raw("ord");
  return reduced(arguments, b, [&](Value given, const ops::ReduceOptions& options) -> Value {
    const Formula x = Formula(b.graph, given).as_float(), size = abs(x);
    const std::vector<int>& axes = options.axes;
    const bool keepdims = options.keepdims, is_infinity = order == "Infinity", is_least = order == "-Infinity";
    if (order.is_null() || order == "fro" || order == "euclidean" || (order == 2 && axes.size() == 1))
      return length(x, axes, keepdims);
    if (axes.size() == 1) {
      if (is_infinity) return largest(size, axes, keepdims);
      if (is_least) return least(size, axes, keepdims);
      if (order == 0) return sum((x != x.number(0)).as_float(), axes, keepdims);
      if (order.is_number()) {
        const auto exponent = order.get<double>();
        return power(sum(power(size, x.number(exponent)), axes, keepdims), x.number(1 / exponent));
      }
    }
    if (axes.size() == 2 && (is_infinity || is_least || order == 1 || order == -1)) {
      // The largest or smallest sum of a row or a column.
      const bool of_rows = is_infinity || is_least;
      const std::vector<int> summed = {of_rows ? axes[1] : axes[0]}, compared = {of_rows ? axes[0] : axes[1]};
      const Formula sums = sum(size, summed, true);
      const Formula found = is_infinity || order == 1 ? largest(sums, compared, true) : least(sums, compared, true);
      return keepdims ? found : sum(found, axes, false);
    }
    arguments.fail("ord", order, "an order that Kerascope can compute");
  });
}

/// Weights have the shape of x or, along one axis, one number for each of its places.
Outputs average(FieldReader& arguments, Build& b) {
  const std::optional<Value> given = tensor_or_none(arguments, "weights", b);
  if (!given) return reduce<ops::Reduction::kMean>(arguments, b);
  return reduced(arguments, b, [&](Value x, const ops::ReduceOptions& options) -> Value {
    Formula weights = Formula(b.graph, *given).as_float();
    const Formula numbers = Formula(b.graph, x).as_float();
    if (weights.shape().rank() == 1 && numbers.shape().rank() > 1 && options.axes.size() == 1) {
      std::vector<std::int64_t> sizes(static_cast<std::size_t>(numbers.shape().rank()), 1);
      sizes[static_cast<std::size_t>(options.axes[0])] = weights.shape()[0];
      weights = weights.with(ops::reshape(b.graph, weights, Shape(sizes)));
    } else if (weights.shape() != numbers.shape()) {
      arguments.fail("weights", arguments.raw("weights"),
                     fmt::format("weights of the shape {}", numbers.shape().str()));
    }
    return sum(numbers * weights, options.axes, options.keepdims) / sum(weights, options.axes, options.keepdims);
  });
}

/// The mean and the variance.
Outputs moments(FieldReader& arguments, Build& b) {
  Outputs outputs = reduce<ops::Reduction::kMean>(arguments, b);
  outputs.push_back(variance<false>(arguments, b)[0]);
  return outputs;
}

/// x / max(norm, epsilon)
Outputs normalize(FieldReader& arguments, Build& b) {
  const Formula x = Formula(b.graph, tensor(arguments, "x", b)).as_float();
  std::vector<int> along = {x.shape().rank() - 1};
  if (arguments.has("axis")) along = axes(arguments, "axis", b, x.shape().rank());
  float epsilon = 1e-7f;
  arguments("epsilon", epsilon);
  const std::int64_t order = whole_number(arguments, "order", b, 2);
  if (order < 1) arguments.fail("order", arguments.raw("order"), "at least 1");
  if (order == 2) {
    const Formula inverse = sum(square(x), along, true).of(ops::Unary::kRsqrt);
    return output(b, x * minimum(inverse, x.number(1 / static_cast<double>(epsilon))));
  }
  if (along.size() != 1) arguments.fail("axis", arguments.raw("axis"), "one axis, for an order other than 2");
  const auto exponent = static_cast<double>(order);
  const Formula norm = power(sum(power(abs(x), x.number(exponent)), along, true), x.number(1 / exponent));
  return output(b, x / maximum(norm, x.number(epsilon)));
}

/// TensorFlow's: x / sqrt(max(sum of squares, epsilon))
Outputs l2_normalize(FieldReader& arguments, Build& b) {
  const Formula x = Formula(b.graph, tensor(arguments, "x", b)).as_float();
  const std::vector<int> along = axes(arguments, "axis", b, x.shape().rank());
  float epsilon = 1e-12f;
  arguments("epsilon", epsilon);
  return output(b, x * maximum(sum(square(x), along, true), x.number(epsilon)).of(ops::Unary::kRsqrt));
}

/// Extremes of no less, or no more, than an initial number.
template <Outputs (*kReduce)(FieldReader& arguments, Build& b), ops::Binary kWith>
Outputs extreme(FieldReader& arguments, Build& b) {
  Outputs outputs = kReduce(arguments, b);
  if (const std::optional<Value> initial = tensor_or_none(arguments, "initial", b)) {
    const DType type = b.graph.dtype(outputs[0].value);
    outputs[0].value = ops::binary(b.graph, outputs[0].value, ops::cast(b.graph, *initial, type), kWith);
  }
  return outputs;
}

using AlongAxis = Value(Graph& graph, Value x, int axis);

template <AlongAxis* kFunction>
Outputs along_axis(FieldReader& arguments, Build& b) {
  std::int64_t axis = -1;
  arguments("axis", axis);
  const Value x = tensor(arguments, "x", b);
  return output(b, kFunction(b.graph, x, b.axis(axis, b.graph.shape(x).rank())));
}

const RegisterOperations registered{
    {"Mean", "x axis keepdims", reduce<ops::Reduction::kMean>},
    {"Max Amax", "x axis keepdims initial", extreme<reduce<ops::Reduction::kMax>, ops::Binary::kMaximum>},
    {"Sum", "x axis keepdims", reduce<ops::Reduction::kSum>},
    {"Min Amin", "x axis keepdims initial", extreme<minimum, ops::Binary::kMinimum>},
    {"Prod", "x axis keepdims dtype", product<false>},
    {"Nanprod", "x axis keepdims", product<true>},
    {"Logsumexp", "x axis keepdims", formula<log_sum_exp>},
    {"Ptp", "x axis keepdims", formula<peak_to_peak>},
    {"Nansum", "x axis keepdims", formula<nan_sum>},
    {"Nanmean", "x axis keepdims", formula<nan_mean>},
    {"Nanvar", "x axis keepdims", formula<nan_variance>},
    {"Nanstd", "x axis keepdims", formula<nan_deviation>},
    {"Nanmax", "x axis keepdims", formula<nan_extreme<true>>},
    {"Nanmin", "x axis keepdims", formula<nan_extreme<false>>},
    {"Norm", "x ord axis keepdims", norm},
    {"Average", "x weights axis", average},
    {"Moments", "x axes=axis keepdims synchronized", moments},
    {"Normalize", "x axis order epsilon", normalize},
    {"Var", "x axis keepdims", variance<false>},
    {"Std", "x axis keepdims", variance<true>},
    {"tf.math.reduce_mean", "input_tensor=x axis keepdims", reduce<ops::Reduction::kMean>},
    {"tf.math.reduce_max", "input_tensor=x axis keepdims", reduce<ops::Reduction::kMax>},
    {"tf.math.reduce_sum", "input_tensor=x axis keepdims", reduce<ops::Reduction::kSum>},
    {"tf.math.reduce_min", "input_tensor=x axis keepdims", minimum},

    {"tf.math.reduce_variance", "input_tensor=x axis keepdims", variance<false>},
    {"tf.math.reduce_std", "input_tensor=x axis keepdims", variance<true>},
    {"tf.math.reduce_prod", "input_tensor=x axis keepdims", product<false>},
    {"tf.math.reduce_logsumexp", "input_tensor=x axis keepdims", formula<log_sum_exp>},
    {"tf.math.reduce_euclidean_norm", "input_tensor=x axis keepdims", formula<float_length>},
    {"tf.norm tf.compat.v1.norm", "tensor=x ord axis keepdims", norm},
    {"tf.nn.moments", "x axes=axis shift keepdims", moments},
    {"tf.math.l2_normalize", "x axis epsilon", l2_normalize},

    {"Softmax", "x axis", along_axis<ops::softmax>},
    {"tf.nn.softmax", "logits=x axis", along_axis<ops::softmax>},
    {"LogSoftmax", "x axis", along_axis<ops::log_softmax>},
    {"tf.nn.log_softmax", "logits=x axis", along_axis<ops::log_softmax>},
    {"Sparsemax", "x axis", along_axis<ops::sparsemax>},
    {"Glu", "x axis", along_axis<ops::glu>},
};

}  // namespace
}  // namespace kerascope::operations
