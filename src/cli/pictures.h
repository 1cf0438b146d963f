// The options of pictures, and what is told about each.
#pragma once

#include "cli/request.h"
#include "render/grid.h"

namespace kerascope::cli {

void add_picture_options(CLI::App& command, Request& request);
/// Those that say what a layer's output is: a picture, classes, tokens, a sequence.
void add_look_options(CLI::App& command, Request& request);

/// A symmetric scale without --cmap picks the diverging map.
/// @throws Error{usage}
GridOptions grid_options(const Request& request);

/// Shape, layout, scale and range of a picture, as --json lists it.
Json picture_json(const std::string& address, const std::string& path, const Shape& shape, const Grid& grid);

/// What the numbers in the tiles changed about the picture, if anything.
void tell_numbers(const Request& request, const Grid& grid);

}  // namespace kerascope::cli
