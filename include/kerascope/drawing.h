// Feature maps as pictures: one tile a channel, or cells, rows, slices for what is no map.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kerascope/activation.h"
#include "kerascope/export.h"
#include "kerascope/tensor.h"

namespace kerascope {

struct Rgb {
  unsigned char r = 0, g = 0, b = 0;
  bool operator==(const Rgb&) const = default;
};

/// 8-bit RGB, grey or palette picture.
struct Picture {
  std::int64_t width = 0, height = 0;
  int channels = 1;  ///< 1 grey or palette, 3 RGB
  std::vector<unsigned char> pixels;
  std::vector<Rgb> palette;  ///< empty, or the 256 colours that the pixels stand for
};

/// Only finite numbers count, in all kinds.
struct Scale {
  enum class Kind {
    kTile,        ///< each tile from its own least number to its own greatest
    kLayer,       ///< all tiles from the layer's least number to its greatest
    kSymmetric,   ///< all tiles from -m to m, where m is the layer's largest absolute number: zero is the middle
    kPercentile,  ///< all tiles from the layer's 1st percentile to its 99th (as numpy.percentile counts), what lies
                  ///< beyond is clipped; where both are equal, as in a layer that is almost all zeros: as kLayer
    kFixed,       ///< all tiles from `low` to `high`, what lies beyond is clipped
  };
  Kind kind = Kind::kTile;
  float low = 0, high = 0;  ///< of kFixed
};

/// "tile", "layer", "symmetric", "percentile", or "LO,HI".
/// @throws Error{usage}
KERASCOPE_API Scale parse_scale(const std::string& text);

/// kDiverging is blue below the middle, near-white in it, red above: for a symmetric scale, where the middle is zero.
enum class Colormap { kGray, kViridis, kMagma, kDiverging };

/// "gray" (or "grey"), "viridis", "magma", "diverging".
/// @throws Error{usage} with "did you mean".
KERASCOPE_API Colormap parse_colormap(const std::string& name);

struct GridOptions {
  int gap_px = 1;  ///< of dark grey between tiles (none around them); never zoomed
  int zoom = 0;    ///< pixels a number; 0: the least whole factor that makes the picture at least 512 pixels wide, as
                   ///< far as it then is at most 4096 high
  Scale scale = {};
  Colormap colormap = Colormap::kGray;
  std::vector<std::int64_t> channels = {};  ///< which, in this order; empty: all
  int columns = 0;                          ///< of a map's tiles; 0: ceil(sqrt(tiles)), and as many rows
  bool numbers = false;   ///< each channel's number in the upper left corner of its (first) tile; raises the zoom where
                          ///< the tiles would be too small for that
  bool colorbar = false;  ///< beside the tiles, with its numbers
};

struct Grid {
  Picture picture;
  int rows = 0, columns = 0;       ///< in tiles
  float minimum = 0, maximum = 0;  ///< over the finite numbers of all tiles; NaN where there is none
  int zoom = 1;                    ///< how many pixels wide a number is
  bool has_numbers = false;        ///< a sequence has no tiles that could be numbered
  bool is_zoom_raised = false;     ///< to make room for the numbers
  bool has_one_scale = false;      ///< all tiles share one scale, from `low` to `high`
  float low = 0, high = 0;
  Scale::Kind scale = Scale::Kind::kTile;
  Colormap colormap = Colormap::kGray;
  std::string layout;  ///< "8x8 tiles"; empty for one tile

  /// For people: layout, scale, range.
  KERASCOPE_API std::string str() const;
};

/// Lays one sample's feature map out as tiles. Under a scale from min to max a number's grey is
/// round(255 (x - min) / (max - min)), halves to even, computed in float32 as NumPy would; with a colour map its colour
/// is that of round(250 (x - min) / (max - min)) of 0..250, so that the other colours of the picture fit one palette.
/// @param activation  one sample, without the batch axis.
/// @param axes        the role of each axis: "HWC", "CHW", "C", "TC", "HW", "" for a scalar, ... 'C' are channels; of
///                    the others the last two span a tile and those before them ("DHWC", "THWC", attention's heads)
///                    give further tiles. Singleton axes other than C are squeezed.
///   - maps: rows = columns = ceil(sqrt(tiles)), channels in reading order.
///   - slices: those of a channel lie side by side, as many channels across as make the picture about square.
///   - a vector, and a sequence of one channel: rows of cells of one scale, one row up to 16; full rows where possible.
///   - "TC": one picture of one scale, time down, channels across; by default its numbers are rectangles, so that it is
///     both wide enough and at most 1024 high.
/// @return  grey, palette (with a colour map), or RGB (grey with NaN, or colours with text). Cells beyond the last
///          channel are the gap's colour (with gap 0: black). A tile of more than one number that are all the same is
///          hatched (two greys, diagonal) under every scale; NaN and infinity are magenta.
/// @throws Error{shape-empty}, Error{channel-invalid}, Error{picture-too-large} beyond 2^28 pixels.
KERASCOPE_API Grid grid(const Tensor& activation, const std::string& axes, const GridOptions& options = {});

/// The same of an activation, whose axes are known.
/// @param sample  which of the batch
/// @throws Error{sample-index} as well
KERASCOPE_API Grid grid(const Activation& activation, const GridOptions& options = {}, std::int64_t sample = 0);

/// The input as the model sees it: "HWC" or "CHW" with 3 channels is one RGB picture (the tensor's order taken for it),
/// scaled from the least to the largest number of all. Anything else is drawn by grid().
KERASCOPE_API Grid input_picture(const Tensor& input, const std::string& axes, const GridOptions& options = {});

/// Grey, palette or RGB PNG, compressed by libdeflate.
KERASCOPE_API std::vector<unsigned char> png_bytes(const Picture& picture);
/// @throws Error{output-unwritable}
KERASCOPE_API void write_png(const std::string& path, const Picture& picture);
inline void write_png(const std::string& path, const Grid& grid) { write_png(path, grid.picture); }

}  // namespace kerascope
