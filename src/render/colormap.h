// The colours for numbers that a scale has mapped to 0..1.
#pragma once

#include <span>
#include <string>

#include "render/picture.h"

namespace kerascope {

std::string name_of(Colormap colormap);

/// The colours from the smallest number to the largest.
std::span<const Rgb, 256> colors(Colormap colormap);

}  // namespace kerascope
