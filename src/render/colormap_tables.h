// The colours of the colour maps, from the least number to the greatest.
#pragma once

#include <array>

#include "render/picture.h"

namespace kerascope {

extern const std::array<Rgb, 256> kViridis, kMagma, kDiverging;

}  // namespace kerascope
