// The picture while it is drawn: tiles of equal size in reading order, each number a square of zoom x zoom pixels.
#pragma once

#include <cstdint>

#include "render/grid.h"

namespace kerascope {

/// Threads may draw different tiles at once.
class Canvas {
 public:
  /// @throws Error{picture-too-large} beyond 2^28 pixels.
  Canvas(std::int64_t tiles, std::int64_t tile_height, std::int64_t tile_width, const GridOptions& options);

  int columns() const { return static_cast<int>(columns_); }
  int zoom() const { return static_cast<int>(zoom_); }

  /// Draws row `y` of a tile from one grey a number.
  void draw_row(std::int64_t tile, std::int64_t y, const unsigned char* greys);
  /// Diagonal stripes that go on from tile to tile, so that a field of constant channels stays calm.
  void hatch(std::int64_t tile);

  /// From grey to RGB, once everything grey is drawn.
  void turn_rgb();
  /// Only after turn_rgb().
  void draw_magenta(std::int64_t tile, std::int64_t y, std::int64_t x);

  Picture take_picture() { return std::move(picture_); }

 private:
  std::int64_t side(std::int64_t tile_side) const { return columns_ * (tile_side * zoom_ + gap_px_) - gap_px_; }
  std::int64_t fitting_zoom() const;
  unsigned char* at(std::int64_t tile, std::int64_t y, std::int64_t x);

  std::int64_t tile_height_, tile_width_, gap_px_, columns_ = 0, zoom_ = 1;
  Picture picture_;
};

}  // namespace kerascope
