// What the element-by-element merging layers share.
#pragma once

#include "layers/build.h"
#include "ops/binary.h"
#include "ops/compare.h"
#include "ops/reshape.h"

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

/// The mask that Keras makes of the inputs' masks. Before Keras 3 a step counts if it counts in all inputs that have a
/// mask. Since then it counts if it counts in any input, and there is no mask unless all inputs have one.
inline std::optional<Value> merged_mask(Build& b) {
  const bool is_any = b.keras_major() >= 3;
  std::optional<Value> merged;
  for (int i = 0; i < b.inputs(); ++i) {
    const std::optional<Value>& mask = b.mask(i);
    if (!mask && is_any) return {};
    if (mask)
      merged = merged ? ops::logical(b.graph, *merged, *mask, is_any ? ops::Logical::kOr : ops::Logical::kAnd) : *mask;
  }
  return merged;
}

/// Folds all inputs from the left. As in Keras, inputs of a lower rank get axes of size 1 after the batch.
inline Outputs merged(Build& b, ops::Binary function) {
  require_list(b);
  int rank = 0, widest = 0;
  for (int i = 0; i < b.inputs(); ++i)
    if (b.shape(i).rank() > rank) {
      rank = b.shape(i).rank();
      widest = i;
    }
  auto expanded = [&](int i) {
    std::vector<std::int64_t> sizes = b.shape(i).sizes();
    if (sizes.empty()) return b.input(i);
    sizes.insert(sizes.begin() + 1, static_cast<std::size_t>(rank) - sizes.size(), 1);
    return b.shape(i).rank() == rank ? b.input(i) : ops::reshape(b.graph, b.input(i), Shape(sizes));
  };
  Value result = expanded(0);
  for (int i = 1; i < b.inputs(); ++i) result = ops::binary(b.graph, result, expanded(i), function);
  Outputs outputs = b.with_axes(result, b.axes(widest));
  outputs[0].mask = merged_mask(b);
  return outputs;
}

inline void require_two_inputs(const Build& b) {
  if (b.inputs() != 2)
    b.fail("call-invalid", fmt::format("layer '{}' ({}) is called with {} inputs and takes 2", b.layer().name,
                                       b.layer().class_name, b.inputs()));
}

}  // namespace kerascope::layers
