// Which colour a number gets, once a scale has put it between 0 and 1.
#pragma once

#include <span>
#include <string>

#include "render/picture.h"

namespace kerascope {

std::string name_of(Colormap colormap);

/// From the least number to the greatest.
std::span<const Rgb, 256> colors(Colormap colormap);

}  // namespace kerascope
