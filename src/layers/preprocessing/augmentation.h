// What the augmentation layers share.
#pragma once

#include "layers/build.h"

namespace kerascope::layers {

/// Adds a note in the training phase for a layer that acts only there, which Kerascope does not compute yet.
/// @param does  what it does instead: "keeps still"
inline void note_stillness(Build& b, std::string_view does = "keeps still") {
  if (b.random())
    b.notes.push_back(fmt::format("layer '{}' ({}) {} in the training phase: Kerascope does not compute it yet",
                                  b.layer().name, b.layer().class_name, does));
}

/// (low, high). @throws Error{config-type} unless there are two numbers
inline std::pair<float, float> range_of(const Build& b, const std::vector<float>& value_range) {
  if (value_range.size() != 2)
    b.refuse("value_range", fmt::format("({})", fmt::join(value_range, ", ")), "two numbers");
  return std::minmax(value_range[0], value_range[1]);
}

}  // namespace kerascope::layers
