// A tensor seen as tiles, and where they lie in the picture.
#pragma once

#include <string>
#include <vector>

#include "kerascope/shape.h"

namespace kerascope {

struct Axis {
  std::int64_t size = 1, stride = 0;  // in numbers
};

/// Tiles of height x width: those of channel 0 slice by slice, then the next channel's, in reading order.
struct Tiles {
  Axis channels, height, width;
  std::vector<Axis> slices;  ///< slowest first
  bool one_scale = false;    ///< even where each tile of a map would have its own
  bool may_stretch = false;  ///< height and width measure different things, so that numbers need not be squares; of an
                             ///< output it is a sequence, time across

  bool hatch_constant = true;                      ///< a tile whose numbers are all the same
  std::int64_t least_zoom = 1, tallest_px = 4096;  ///< of a zoom that is ours to choose

  std::int64_t rows = 1, columns = 1;
  std::int64_t strip = 0;           ///< so many columns belong together, apart from others beside and below; 0: all
  std::string layout;               ///< for people: "8x8 tiles"; empty for one tile
  std::vector<std::string> labels;  ///< one a tile, or none at all

  std::int64_t slice_count() const;
  std::int64_t count() const { return channels.size * slice_count(); }
  std::int64_t tile_size() const { return height.size * width.size; }
  std::int64_t offset(std::int64_t channel, std::int64_t slice) const;
  bool rows_are_contiguous() const {
    return (width.size == 1 || width.stride == 1) && (height.size == 1 || height.stride == width.size);
  }
};

/// How grid() sees a sample (see there). @throws Error{shape-empty}
Tiles tiles_of(const Shape& shape, const std::string& roles);

/// As many rows as columns: ceil(sqrt(tiles)).
void lay_square(Tiles& tiles);
/// True where each tile is a channel's map, which may be laid in any number of columns.
bool are_maps(const Tiles& tiles);
void lay_in_columns(Tiles& tiles, std::int64_t columns);
/// Rows that are all full where that is possible, and not much wider than high, so that a cell is easily counted out.
void lay_cells(Tiles& tiles);
/// The slices of a channel side by side, and as many channels across as make the picture about as wide as high.
void lay_strips(Tiles& tiles);

}  // namespace kerascope
