// Layers that Keras has quantised: their weights are stored in few bits, with scales.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "layers/build.h"

namespace kerascope::layers {

/// What a layer's `dtype` and `quantization_config` say.
struct Quantization {
  enum class Mode { kInt8, kInt4, kFloat8, kGptq, kAwq };
  Mode mode = Mode::kInt8;
  int bits = 8;              ///< of a stored weight
  std::int64_t group = -1;   ///< how many rows of a kernel share a scale and a zero point; -1: all
  std::int64_t history = 0;  ///< kFloat8: how many maxima are stored
  /// kInt8 and kInt4: how the layer's input is rounded. Nothing if it is not.
  struct Rounding {
    float low = -127, high = 127, epsilon = 1e-7f;
  };
  std::optional<Rounding> inputs;
};
/// Nothing if the layer is not quantised. @throws Error{layer-unsupported} if it is so in a way that is not known
std::optional<Quantization> quantization_of(const Build& b);
/// Its name: "int8". Empty if the layer is not quantised.
std::string quantization_mode(const LayerData& layer);

/// What a layer with a kernel multiplies: its output is product(input, kernel) / divisor + bias.
struct Factors {
  Value input, kernel;
  std::optional<Value> divisor, bias;
};
struct FactorShapes {
  Shape kernel;
  std::optional<Shape> bias;
  Shape divisor;                                       ///< of an int8 kernel; broadcast against the product
  std::vector<int> summed_in_input, summed_in_kernel;  ///< axes that the product lacks
};
/// The layer's input and its weights "kernel" and "bias", with what quantisation does to them.
Factors factors(Build& b, const FactorShapes& shapes);
/// product / divisor + bias
Value divided_and_shifted(Build& b, Value product, const Factors& factors);

/// The quantised weight "embeddings" of a layer that looks up rows.
struct QuantizedTable {
  Quantization how;
  Shape shape;                                 ///< (rows, columns)
  Value numbers, scale;                        ///< as stored: two columns in a byte if they are int4
  std::optional<Value> zero = {}, group = {};  ///< if columns are quantised in groups
};
QuantizedTable quantized_table(Build& b, const Quantization& how, const Shape& shape);
/// Rows by whole numbers: (..) -> (.., columns). @param indices  nothing: all rows
Value rows(Build& b, const QuantizedTable& table, std::optional<Value> indices);
/// The weight "reverse_embeddings" of the same layer, (columns, rows).
Value reverse_kernel(Build& b, const QuantizedTable& table);

/// The input as the quantised layer sees it: rounded against its largest absolute value over `axes`.
Value rounded_input(Build& b, const Quantization& how, const std::vector<int>& axes);

}  // namespace kerascope::layers
