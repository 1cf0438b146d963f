// Draws tiles, whatever they stand for: greys or colours, what is constant or not finite, numbers, the colour bar.
#pragma once

#include "render/grid.h"
#include "render/tiles.h"

namespace kerascope {

/// @param numbers  the first number that the tiles' offsets count from.
/// @param scales   of all tiles, of each tile, or none: each tile from its least to its greatest number.
Grid draw(const float* numbers, const Tiles& tiles, std::span<const Range> scales, const GridOptions& options);

/// Three drawings of the same tiles as the red, green and blue of one.
/// @param color_stride  from a number's red to its green and from there to its blue, in numbers.
/// @param scales        of all tiles, or none: each tile from its least to its greatest number of all three colours.
Grid draw_rgb(const float* numbers, const Tiles& tiles, std::int64_t color_stride, std::span<const Range> scales,
              const GridOptions& options);

}  // namespace kerascope
