// Sequences as lines over time, which runs from left to right.
#pragma once

#include <span>
#include <string>

#include "base/statistics.h"
#include "render/grid.h"
#include "render/resize.h"
#include "render/tiles.h"

namespace kerascope {

/// Whether these tiles are a sequence that is drawn as lines.
bool are_lines(const Tiles& tiles, const GridOptions& options);

/// A panel per channel, one below the other, each with its number and its range; below them the steps.
/// @param tiles   of a sequence: channels down, steps across
/// @param names   of the channels; empty: their numbers from 0
/// @param shared  of all lines; null: each from its least to its greatest number
Grid draw_lines(const float* numbers, const Tiles& tiles, std::span<const std::string> names, const Range* shared,
                const GridOptions& options);

/// One line alone on the ground, as large as a tile of an overview. What is not finite is magenta; a line that does not
/// move is on a hatch.
Picture line_tile(const float* numbers, const Axis& steps, const Range* shared, Size size);

}  // namespace kerascope
