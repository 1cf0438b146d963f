// Sequences as line plots; time runs from left to right.
#pragma once

#include <span>
#include <string>

#include "base/statistics.h"
#include "render/grid.h"
#include "render/resize.h"
#include "render/tiles.h"

namespace kerascope {

/// Whether these tiles are a sequence to be drawn as lines.
bool are_lines(const Tiles& tiles, const GridOptions& options);

/// Draws one panel per channel, one below the other, each with its index and its range; below them an axis of steps.
/// @param tiles   a sequence's: channels down, steps across
/// @param names   the channels' names; empty: their indices from 0
/// @param shared  the scale of all lines; null: each from its smallest to its largest number
Grid draw_lines(const float* numbers, const Tiles& tiles, std::span<const std::string> names, const Range* shared,
                const GridOptions& options);

/// One line on the background, as large as a tile of an overview. Non-finite numbers are magenta; a constant line has a
/// hatched background.
Picture line_tile(const float* numbers, const Axis& steps, const Range* shared, Size size);

}  // namespace kerascope
