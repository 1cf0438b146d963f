// The picture while it is drawn: tiles of equal size in reading order, each number a rectangle of pixels.
#pragma once

#include <cstdint>

#include "render/grid.h"
#include "render/tiles.h"

namespace kerascope {

/// @throws Error{grid-invalid, scale-unknown}
void require_valid_options(const GridOptions& options);

/// Holds one byte a pixel: a grey, or in colour one of levels() colours of the map or one of a few others.
/// Threads may draw different tiles at once.
class Canvas {
 public:
  /// A tile is made at least so large where the zoom can do it.
  struct LeastTile {
    std::int64_t width_px = 1, height_px = 1;
  };
  /// @throws Error{picture-too-large} beyond 2^28 pixels.
  Canvas(const Tiles& tiles, const GridOptions& options, LeastTile least = {1, 1});

  /// How many pixels wide a number is.
  int zoom() const { return static_cast<int>(zoom_x_); }
  /// True where the tiles' least size made the zoom larger than it would have been.
  bool is_zoom_raised() const { return is_zoom_raised_; }
  /// What draw_row() takes: 0 to levels() - 1.
  int levels() const;

  std::int64_t left(std::int64_t tile) const;
  std::int64_t top(std::int64_t tile) const;

  /// Draws row `y` of a tile from one level a number.
  void draw_row(std::int64_t tile, std::int64_t y, const unsigned char* levels);
  /// Diagonal stripes that go on from tile to tile, so that a field of constant channels stays calm.
  void hatch(std::int64_t tile);

  /// Before draw_magenta(): a grey picture has to become RGB, once everything grey is drawn.
  void make_room_for_magenta();
  void draw_magenta(std::int64_t tile, std::int64_t y, std::int64_t x);

  Picture take_picture() { return std::move(picture_); }

 private:
  void choose_zoom(int wanted, LeastTile least);
  std::int64_t width_px() const;
  std::int64_t height_px() const;
  bool is_gray() const { return colormap_ == Colormap::kGray; }

  const Tiles& tiles_;
  Colormap colormap_;
  std::int64_t gap_px_, strip_gap_px_, zoom_x_ = 1, zoom_y_ = 1;
  bool is_zoom_raised_ = false;
  Picture picture_;
};

}  // namespace kerascope
