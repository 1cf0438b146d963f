// Functions along one axis that need its order: sorting, places of extremes, sums so far, quantiles.
#include <algorithm>
#include <cmath>
#include <limits>

#include "layers/operations/call.h"
#include "layers/operations/formula.h"
#include "layers/operations/layout.h"
#include "layers/registry.h"
#include "ops/along_axis.h"
#include "ops/bucketize.h"
#include "ops/callback.h"
#include "ops/reshape.h"
#include "ops/transpose.h"

namespace kerascope::operations {
namespace {

/// x and the axis of an operation that works along one axis; null stands for the flattened tensor.
struct Along {
  Value x;
  int axis;
};
Along along(FieldReader& arguments, Build& b, std::int64_t usual) {
  const Value x = tensor(arguments, "x", b);
  if (arguments.has("axis") && arguments.raw("axis").is_null())
    return {ops::reshape(b.graph, x, {b.graph.shape(x).elements()}), 0};
  return {x, b.axis(whole_number(arguments, "axis", b, usual), b.graph.shape(x).rank())};
}
/// The same for operations that flatten the tensor if no axis is given.
Along along_or_flat(FieldReader& arguments, Build& b) {
  if (!arguments.raw("axis").is_null()) return along(arguments, b, 0);
  const Value x = tensor(arguments, "x", b);
  return {ops::reshape(b.graph, x, {b.graph.shape(x).elements()}), 0};
}

std::int64_t size_of(Build& b, const Along& given) { return b.graph.shape(given.x)[given.axis]; }

Value reversed(Build& b, const Along& given) {
  const std::int64_t size = size_of(b, given);
  if (size < 2) return given.x;
  return part(b, given.x, given.axis, {.start = size - 1, .size = size, .step = -1});
}

bool is_descending(FieldReader& arguments) {
  const Json& direction = arguments.raw("direction");
  if (!direction.is_null() && direction != "ASCENDING" && direction != "DESCENDING")
    arguments.fail("direction", direction, "ASCENDING or DESCENDING");
  return direction == "DESCENDING";
}

Outputs sort(FieldReader& arguments, Build& b) {
  Along given = along(arguments, b, -1);
  const DType type = b.graph.dtype(given.x);
  given.x = ops::along_axis(b.graph, given.x, given.axis, ops::sorted(size_of(b, given)));
  return output(b, ops::cast(b.graph, is_descending(arguments) ? reversed(b, given) : given.x, type));
}

Outputs argsort(FieldReader& arguments, Build& b) {
  const Along given = along(arguments, b, -1);
  const std::int64_t size = size_of(b, given);
  arguments.ignored("stable");
  return output(
      b, ops::places_along_axis(b.graph, given.x, given.axis,
                                is_descending(arguments) ? ops::places_of_largest(size) : ops::sorting_places(size)));
}

/// The k largest numbers of the last axis, and their places.
Outputs top_k(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  const std::int64_t k = whole_number(arguments, "k", b, 1);
  arguments.ignored("sorted");  // unsorted results are sorted, too
  const int last = b.axis(-1, b.graph.shape(x).rank());
  if (k < 1 || k > b.graph.shape(x)[last])
    arguments.fail("k", arguments.raw("k"), fmt::format("from 1 to {}", b.graph.shape(x)[last]));
  Outputs outputs = output(b, ops::along_axis(b.graph, x, last, ops::largest(k)));
  outputs.push_back(output(b, ops::places_along_axis(b.graph, x, last, ops::places_of_largest(k)))[0]);
  return outputs;
}

/// One place along the axis, without that axis or, with keepdims, with size 1.
Outputs one_place(FieldReader& arguments, Build& b, const Along& given, Value places) {
  bool keepdims = false;
  arguments("keepdims", keepdims);
  if (!keepdims) return output(b, without_axis(b, places, given.axis));
  if (b.graph.shape(places).rank() == b.graph.shape(tensor(arguments, "x", b)).rank()) return output(b, places);
  const int rank = b.graph.shape(tensor(arguments, "x", b)).rank();
  return output(b, ops::reshape(b.graph, places, Shape(std::vector<std::int64_t>(static_cast<std::size_t>(rank), 1))));
}

void require_numbers(FieldReader& arguments, Build& b, const Along& given) {
  if (size_of(b, given) == 0) arguments.fail("axis", arguments.raw("axis"), "an axis that has numbers");
}

template <bool kMaximum>
Outputs arg(FieldReader& arguments, Build& b) {
  const Along given = along_or_flat(arguments, b);
  require_numbers(arguments, b, given);
  // Keras takes -0 for less than 0.
  const Value places = ops::places_along_axis(b.graph, given.x, given.axis,
                                              kMaximum ? ops::place_of_maximum(true) : ops::place_of_minimum(true));
  return one_place(arguments, b, given, places);
}

template <bool kMaximum>
Outputs tensorflow_arg(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  const Along given = {x, b.axis(whole_number(arguments, "axis", b, 0), b.graph.shape(x).rank())};
  require_numbers(arguments, b, given);
  const Value places = ops::places_along_axis(b.graph, given.x, given.axis,
                                              kMaximum ? ops::place_of_maximum(false) : ops::place_of_minimum(false));
  return one_place(arguments, b, given,
                   ops::cast(b.graph, places, dtype_argument(arguments, "output_type", DType::kInt64)));
}

/// NaN never wins; if all numbers are NaN, the place is -1.
template <bool kMaximum>
Outputs nan_arg(FieldReader& arguments, Build& b) {
  Along given = along_or_flat(arguments, b);
  require_numbers(arguments, b, given);
  const Formula x(b.graph, given.x);
  if (!is_floating(x.dtype())) return arg<kMaximum>(arguments, b);
  const double worst = kMaximum ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  const Formula nan = is_nan(x);
  const Formula places =
      x.with(ops::places_along_axis(b.graph, nan.choose(x.number(worst), x), given.axis,
                                    kMaximum ? ops::place_of_maximum(true) : ops::place_of_minimum(true)));
  const Formula all_nan = x.with(ops::quantify(b.graph, nan, ops::Quantifier::kAll, {given.axis}, true));
  return one_place(arguments, b, given, all_nan.choose(places.number(-1), places));
}

using Cumulative = ops::LineFunction(std::int64_t size, bool exclusive, bool reverse);

template <Cumulative* kFunction, bool kSkipsNan>
Outputs cumulative(FieldReader& arguments, Build& b) {
  const Along given = along_or_flat(arguments, b);
  bool exclusive = false, reverse = false;
  arguments("exclusive", exclusive);
  arguments("reverse", reverse);
  Formula x(b.graph, given.x);
  x = x.cast(dtype_argument(arguments, "dtype", x.dtype() == DType::kBool ? DType::kInt32 : x.dtype()));
  if (kSkipsNan && is_floating(x.dtype())) x = is_nan(x).choose(x.number(kFunction == ops::cumulative_product), x);
  return output(b, ops::along_axis(b.graph, x, given.axis, kFunction(size_of(b, given), exclusive, reverse)));
}

template <Cumulative* kFunction>
Outputs tensorflow_cumulative(FieldReader& arguments, Build& b) {
  const Along given = along(arguments, b, 0);
  bool exclusive = false, reverse = false;
  arguments("exclusive", exclusive);
  arguments("reverse", reverse);
  return output(b, ops::along_axis(b.graph, given.x, given.axis, kFunction(size_of(b, given), exclusive, reverse)));
}

/// The n-th differences of neighbours.
Outputs diff(FieldReader& arguments, Build& b) {
  Along given = along(arguments, b, -1);
  for (std::int64_t n = whole_number(arguments, "n", b, 1); n > 0; --n) {
    const std::int64_t rest = std::max<std::int64_t>(size_of(b, given) - 1, 0);
    const Formula later(b.graph, part(b, given.x, given.axis, {.start = rest > 0 ? 1 : 0, .size = rest}));
    const Formula earlier = later.with(part(b, given.x, given.axis, {.start = 0, .size = rest}));
    given.x = later.dtype() == DType::kBool ? later != earlier : later - earlier;
  }
  return output(b, given.x);
}

/// The area below y by trapezoids.
Outputs trapezoid(FieldReader& arguments, Build& b) {
  const Formula y = Formula(b.graph, tensor(arguments, "y", b)).as_float();
  const int rank = y.shape().rank(), axis = b.axis(whole_number(arguments, "axis", b, -1), rank);
  float dx = 1;
  arguments("dx", dx);
  if (!arguments.raw("x").is_null()) arguments.fail("x", arguments.raw("x"), "null");
  const std::int64_t rest = y.shape()[axis] - 1;
  if (rest < 1) arguments.fail("axis", arguments.raw("axis"), "an axis of two numbers or more");
  const Formula sum = y.with(part(b, y, axis, {.start = 1, .size = rest})) + y.with(part(b, y, axis, {.size = rest}));
  return output(b, (sum * 0.5 * dx).reduced(ops::Reduction::kSum, {axis}, false));
}

/// How many of `bounds` (.., n) are below each of x (.., k), or not above it.
Value places_among(Build& b, Value bounds, Value x, bool right) {
  const Value each = with_axis(b, x, b.graph.shape(x).rank());
  const Value all = with_axis(b, bounds, b.graph.shape(bounds).rank() - 1);
  const Formula below(b.graph,
                      ops::compare(b.graph, all, each, right ? ops::Comparison::kLessEqual : ops::Comparison::kLess));
  return below.reduced(ops::Reduction::kSum, {below.shape().rank() - 1}, false);
}

Outputs search_sorted(FieldReader& arguments, Build& b) {
  const Value bounds = tensor(arguments, "bounds", b), x = tensor(arguments, "x", b);
  const Json& side = arguments.raw("side");
  if (!side.is_null() && side != "left" && side != "right") arguments.fail("side", side, "left or right");
  if (b.graph.shape(bounds).rank() < 1) arguments.fail("bounds", arguments.raw("bounds"), "a sorted list");
  return output(b, ops::cast(b.graph, places_among(b, bounds, x, side == "right"),
                             dtype_argument(arguments, "out_type", DType::kInt32)));
}

Outputs digitize(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  const std::optional<Tensor> bins = known_tensor(arguments, "bins", b);
  if (!bins) arguments.fail("bins", nullptr, "a list of numbers");
  const auto numbers = bins->astype(DType::kFloat32);
  return output(b, ops::bucketize(b.graph, x, {numbers.numbers().begin(), numbers.numbers().end()}));
}

/// How often each number from 0 on occurs along the last axis; the largest number tells how many there are.
Outputs bincount(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  const std::int64_t least = whole_number(arguments, "minlength", b, 0);
  if (!arguments.raw("weights").is_null()) arguments.fail("weights", arguments.raw("weights"), "null");
  const int rank = b.graph.shape(x).rank();
  if (rank != 1 && rank != 2) arguments.fail("x", arguments.raw("x"), "a tensor with one or two axes");
  const auto compute = [least](std::span<const Tensor> inputs) {
    const Tensor numbers = inputs[0].astype(DType::kInt64);
    const auto all = numbers.elements<std::int64_t>();
    std::int64_t size = least;
    for (const std::int64_t number : all) size = std::max(size, number + 1);
    const Shape& shape = numbers.shape();
    std::vector<std::int64_t> sizes(shape.begin(), shape.end() - 1);
    const std::int64_t rows = Shape(sizes).elements();
    sizes.push_back(size);
    Tensor counts(Shape(sizes), DType::kInt32);
    const auto count = counts.mutable_elements<std::int32_t>();
    std::ranges::fill(count, 0);
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i] >= 0)
        ++count[i / (all.size() / static_cast<std::size_t>(rows)) * static_cast<std::size_t>(size) +
                static_cast<std::size_t>(all[i])];
    return std::vector<Tensor>{counts};
  };
  return output(b, b.by_numbers({x}, compute)[0]);
}

// --- quantiles ---

enum class Between { kLinear, kLower, kHigher, kNearest, kMidpoint };

/// Of sorted numbers, as TensorFlow's percentile computes it.
float quantile_of(std::span<const float> numbers, double q, Between between) {
  const double place = static_cast<double>(numbers.size() - 1) * q;
  const auto at = [&](double index) {
    return numbers[static_cast<std::size_t>(std::clamp(index, 0.0, static_cast<double>(numbers.size() - 1)))];
  };
  const float lower = at(std::floor(place)), higher = at(std::ceil(place));
  switch (between) {
    case Between::kLower:
      return lower;
    case Between::kHigher:
      return higher;
    case Between::kNearest:
      return at(std::nearbyint(place));
    case Between::kMidpoint:
      return 0.5f * (lower + higher);
    case Between::kLinear:
      break;
  }
  const double above = std::max(std::ceil(place) - 1, 0.0);
  const double next = std::min(above + 1, static_cast<double>(numbers.size() - 1));
  const auto fraction = static_cast<float>(next - place);
  return at(next) * (1 - fraction) + at(above) * fraction;
}

ops::LineFunction quantiles(std::vector<double> qs, Between between, bool skips_nan) {
  const auto size = static_cast<std::int64_t>(qs.size());
  return {.name = "quantile", .size = size, .of_floats = [=](std::span<const float> line, void* out) {
            std::vector<float> numbers(line.begin(), line.end());
            const auto is_nan = [](float x) { return x != x; };
            if (skips_nan) std::erase_if(numbers, is_nan);
            const bool is_none = numbers.empty() || std::ranges::any_of(numbers, is_nan);
            if (!is_none) std::ranges::sort(numbers);
            for (std::size_t i = 0; i < qs.size(); ++i)
              static_cast<float*>(out)[i] =
                  is_none ? std::numeric_limits<float>::quiet_NaN() : quantile_of(numbers, qs[i], between);
          }};
}

/// Of the numbers along some axes. The axes of q come first in the output.
Outputs quantiles_of(FieldReader& arguments, Build& b, const Tensor& q, bool skips_nan) {
  const Value x = ops::cast(b.graph, tensor(arguments, "x", b), DType::kFloat32);
  const Shape shape = b.graph.shape(x);
  const std::vector<int> along = axes(arguments, "axis", b, shape.rank());
  const Json& method = arguments.raw("method");
  arguments.ignored("passed_over");
  constexpr std::string_view kMethods[] = {"linear", "lower", "higher", "nearest", "midpoint"};
  const auto found = method.is_null()
                         ? std::begin(kMethods)
                         : std::ranges::find_if(kMethods, [&](std::string_view name) { return method == name; });
  if (found == std::end(kMethods)) arguments.fail("method", method, "linear, lower, higher, nearest or midpoint");
  bool keepdims = false;
  arguments("keepdims", keepdims);

  std::vector<std::int64_t> kept, left, sizes = q.shape().sizes();
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const bool is_reduced = std::ranges::count(along, axis) > 0;
    if (!is_reduced) kept.push_back(shape[axis]);
    if (!is_reduced || keepdims) left.push_back(is_reduced ? 1 : shape[axis]);
  }
  const std::int64_t lines = Shape(kept).elements();
  if (lines == 0 || shape.elements() == 0) arguments.fail("x", arguments.raw("x"), "a tensor that has numbers");
  const Value flat = ops::reshape(b.graph, layers::axes_last(b, x, along), {lines, shape.elements() / lines});
  const Tensor wanted = q.astype(DType::kFloat64);
  const auto qs = wanted.elements<double>();
  const Value results =
      ops::along_axis(b.graph, flat, 1,
                      quantiles({qs.begin(), qs.end()}, static_cast<Between>(found - std::begin(kMethods)), skips_nan));
  sizes.insert(sizes.end(), left.begin(), left.end());
  return output(b, ops::reshape(b.graph, ops::transpose(b.graph, results, {1, 0}), Shape(sizes)));
}

template <bool kSkipsNan, int kWhole>
Outputs quantile(FieldReader& arguments, Build& b) {
  const std::optional<Tensor> q = known_tensor(arguments, "q", b);
  if (!q) arguments.fail("q", nullptr, "a number or several");
  Tensor shares = q->astype(DType::kFloat64);
  for (double& share : shares.mutable_elements<double>()) share /= kWhole;
  return quantiles_of(arguments, b, shares, kSkipsNan);
}

template <bool kSkipsNan>
Outputs median(FieldReader& arguments, Build& b) {
  return quantiles_of(arguments, b, Tensor::of(Shape(), std::vector<double>{0.5}), kSkipsNan);
}

const RegisterOperations registered{
    {"Sort", "x axis", sort},
    {"tf.sort", "values=x axis direction", sort},
    {"Argsort", "x axis", argsort},
    {"tf.argsort", "values=x axis direction stable", argsort},
    {"TopK", "x k sorted", top_k},
    {"tf.math.top_k", "input=x k sorted", top_k},
    {"Argmax", "x axis keepdims", arg<true>},
    {"Argmin", "x axis keepdims", arg<false>},
    {"tf.math.argmax", "input=x axis output_type", tensorflow_arg<true>},
    {"tf.math.argmin", "input=x axis output_type", tensorflow_arg<false>},
    {"Nanargmax", "x axis keepdims", nan_arg<true>},
    {"Nanargmin", "x axis keepdims", nan_arg<false>},
    {"Cumsum", "x axis dtype", cumulative<ops::cumulative_sum, false>},
    {"Cumprod", "x axis dtype", cumulative<ops::cumulative_product, false>},
    {"Nancumsum", "x axis dtype", cumulative<ops::cumulative_sum, true>},
    {"Nancumprod", "x axis dtype", cumulative<ops::cumulative_product, true>},
    {"tf.math.cumsum", "x axis exclusive reverse", tensorflow_cumulative<ops::cumulative_sum>},
    {"tf.math.cumprod", "x axis exclusive reverse", tensorflow_cumulative<ops::cumulative_product>},
    {"Diff", "a=x n axis", diff},
    {"Trapezoid", "y x dx axis", trapezoid},
    {"SearchSorted", "sorted_sequence=bounds values=x side", search_sorted},
    {"tf.searchsorted", "sorted_sequence=bounds values=x side out_type", search_sorted},
    {"Digitize", "x bins", digitize},
    {"Bincount", "x weights minlength", bincount},
    {"Median", "x axis keepdims", median<false>},
    {"Nanmedian", "x axis keepdims", median<true>},
    // Keras 3.15's node computes the linear one, whatever its method is.
    {"Quantile", "x q axis method=passed_over keepdims", quantile<false, 1>},
    {"Nanquantile", "x q axis method keepdims", quantile<true, 1>},
    {"Percentile", "x q axis method keepdims", quantile<false, 100>},
    {"Nanpercentile", "x q axis method keepdims", quantile<true, 100>},
};

}  // namespace
}  // namespace kerascope::operations
