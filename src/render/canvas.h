// The picture while it is drawn: equal tiles in reading order, with a rectangle of pixels per number.
#pragma once

#include <cstdint>

#include "render/grid.h"
#include "render/tiles.h"

namespace kerascope {

/// @throws Error{grid-invalid, scale-unknown}
void require_valid_options(const GridOptions& options);

/// Holds one byte per pixel: a grey, or with a colour map one of its levels() colours or of a few others. Threads may
/// draw different tiles at once.
class Canvas {
 public:
  /// The least size of a tile in pixels, which the zoom is raised for if possible.
  struct LeastTile {
    std::int64_t width_px = 1, height_px = 1;
  };
  /// @throws Error{picture-too-large} beyond 2^28 pixels.
  Canvas(const Tiles& tiles, const GridOptions& options, LeastTile least = {1, 1});

  /// Pixels per number, across.
  int zoom() const { return static_cast<int>(zoom_x_); }
  /// True if the tiles' least size raised the zoom.
  bool is_zoom_raised() const { return is_zoom_raised_; }
  /// The number of levels for draw_row(): 0 to levels() - 1.
  int levels() const;

  std::int64_t left(std::int64_t tile) const;
  std::int64_t top(std::int64_t tile) const;

  /// Draws row `y` of a tile from one level per number.
  void draw_row(std::int64_t tile, std::int64_t y, const unsigned char* levels);
  /// Draws diagonal stripes that continue from tile to tile, so that many constant channels look uniform.
  void hatch(std::int64_t tile);

  /// Call before draw_magenta(), after everything grey is drawn: turns a grey picture into RGB.
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
