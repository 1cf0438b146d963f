// What the layers share that encode whole numbers as vectors.
#pragma once

#include <optional>
#include <variant>

#include "kerascope/layers/preprocessing.h"
#include "layers/build.h"
#include "model/json.h"

namespace kerascope::layers {

/// Encodes numbers as vectors: (N, T) -> (N, depth), or with kOneHot (N, T, depth). Skips numbers from `depth` on.
/// @param weights  (N, T): what each number adds when they are counted.
Value encoded(Build& b, Value numbers, std::int64_t depth, CategoryMode mode, std::optional<Value> weights = {});
/// The same as a layer's outputs, which with kInt are the numbers themselves.
Outputs encoded(Build& b, Value numbers, std::int64_t depth, Discretization::Mode mode);

/// Reads or writes an argument that may be a whole number or something else.
template <typename Other>
void number_or(const char* key, std::optional<std::variant<std::int64_t, Other>>& value, auto& field) {
  std::optional<std::int64_t> number;
  std::optional<Other> other;
  if (value && value->index() == 0) number = std::get<0>(*value);
  if (value && value->index() == 1) other = std::get<1>(*value);
  if (other || field.raw(key).is_string() || field.raw(key).is_array()) {
    field(key, other);
    if (other) value = *other;
  } else {
    field(key, number);
    if (number) value = *number;
  }
}

/// For a key, `sparse` or `ragged`, that asks for a tensor which is not dense.
/// @throws Error{layer-unsupported} if the config has it as true
void require_dense(const Build& b, const char* key);

}  // namespace kerascope::layers
