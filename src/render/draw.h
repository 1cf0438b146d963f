// Draws tiles of any kind: greys or colours, constant and non-finite numbers, labels, the colour bar.
#pragma once

#include "render/grid.h"
#include "render/tiles.h"

namespace kerascope {

/// @param numbers  the number that the tiles' offsets start from.
/// @param scales   one for all tiles, one per tile, or none: each tile from its smallest to its largest number.
Grid draw(const float* numbers, const Tiles& tiles, std::span<const Range> scales, const GridOptions& options);

/// Draws the same tiles three times, as the red, green and blue of one picture.
/// @param color_stride  distance from a number's red to its green, and from its green to its blue, in numbers.
/// @param scales        one for all tiles, or none: each tile from the smallest to the largest of its three colours.
Grid draw_rgb(const float* numbers, const Tiles& tiles, std::int64_t color_stride, std::span<const Range> scales,
              const GridOptions& options);

}  // namespace kerascope
