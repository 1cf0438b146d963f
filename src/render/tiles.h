// A tensor as tiles, and their layout in the picture.
#pragma once

#include <string>
#include <vector>

#include "kerascope/shape.h"

namespace kerascope {

struct Axis {
  std::int64_t size = 1, stride = 0;  // in numbers
};

/// Tiles of height x width in reading order: channel 0 slice by slice, then the next channel, and so on.
struct Tiles {
  Axis channels, height, width;
  std::vector<Axis> slices;  ///< slowest first
  bool one_scale = false;    ///< also with Scale::Kind::kTile
  bool may_stretch = false;  ///< height and width have different units, so numbers need not be squares; for an output
                             ///< this means a sequence, time across

  bool hatch_constant = true;                      ///< hatches a tile whose numbers are all equal
  std::int64_t least_zoom = 1, tallest_px = 4096;  ///< limits if the zoom is chosen automatically

  std::int64_t rows = 1, columns = 1;
  std::int64_t strip = 0;           ///< so many columns form a group, with wider gaps around it; 0: all
  std::string layout;               ///< for people: "8x8 tiles"; empty for one tile
  std::vector<std::string> labels;  ///< one per tile, or none at all

  std::int64_t slice_count() const;
  std::int64_t count() const { return channels.size * slice_count(); }
  std::int64_t tile_size() const { return height.size * width.size; }
  std::int64_t offset(std::int64_t channel, std::int64_t slice) const;
  bool rows_are_contiguous() const {
    return (width.size == 1 || width.stride == 1) && (height.size == 1 || height.stride == width.size);
  }
};

/// The tiles for a sample, as described at grid(). @throws Error{shape-empty}
Tiles tiles_of(const Shape& shape, const std::string& roles);

/// Lays the tiles out with as many rows as columns: ceil(sqrt(tiles)).
void lay_square(Tiles& tiles);
/// True if each tile is a channel's map, so that any number of columns is possible.
bool are_maps(const Tiles& tiles);
void lay_in_columns(Tiles& tiles, std::int64_t columns);
/// Lays cells out in rows, all full if possible, and not much wider than high, so that a cell's index is easy to count.
void lay_cells(Tiles& tiles);
/// Lays a channel's slices side by side, and so many channels across that the picture is about as wide as high.
void lay_strips(Tiles& tiles);

}  // namespace kerascope
