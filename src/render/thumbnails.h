// A layer's output as a strip of small tiles, for the overview.
#pragma once

#include <string>

#include "kerascope/tensor.h"
#include "render/grid.h"

namespace kerascope {

struct ThumbnailOptions {
  std::int64_t width_px = 705, height_px = 56;
  std::int64_t gap_px = 3;
  Rgb ground = {30, 30, 30};
  Scale scale = {};
  Colormap colormap = Colormap::kGray;
  std::vector<std::int64_t> channels = {};  ///< draws the first of these; empty: evenly spaced channels
  bool in_color = false;                    ///< three channels also as one picture, after them
};

/// An RGB strip within the given width and height, on the background colour; numbers are drawn as by grid().
///   - maps: as many tiles as fit, of the channels 0, C/n, 2C/n, ...; a tile keeps its proportions, and its width is at
///     most a third of the strip's. Of slices, the middle ones; more of them if there are few channels.
///   - vectors: rows of square cells. One number: text.
///   - sequences: time from left to right; lines of some channels side by side, or cells with channels down, as grid()
///     chooses.
/// @throws Error{shape-empty}
Picture thumbnails(const Tensor& sample, const std::string& axes, const ThumbnailOptions& options);

/// The input as the model sees it, within the given size: a picture, or otherwise the result of thumbnails().
Picture input_thumbnail(const Tensor& sample, const std::string& axes, const ThumbnailOptions& options);

}  // namespace kerascope
