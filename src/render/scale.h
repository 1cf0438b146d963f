// From which number to which the grey or colour goes.
#pragma once

#include <span>
#include <string>

#include "base/statistics.h"
#include "kerascope/drawing.h"

namespace kerascope {

/// @throws Error{scale-unknown} for a fixed one whose ends are not finite, or the first not less
void require_valid(const Scale& scale);

/// As parse_scale() reads it.
std::string name_of(const Scale& scale);

/// The scale's ends for a layer of these numbers; NaN where none is finite. kTile as kLayer.
Range range_of(const Scale& scale, std::span<const float> numbers);

}  // namespace kerascope
