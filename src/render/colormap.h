// Which colour a number gets, once a scale has put it between 0 and 1.
#pragma once

#include <span>
#include <string>

#include "render/picture.h"

namespace kerascope {

/// kDiverging is blue below the middle, near-white in it, red above: for a symmetric scale, where the middle is zero.
enum class Colormap { kGray, kViridis, kMagma, kDiverging };

/// "gray" (or "grey"), "viridis", "magma", "diverging".
/// @throws Error{usage} with "did you mean".
Colormap parse_colormap(const std::string& name);
std::string name_of(Colormap colormap);

/// From the least number to the greatest.
std::span<const Rgb, 256> colors(Colormap colormap);

}  // namespace kerascope
