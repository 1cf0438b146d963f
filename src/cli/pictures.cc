#include "cli/pictures.h"

#include "base/text.h"

namespace kerascope::cli {

void add_picture_options(CLI::App& command, Request& request) {
  command.add_option("--sample", request.sample, "which of a batch is drawn")->capture_default_str();
  command.add_option("--gap", request.gap_px, "pixels between the tiles")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  command.add_option("--zoom", request.zoom, "pixels a number; 0: as many as make the picture 512 wide")
      ->check(CLI::Range(0, 64))
      ->capture_default_str();
  command
      .add_option(
          "--scale", request.scale,
          "from which number to which the grey goes: tile (each its own), layer (one for all), symmetric (-m to "
          "m), percentile (1st to 99th), or LO,HI")
      ->default_str("tile")
      ->type_name("tile|layer|symmetric|percentile|LO,HI");
  command.add_option("--cmap", request.colormap, "the colours of small to large numbers")
      ->default_str("gray")
      ->type_name("gray|viridis|magma|diverging");
  command.add_flag("--colorbar", request.colorbar, "a bar beside the tiles that says which number a colour is");
  command
      .add_option("--terminal", request.terminal,
                  "how pictures are drawn in the terminal: kitty, iterm2, sixel, blocks; off: never (default: what it "
                  "says it can)")
      ->check(CLI::IsMember({"auto", "kitty", "iterm2", "sixel", "blocks", "off"}));
  command.add_flag("--numbers", request.numbers, "each channel's number in its tile");
}

void add_look_options(CLI::App& command, Request& request) {
  command.add_flag("--rgb", request.rgb,
                   "three channels as one picture in colour, from 0 to 1, -1 to 1, 0 to 255 (what the numbers suit) or "
                   "as --scale says");
  command.add_flag("--classes", request.classes,
                   "a segmentation: the channel with the largest number at each place in its colour, with a legend and "
                   "each class's share; without --layer of the model's outputs");
  command.add_flag("--overlay", request.overlay, "the same over the input");
  command
      .add_option("--grid", request.grid,
                  "tokens as maps: as many rows and columns of them, without a class token before them; by default "
                  "guessed where there is one; off: a sequence")
      ->type_name("ROWSxCOLUMNS");
  command
      .add_option("--sequence", request.sequence,
                  "how a sequence is drawn, time from left to right: lines (up to 32 channels), or cells")
      ->check(CLI::IsMember({"lines", "cells"}));
}

namespace {

/// Parses an option's value with the library's function; its errors become Error{usage}.
template <typename Value>
Value parsed(const char* option, const std::string& value, Value (*parse)(const std::string&)) {
  try {
    return parse(value);
  } catch (const Error& error) {
    Error::Parts parts = error.parts();
    parts.code = "usage";
    parts.where = fmt::format("{}={}", option, text::printable(value));
    throw Error(std::move(parts));
  }
}

}  // namespace

GridOptions grid_options(const Request& request) {
  GridOptions options{.gap_px = request.gap_px, .zoom = request.zoom};
  if (!request.scale.empty()) options.scale = parsed("--scale", request.scale, parse_scale);
  if (!request.colormap.empty())
    options.colormap = parsed("--cmap", request.colormap, parse_colormap);
  else if (options.scale.kind == Scale::Kind::kSymmetric)
    options.colormap = Colormap::kDiverging;
  options.numbers = request.numbers;
  options.in_color = request.rgb;
  if (!request.grid.empty()) options.tokens = parsed("--grid", request.grid, parse_token_grid);
  if (!request.sequence.empty()) options.sequence = request.sequence == "lines" ? Sequence::kLines : Sequence::kCells;
  options.colorbar = request.colorbar;
  return options;
}

Json picture_json(const std::string& address, const std::string& path, const Shape& shape, const Grid& grid) {
  Json json = {{"address", address},
               {"path", path},
               {"shape", shape.sizes()},
               {"rows", grid.rows},
               {"columns", grid.columns},
               {"layout", grid.layout},
               {"min", grid.minimum},
               {"max", grid.maximum},
               {"scale", name_of({grid.scale, grid.low, grid.high})},
               {"colormap", name_of(grid.colormap)}};
  if (grid.has_one_scale) json["ends"] = {grid.low, grid.high};
  if (grid.form == Grid::Form::kColor) json["rgb"] = true;
  return json;
}

void tell_numbers(const Request& request, const Grid& grid) {
  if (!request.numbers) return;
  if (grid.is_zoom_raised)
    note(request, "numbers", fmt::format("drawn with zoom {}, so that they have room", grid.zoom));
  else if (!grid.has_numbers)
    note(request, "numbers", fmt::format("none: {}", grid.layout));
}

}  // namespace kerascope::cli
