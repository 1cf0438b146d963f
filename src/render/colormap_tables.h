// The tables of the colour maps, from the smallest number to the largest.
#pragma once

#include <array>

#include "render/picture.h"

namespace kerascope {

extern const std::array<Rgb, 256> kViridis, kMagma, kDiverging;

}  // namespace kerascope
