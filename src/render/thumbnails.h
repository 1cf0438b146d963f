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
  std::vector<std::int64_t> channels = {};  ///< the first of these instead; empty: evenly spaced ones
  bool in_color = false;                    ///< three channels also as one picture, behind them
};

/// An RGB strip of at most that width and that height, on the ground's colour; the numbers are drawn as grid() does.
///   - maps: as many tiles as fit, of the channels 0, C/n, 2C/n, ...; a tile keeps its proportions, and is at most a
///     third of the strip wide. Of slices, those from the middle outwards, more of them where channels are few.
///   - vectors: rows of square cells. One number: text.
///   - sequences: time from left to right; lines of some channels beside each other, or cells with channels downwards,
///     as grid() chooses.
/// @throws Error{shape-empty}
Picture thumbnails(const Tensor& sample, const std::string& axes, const ThumbnailOptions& options);

/// The input as the model sees it, within the given size: a picture, or what thumbnails() makes of it.
Picture input_thumbnail(const Tensor& sample, const std::string& axes, const ThumbnailOptions& options);

}  // namespace kerascope
