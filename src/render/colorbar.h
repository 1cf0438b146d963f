// The bar that says which number a grey or a colour is.
#pragma once

#include "render/grid.h"

namespace kerascope {

/// Puts the picture and its bar on a dark ground with margins. A palette picture becomes RGB.
void add_colorbar(Grid& grid);

}  // namespace kerascope
