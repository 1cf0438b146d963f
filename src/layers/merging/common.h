// What the element-by-element merging layers share.
#pragma once

#include "layers/keras_version.h"
#include "ops/binary.h"
#include "ops/compare.h"
#include "ops/reshape.h"
#include "ops/select.h"

namespace kerascope::layers {

/// Keras accepts a single tensor only in a list; files of Keras before 3 do not tell whether it was in one.
inline void require_list(const Build& b) {
  b.require_inputs(1);
  const Json& arguments = b.call().positional;
  const bool is_alone = b.inputs() == 1 && !arguments.empty() && !arguments[0].is_array();
  if (is_alone && b.keras_major() >= 3)
    b.fail("call-invalid", fmt::format("layer '{}' ({}) is called with 1 input and takes 2 or more", b.layer().name,
                                       b.layer().class_name));
}

/// Keras 3.4 changed what masks mean to these layers.
inline bool has_masks_of_any(const Build& b) { return keras_version(b) >= std::pair(3, 4); }

/// The mask that Keras makes of the inputs' masks. Before Keras 3.4 a step counts if it counts in all inputs that have
/// a mask. Since then it counts if it counts in any input, and there is no mask unless all inputs have one.
inline std::optional<Value> merged_mask(Build& b) {
  const bool is_any = has_masks_of_any(b);
  std::optional<Value> merged;
  for (int i = 0; i < b.inputs(); ++i) {
    const std::optional<Value>& mask = b.mask(i);
    if (!mask && is_any) return {};
    if (mask)
      merged = merged ? ops::logical(b.graph, *merged, *mask, is_any ? ops::Logical::kOr : ops::Logical::kAnd) : *mask;
  }
  return merged;
}

/// An input as it is merged: expanded to the rank of all.
struct Merged {
  Value value;
  std::optional<Value> mask = {};  ///< whether its steps count, with an axis of size 1 at the end
};
/// What two of them make.
using Merge = std::function<Merged(const Merged& left, const Merged& right)>;

/// The first input of the highest rank.
inline int widest_input(const Build& b) {
  int widest = 0;
  for (int i = 1; i < b.inputs(); ++i)
    if (b.shape(i).rank() > b.shape(widest).rank()) widest = i;
  return widest;
}

/// Folds all inputs from the left. As in Keras, inputs of a lower rank get axes of size 1 after the batch.
inline Merged fold(Build& b, const Merge& merge) {
  require_list(b);
  const int rank = b.shape(widest_input(b)).rank();
  auto expanded = [&](int i) -> Merged {
    std::vector<std::int64_t> sizes = b.shape(i).sizes();
    if (b.shape(i).rank() != rank && !sizes.empty()) {  // Keras forgets the mask of what it expands
      sizes.insert(sizes.begin() + 1, static_cast<std::size_t>(rank) - sizes.size(), 1);
      return {ops::reshape(b.graph, b.input(i), Shape(sizes))};
    }
    if (!b.mask(i) || b.graph.shape(*b.mask(i)).rank() != rank - 1) return {b.input(i)};
    std::vector<std::int64_t> mask = b.graph.shape(*b.mask(i)).sizes();
    mask.push_back(1);
    return {b.input(i), ops::reshape(b.graph, *b.mask(i), Shape(mask))};
  };
  Merged result = expanded(0);
  for (int i = 1; i < b.inputs(); ++i) result = merge(result, expanded(i));
  return result;
}

inline Outputs merged_outputs(Build& b, Value value) {
  Outputs outputs = b.with_axes(value, b.axes(widest_input(b)));
  outputs[0].mask = merged_mask(b);
  return outputs;
}

/// x, and something else in the steps that do not count.
inline Value where_counted(Build& b, const std::optional<Value>& mask, Value x, Value otherwise) {
  return mask ? ops::select(b.graph, *mask, x, otherwise) : x;
}

/// A step of two inputs counts if it counts in one of them; nothing unless both have masks.
inline std::optional<Value> either_mask(Build& b, const Merged& left, const Merged& right) {
  if (!left.mask || !right.mask) return {};
  return ops::logical(b.graph, *left.mask, *right.mask, ops::Logical::kOr);
}

inline Outputs merged(Build& b, ops::Binary function) {
  const Merged all = fold(b, [&](const Merged& left, const Merged& right) -> Merged {
    return {ops::binary(b.graph, left.value, right.value, function)};
  });
  return merged_outputs(b, all.value);
}

/// For a function without a neutral number: since Keras 3.4 a step that does not count in one input is the other's.
inline Outputs merged_where_masked(Build& b, ops::Binary function) {
  if (!has_masks_of_any(b)) return merged(b, function);
  const Merged all = fold(b, [&](const Merged& left, const Merged& right) -> Merged {
    const Value y = where_counted(b, right.mask, right.value, left.value);
    const Value x = where_counted(b, left.mask, left.value, y);
    return {ops::binary(b.graph, x, y, function), either_mask(b, left, right)};
  });
  return merged_outputs(b, all.value);
}

inline void require_two_inputs(const Build& b) {
  if (b.inputs() != 2)
    b.fail("call-invalid", fmt::format("layer '{}' ({}) is called with {} inputs and takes 2", b.layer().name,
                                       b.layer().class_name, b.inputs()));
}

}  // namespace kerascope::layers
