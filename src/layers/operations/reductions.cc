// Functions along axes: reductions, and the softmax family, which keeps the shape.
#include <algorithm>

#include "layers/operations/call.h"
#include "layers/registry.h"
#include "ops/binary.h"
#include "ops/cast.h"
#include "ops/glu.h"
#include "ops/reduce.h"
#include "ops/softmax.h"
#include "ops/sparsemax.h"
#include "ops/unary.h"

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
    {"Max Amax", "x axis keepdims", reduce<ops::Reduction::kMax>},
    {"Sum", "x axis keepdims", reduce<ops::Reduction::kSum>},
    {"Min Amin", "x axis keepdims", minimum},
    {"Var", "x axis keepdims", variance<false>},
    {"Std", "x axis keepdims", variance<true>},
    {"tf.math.reduce_mean", "input_tensor=x axis keepdims", reduce<ops::Reduction::kMean>},
    {"tf.math.reduce_max", "input_tensor=x axis keepdims", reduce<ops::Reduction::kMax>},
    {"tf.math.reduce_sum", "input_tensor=x axis keepdims", reduce<ops::Reduction::kSum>},
    {"tf.math.reduce_min", "input_tensor=x axis keepdims", minimum},
    {"tf.math.reduce_variance", "input_tensor=x axis keepdims", variance<false>},
    {"tf.math.reduce_std", "input_tensor=x axis keepdims", variance<true>},

    {"Softmax", "x axis", along_axis<ops::softmax>},
    {"tf.nn.softmax", "logits=x axis", along_axis<ops::softmax>},
    {"LogSoftmax", "x axis", along_axis<ops::log_softmax>},
    {"tf.nn.log_softmax", "logits=x axis", along_axis<ops::log_softmax>},
    {"Sparsemax", "x axis", along_axis<ops::sparsemax>},
    {"Glu", "x axis", along_axis<ops::glu>},
};

}  // namespace
}  // namespace kerascope::operations
