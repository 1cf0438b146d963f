// The range of numbers that maps to greys or colours.
#pragma once

#include <span>
#include <string>

#include "base/statistics.h"
#include "kerascope/drawing.h"

namespace kerascope {

/// @throws Error{scale-unknown} for a fixed scale with ends that are not finite, or `low` not below `high`
void require_valid(const Scale& scale);

/// The scale's name in the format of parse_scale().
std::string name_of(const Scale& scale);

/// The scale's ends for a layer with these numbers; NaN if none is finite. Treats kTile as kLayer.
Range range_of(const Scale& scale, std::span<const float> numbers);

}  // namespace kerascope
