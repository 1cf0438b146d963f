// From which number to which the grey or colour goes.
#pragma once

#include <span>
#include <string>

#include "base/statistics.h"

namespace kerascope {

/// Only finite numbers count, in all kinds.
struct Scale {
  enum class Kind {
    kTile,        ///< each tile from its own least number to its own greatest
    kLayer,       ///< all tiles from the layer's least number to its greatest
    kSymmetric,   ///< all tiles from -m to m, where m is the layer's largest absolute number: zero is the middle
    kPercentile,  ///< all tiles from the layer's 1st percentile to its 99th (as numpy.percentile counts), what lies
                  ///< beyond is clipped; where both are equal, as in a layer that is almost all zeros: as kLayer
    kFixed,       ///< all tiles from `low` to `high`, what lies beyond is clipped
  };
  Kind kind = Kind::kTile;
  float low = 0, high = 0;  ///< of kFixed
};

/// "tile", "layer", "symmetric", "percentile", or "LO,HI".
/// @throws Error{usage}
Scale parse_scale(const std::string& text);
/// As parse_scale() reads it.
std::string name_of(const Scale& scale);

/// The scale's ends for a layer of these numbers; NaN where none is finite. kTile as kLayer.
Range range_of(const Scale& scale, std::span<const float> numbers);

}  // namespace kerascope
