// Feature maps as pictures: one tile a channel, or cells, rows, slices for what is no map.
#pragma once

#include <filesystem>
#include <string>

#include "base/tensor.h"
#include "render/picture.h"

namespace kerascope {

struct GridOptions {
  int gap_px = 1;  ///< of dark grey between tiles (none around them); never zoomed
  int zoom = 0;    ///< 0: the least whole factor that makes the picture at least 512 pixels wide, as far as it then is
                   ///< at most 4096 high
};

struct Grid {
  Picture picture;
  int rows = 0, columns = 0;       ///< in tiles
  float minimum = 0, maximum = 0;  ///< over the finite numbers of all tiles; NaN where there is none
  int zoom = 1;
  bool has_one_scale = false;  ///< vectors and sequences: all tiles share one scale
};

/// Lays one sample's feature map out as grey tiles, each scaled from its own minimum to its maximum:
/// round(255 (x - min) / (max - min)), halves to even, computed in float32 as NumPy would.
/// @param activation  one sample, without the batch axis.
/// @param axes        the role of each axis: "HWC", "CHW", "C", "TC", "HW", "" for a scalar, ... 'C' are channels; of
///                    the others the last two span a tile and one before them ("DHWC") gives further tiles: channel 0
///                    slice by slice, then channel 1. Singleton axes other than C are squeezed. A vector becomes rows
///                    of cells, scaled together, and so does a sequence of one channel; "TC": one picture, time down,
///                    channels across, scaled together.
/// @return  rows = columns = ceil(sqrt(tiles)); columns * (tile width * zoom + gap) - gap pixels wide. Cells beyond the
///          last channel are the gap's colour (with gap 0: black). A constant tile is hatched (two greys, diagonal),
///          NaN and infinity are magenta (then channels = 3).
/// @throws Error{shape-empty}, Error{shape-rank} beyond one axis of slices, Error{picture-too-large} beyond 2^28
/// pixels.
Grid grid(const Tensor& activation, const std::string& axes, const GridOptions& options = {});

/// The input as the model sees it: "HWC" or "CHW" with 3 channels is one RGB picture (the tensor's order taken for it),
/// scaled from the least to the largest number of all. Anything else is drawn by grid().
Grid input_picture(const Tensor& input, const std::string& axes, const GridOptions& options = {});

/// Grey or RGB PNG, compressed by libdeflate. @throws Error{output-unwritable}
void write_png(const std::filesystem::path& path, const Picture& picture);

}  // namespace kerascope
