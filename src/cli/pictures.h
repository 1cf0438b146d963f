// The options of pictures, and the messages about them.
#pragma once

#include "cli/request.h"
#include "render/grid.h"

namespace kerascope::cli {

void add_picture_options(CLI::App& command, Request& request);
/// The options that say what an output is: a picture, classes, tokens, a sequence.
void add_look_options(CLI::App& command, Request& request);

/// The options as GridOptions. A symmetric scale without --cmap gets the diverging colour map.
/// @throws Error{usage}
GridOptions grid_options(const Request& request);

/// Shape, layout, scale and range of a picture, for --json.
Json picture_json(const std::string& address, const std::string& path, const Shape& shape, const Grid& grid);

/// Prints how the numbers in the tiles changed the picture, if they did.
void tell_numbers(const Request& request, const Grid& grid);

}  // namespace kerascope::cli
