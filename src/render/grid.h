// Feature maps as pictures: one tile a channel, or cells, rows, slices for what is no map.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/tensor.h"

namespace kerascope {

/// 8-bit RGB or grey picture.
struct Picture {
  std::int64_t width = 0, height = 0;
  int channels = 1;  ///< 1 grey, 3 RGB
  std::vector<unsigned char> pixels;
};

struct GridOptions {
  int gap_px = 1;
  int zoom = 0;  ///< 0: the least whole factor that makes the picture at least 512 pixels wide
};

struct Grid {
  Picture picture;
  int rows = 0, columns = 0;       ///< in tiles
  float minimum = 0, maximum = 0;  ///< over the finite numbers of all tiles
  int zoom = 1;
};

/// Lays one sample's feature map out as grey tiles, each scaled from its own minimum to its maximum:
/// round(255 (x - min) / (max - min)), halves to even, computed in float32 as NumPy would.
/// @param activation  one sample, without the batch axis.
/// @param axes        the role of each axis: "HWC", "CHW", "C", "TC", "DHWC" (D slices become further tiles), ...
///                    Singleton axes other than C are squeezed. "C": a vector becomes rows of cells, ceil(sqrt(C))
///                    a row, scaled together; "TC": one picture, time down, channels across, scaled together.
/// @return  rows = columns = ceil(sqrt(tiles)). Cells beyond the last channel are the gap's colour (with gap 0: black).
///          A constant tile is hatched (two greys, diagonal), NaN and infinity are magenta (then channels = 3).
Grid grid(const Tensor& activation, const std::string& axes, const GridOptions& options = {});

/// Scales a (H, W, 1 or 3) tensor from its least to its largest number, as one picture: the input as the model sees it.
Grid input_picture(const Tensor& input, const std::string& axes, const GridOptions& options = {});

/// Palette or grey PNG by libdeflate. @throws Error{output-unwritable}
void write_png(const std::filesystem::path& path, const Picture& picture);

}  // namespace kerascope
