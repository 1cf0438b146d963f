// Numbers in the corners of tiles.
#pragma once

#include <string>
#include <vector>

#include "render/canvas.h"

namespace kerascope {

/// How large tiles must be for these labels (one per tile, may be empty) and still show something.
Canvas::LeastTile tile_for(const std::vector<std::string>& labels);

/// Draws each label on a small dark plate in the upper left corner of its tile. A palette picture becomes RGB.
void draw_numbers(Picture& picture, const Canvas& canvas, const std::vector<std::string>& labels);

}  // namespace kerascope
