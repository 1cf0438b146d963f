// The bar that maps greys or colours to numbers.
#pragma once

#include "render/grid.h"

namespace kerascope {

/// Puts the picture and its bar on a dark background with margins. A palette picture becomes RGB.
void add_colorbar(Grid& grid);

}  // namespace kerascope
