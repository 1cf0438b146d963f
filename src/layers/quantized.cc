#include "layers/quantized.h"

#include <charconv>

#include "base/text.h"
#include "model/json.h"
#include "ops/binary.h"
#include "ops/cast.h"
#include "ops/gather.h"
#include "ops/quantize.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/transpose.h"
#include "ops/unary.h"

namespace kerascope::layers {
namespace {

using Mode = Quantization::Mode;

[[noreturn]] void refuse(const Build& b, const std::string& how) {
  b.fail("layer-unsupported", fmt::format("layer '{}' ({}) is quantised in a way that Kerascope does not know: {}",
                                          b.layer().name, b.layer().class_name, how));
}

/// The parts of "gptq/4/128" after the first, which are whole numbers.
std::vector<std::int64_t> numbers_of(const Build& b, const std::string& mode, std::size_t count) {
  std::vector<std::int64_t> numbers;
  for (std::size_t at = mode.find('/'); at != mode.npos; at = mode.find('/', at + 1)) {
    const char* const first = mode.data() + at + 1;
    const char* const last = mode.data() + std::min(mode.find('/', at + 1), mode.size());
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(first, last, number);
    if (error != std::errc() || end != last || number < -1 || number == 0) refuse(b, mode);
    numbers.push_back(number);
  }
  if (numbers.size() != count) refuse(b, mode);
  return numbers;
}

/// `quantization_config`, whose absence means `otherwise`, says how inputs are rounded.
std::optional<Quantization::Rounding> rounding_of(const Build& b, std::optional<Quantization::Rounding> otherwise) {
  const Json& config = member(member(b.layer().config, "quantization_config"), "config");
  if (config.is_null()) return otherwise;
  const Json& quantizer = member(config, "activation_quantizer");
  if (quantizer.is_null()) return std::nullopt;
  const std::string class_name = text_or(quantizer, "class_name", "");
  if (class_name != "AbsMaxQuantizer") refuse(b, "activation_quantizer is '" + class_name + "'");
  Quantization::Rounding rounding;
  const Json& of_quantizer = member(quantizer, "config");
  if (const Json& epsilon = member(of_quantizer, "epsilon"); epsilon.is_number()) rounding.epsilon = epsilon;
  if (const Json& range = member(of_quantizer, "value_range"); !range.is_null()) {
    if (!range.is_array() || range.size() != 2 || !range[0].is_number() || !range[1].is_number() || range[1] <= 0 ||
        range[0] >= range[1])
      refuse(b, "value_range of its activation_quantizer is " + json_text(range));
    rounding.low = range[0];
    rounding.high = range[1];
  }
  return rounding;
}

std::int64_t groups(const Quantization& how, std::int64_t rows) {
  return how.group < 0 ? 1 : (rows + how.group - 1) / how.group;
}

/// table (n, ..) and numbers (m,) of its rows, stored as floats -> (m, ..).
Value rows_of(Build& b, Value table, Value numbers) {
  return ops::gather(b.graph, table, ops::cast(b.graph, numbers, DType::kInt32));
}

Value transposed(Build& b, Value matrix) { return ops::transpose(b.graph, matrix, {1, 0}); }

Value combined(Build& b, Value left, Value right, ops::Binary function) {
  return ops::binary(b.graph, left, right, function);
}

/// (numbers - zero) * scale
Value dequantized(Build& b, Value numbers, Value scale, Value zero) {
  return combined(b, combined(b, numbers, zero, ops::Binary::kSubtract), scale, ops::Binary::kMultiply);
}

/// A kernel as a matrix: `rows` are summed.
struct Matrix {
  std::int64_t rows = 1, columns = 1;
};

Matrix matrix_by_axes(const Shape& kernel, const std::vector<int>& summed) {
  Matrix matrix;
  for (int axis = 0; axis < kernel.rank(); ++axis)
    (std::ranges::count(summed, axis) ? matrix.rows : matrix.columns) *= kernel[axis];
  return matrix;
}

/// GPTQ and AWQ guess which axes of a projection are summed: of three axes, those that are not the largest's.
Matrix matrix_by_sizes(const Build& b, const Shape& kernel) {
  if (kernel.rank() == 2) return {kernel[0], kernel[1]};
  if (kernel.rank() != 3) refuse(b, fmt::format("a kernel of shape {}", kernel.str()));
  const auto& sizes = kernel.sizes();
  const bool first_is_largest = std::ranges::max_element(sizes) == sizes.begin();
  return first_is_largest ? Matrix{kernel[0], kernel.elements(1, 3)} : Matrix{kernel.elements(0, 2), kernel[2]};
}

/// (rows, columns), from what is stored for an int4 layer.
Value int4_kernel(Build& b, const Quantization& how, const Matrix& matrix, const std::function<void()>& bias) {
  const auto [rows, columns] = matrix;
  const Value packed = b.weight("kernel", {rows, (columns + 1) / 2}, false);
  bias();
  const Value numbers = ops::unpack_nibbles(b.graph, packed, {.axis = 1, .size = columns});
  if (how.group < 0) return combined(b, numbers, b.weight("kernel_scale", {columns}, false), ops::Binary::kDivide);
  const Shape by_group = {groups(how, rows), columns};
  const Value scale = b.weight("kernel_scale", by_group, false), zero = b.weight("kernel_zero", by_group, false);
  const Value group = b.weight("g_idx", {rows}, false);
  return dequantized(b, numbers, rows_of(b, scale, group), rows_of(b, zero, group));
}

/// (rows, columns), from what is stored for a layer of GPTQ or AWQ, where rows and columns are swapped.
Value calibrated_kernel(Build& b, const Quantization& how, const Matrix& matrix, const std::function<void()>& bias) {
  const auto [rows, columns] = matrix;
  bias();
  Value numbers = b.weight("kernel", {how.bits == 4 ? (columns + 1) / 2 : columns, rows}, false);
  if (how.bits == 4) numbers = ops::unpack_nibbles(b.graph, numbers, {.axis = 0, .size = columns, .is_signed = false});
  const Shape by_group = {columns, groups(how, rows)};
  const Value scale = b.weight("kernel_scale", by_group, false);
  // Of an EinsumDense with GPTQ Keras calls it otherwise.
  const bool other_name = how.mode == Mode::kGptq && b.layer().class_name == "EinsumDense";
  const Value zero = b.weight(other_name ? "zero_point" : "kernel_zero", by_group, false);
  std::optional<Value> sensitivity;
  if (how.mode == Mode::kAwq) sensitivity = b.weight("awq_scales", {rows}, false);
  const Value group = b.weight("g_idx", {rows}, false);
  Value kernel = dequantized(b, transposed(b, numbers), rows_of(b, transposed(b, scale), group),
                             rows_of(b, transposed(b, zero), group));
  if (sensitivity) kernel = combined(b, kernel, ops::reshape(b.graph, *sensitivity, {rows, 1}), ops::Binary::kDivide);
  return kernel;
}

/// x / scale as float8, times the scale.
Value through_float8(Build& b, Value x, Value scale) {
  constexpr float kLargest = 448;
  const Value scaled = combined(b, x, scale, ops::Binary::kDivide);
  const Value rounded =
      ops::round_to(b.graph, scaled, {.grid = ops::Grid::kFloat8, .low = -kLargest, .high = kLargest});
  return combined(b, rounded, scale, ops::Binary::kMultiply);
}

Factors float8_factors(Build& b, const Quantization& how, const FactorShapes& shapes) {
  Factors f{.input = b.input(), .kernel = b.weight("kernel", shapes.kernel)};
  if (shapes.bias) f.bias = ops::round_to(b.graph, b.weight("bias", *shapes.bias), {.grid = ops::Grid::kBfloat16});
  const auto scale = [&](const std::string& of) {
    const Value value = b.weight(of + "_scale", Shape());
    b.weight(of + "_amax_history", {how.history});
    return value;
  };
  f.input = through_float8(b, f.input, scale("inputs"));
  f.kernel = through_float8(b, f.kernel, scale("kernel"));
  scale("outputs_grad");
  return f;
}

}  // namespace

std::string quantization_mode(const LayerData& layer) {
  const Json& dtype = member(layer.config, "dtype");
  const Json& config = member(dtype, "config");
  const Json& policies = member(config, "policy_map");
  if (policies.is_object())
    for (const Json& policy : policies)
      if (std::string mode = text_or(member(policy, "config"), "mode", ""); !mode.empty()) return mode;
  if (!dtype.is_string()) return text_or(config, "mode", "");
  const std::string policy = dtype;
  const std::size_t from = policy.find("_from_");
  return from == policy.npos ? "" : policy.substr(0, from);
}

std::optional<Quantization> quantization_of(const Build& b) {
  const std::string mode = quantization_mode(b.layer());
  if (mode.empty()) return std::nullopt;
  if (member(member(member(b.layer().config, "dtype"), "config"), "policy_map").is_object())
    refuse(b, "its dtype is a DTypePolicyMap");
  const std::string name = mode.substr(0, mode.find('/'));
  if (name == "int8") {
    numbers_of(b, mode, 0);
    return Quantization{.mode = Mode::kInt8, .inputs = rounding_of(b, Quantization::Rounding())};
  }
  if (name == "int4") {
    const std::int64_t group = mode == name ? -1 : numbers_of(b, mode, 1)[0];
    return Quantization{.mode = Mode::kInt4, .bits = 4, .group = group, .inputs = rounding_of(b, std::nullopt)};
  }
  if (name == "gptq" || name == "awq") {
    const auto numbers = numbers_of(b, mode, 2);
    return Quantization{
        .mode = name == "gptq" ? Mode::kGptq : Mode::kAwq, .bits = static_cast<int>(numbers[0]), .group = numbers[1]};
  }
  if (mode == "float8") {
    const Json& history = member(member(member(b.layer().config, "dtype"), "config"), "amax_history_length");
    const auto length = history.is_number_integer() ? history.get<std::int64_t>() : 1024;
    b.require_at_least(1, "amax_history_length", length);
    return Quantization{.mode = Mode::kFloat8, .history = length};
  }
  refuse(b, mode);
}

Value rounded_input(Build& b, const Quantization& how, const std::vector<int>& axes) {
  if (!how.inputs) return b.input();
  const auto [low, high, epsilon] = *how.inputs;
  const Value largest = ops::reduce(b.graph, ops::unary(b.graph, b.input(), ops::Unary::kAbs), ops::Reduction::kMax,
                                    {.axes = axes, .keepdims = true});
  const Value range = ops::unary(b.graph, largest, ops::Unary::kAffine, {.a = 1, .b = epsilon});
  const Value scale = combined(b, b.constant(Shape(), {high}), range, ops::Binary::kDivide);
  const Value scaled = combined(b, b.input(), scale, ops::Binary::kMultiply);
  return combined(b, ops::round_to(b.graph, scaled, {.low = low, .high = high}), scale, ops::Binary::kDivide);
}

Factors factors(Build& b, const FactorShapes& shapes) {
  const std::optional<Quantization> how = quantization_of(b);
  std::optional<Value> bias;
  const auto ask_for_bias = [&] {
    if (shapes.bias) bias = b.weight("bias", *shapes.bias);
  };
  if (!how) {
    const Value kernel = b.weight("kernel", shapes.kernel);
    ask_for_bias();
    return {.input = b.input(), .kernel = kernel, .bias = bias};
  }
  if (how->mode == Mode::kFloat8) return float8_factors(b, *how, shapes);
  if (how->mode == Mode::kInt8) {
    const Value kernel = b.weight("kernel", shapes.kernel, false);
    ask_for_bias();
    const Value divisor = b.weight("kernel_scale", shapes.divisor, false);
    return {
        .input = rounded_input(b, *how, shapes.summed_in_input), .kernel = kernel, .divisor = divisor, .bias = bias};
  }
  // The asymmetric int4 with zero points leaves its input alone, whatever the config says.
  const bool rounds_input = how->mode == Mode::kInt4 && how->group < 0;
  const Value kernel = how->mode == Mode::kInt4
                           ? int4_kernel(b, *how, matrix_by_axes(shapes.kernel, shapes.summed_in_kernel), ask_for_bias)
                           : calibrated_kernel(b, *how, matrix_by_sizes(b, shapes.kernel), ask_for_bias);
  return {.input = rounds_input ? rounded_input(b, *how, shapes.summed_in_input) : b.input(),
          .kernel = ops::reshape(b.graph, kernel, shapes.kernel),
          .bias = bias};
}

Value divided_and_shifted(Build& b, Value product, const Factors& factors) {
  if (factors.divisor) product = combined(b, product, *factors.divisor, ops::Binary::kDivide);
  if (factors.bias) product = combined(b, product, *factors.bias, ops::Binary::kAdd);
  return product;
}

QuantizedTable quantized_table(Build& b, const Quantization& how, const Shape& shape) {
  if (how.mode != Mode::kInt8 && how.mode != Mode::kInt4) refuse(b, quantization_mode(b.layer()));
  const std::int64_t stored = how.mode == Mode::kInt4 ? (shape[1] + 1) / 2 : shape[1];
  QuantizedTable table = {.how = how, .shape = shape, .numbers = b.weight("embeddings", {shape[0], stored}, false)};
  if (how.group < 0) {
    table.scale = b.weight("embeddings_scale", {shape[0]}, false);
    return table;
  }
  const Shape by_group = {shape[0], groups(how, shape[1])};
  table.scale = b.weight("embeddings_scale", by_group, false);
  table.zero = b.weight("embeddings_zero", by_group, false);
  table.group = b.weight("g_idx", {shape[1]}, false);
  return table;
}

Value rows(Build& b, const QuantizedTable& table, std::optional<Value> indices) {
  const auto picked = [&](Value of_rows) { return indices ? ops::gather(b.graph, of_rows, *indices) : of_rows; };
  Value numbers = picked(table.numbers);
  const int last = b.graph.shape(numbers).rank() - 1;
  if (table.how.mode == Mode::kInt4)
    numbers = ops::unpack_nibbles(b.graph, numbers, {.axis = last, .size = table.shape[1]});
  const Shape shape = b.graph.shape(numbers);
  const std::int64_t count = shape.elements(0, last);
  if (!table.group) {
    Shape of_rows = shape;
    of_rows[last] = 1;
    return combined(b, numbers, ops::reshape(b.graph, picked(table.scale), of_rows), ops::Binary::kDivide);
  }
  const auto by_column = [&](Value of_groups) {
    const Value matrix = ops::reshape(b.graph, picked(of_groups), {count, b.graph.shape(of_groups).back()});
    return ops::reshape(b.graph, transposed(b, rows_of(b, transposed(b, matrix), *table.group)), shape);
  };
  return dequantized(b, numbers, by_column(table.scale), by_column(*table.zero));
}

Value reverse_kernel(Build& b, const QuantizedTable& table) {
  const std::int64_t rows = table.shape[1], columns = table.shape[0];
  const bool is_packed = table.how.mode == Mode::kInt4;
  Value numbers = b.weight("reverse_embeddings", {is_packed ? (rows + 1) / 2 : rows, columns}, false);
  if (is_packed) numbers = ops::unpack_nibbles(b.graph, numbers, {.axis = 0, .size = rows});
  if (!table.group)
    return combined(b, numbers, b.weight("reverse_embeddings_scale", {columns}, false), ops::Binary::kDivide);
  const Shape by_group = {groups(table.how, rows), columns};
  const Value scale = b.weight("reverse_embeddings_scale", by_group, false);
  const Value zero = b.weight("reverse_embeddings_zero", by_group, false);
  return dequantized(b, numbers, rows_of(b, scale, *table.group), rows_of(b, zero, *table.group));
}

}  // namespace kerascope::layers
