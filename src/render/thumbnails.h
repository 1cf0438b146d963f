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
};

/// An RGB strip of at most that width and that height, on the ground's colour; the numbers are drawn as grid() does.
///   - maps: as many tiles as fit, of the channels 0, C/n, 2C/n, ...; the proportions are kept, as far as a tile is at
///     most a third of the strip. Of slices, those from the middle outwards, more of them where channels are few.
///   - vectors: rows of square cells.
///   - sequences: time from left to right, channels downwards.
/// @throws Error{shape-empty}
Picture thumbnails(const Tensor& sample, const std::string& axes, const ThumbnailOptions& options);

/// The input as the model sees it, within the given size: a picture, or what thumbnails() makes of it.
Picture input_thumbnail(const Tensor& sample, const std::string& axes, const ThumbnailOptions& options);

}  // namespace kerascope
