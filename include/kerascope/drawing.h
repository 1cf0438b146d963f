// Feature maps as pictures: one tile a channel, or cells, rows, slices for what is no map.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kerascope/activations.h"
#include "kerascope/export.h"
#include "kerascope/model.h"
#include "kerascope/tensor.h"

namespace kerascope {

/// A colour, 8 bits a part.
struct Rgb {
  unsigned char r = 0, g = 0, b = 0;
  bool operator==(const Rgb&) const = default;
};

/// 8-bit RGB, grey or palette picture.
///
///     ks::Picture red{.width = 2, .height = 1, .channels = 3, .pixels = {255, 0, 0, 255, 0, 0}};
///     ks::write_png("red.png", red);
struct Picture {
  std::int64_t width = 0, height = 0;  ///< in pixels
  int channels = 1;                    ///< 1 grey or palette, 3 RGB
  std::vector<unsigned char> pixels;   ///< height * width * channels, row by row from the top, R G B beside each other
  std::vector<Rgb> palette;            ///< empty, or the 256 colours that the pixels stand for
};

/// Which numbers are the ends of the greys or colours. Only finite numbers count, in all kinds.
///
///     const ks::Scale from_0_to_6{.kind = ks::Scale::Kind::kFixed, .low = 0, .high = 6};
struct Scale {
  /// From which numbers to which.
  enum class Kind {
    kTile,        ///< each tile from its own least number to its own greatest
    kLayer,       ///< all tiles from the layer's least number to its greatest
    kSymmetric,   ///< all tiles from -m to m, where m is the layer's largest absolute number: zero is the middle
    kPercentile,  ///< all tiles from the layer's 1st percentile to its 99th (as numpy.percentile counts), what lies
                  ///< beyond is clipped; where both are equal, as in a layer that is almost all zeros: as kLayer
    kFixed,       ///< all tiles from `low` to `high`, what lies beyond is clipped
  };
  Kind kind = Kind::kTile;
  float low = 0, high = 0;  ///< of kFixed, in the layer's own units
};

/// "tile", "layer", "symmetric", "percentile", or "LO,HI".
/// @throws Error{scale-unknown} with "did you mean", and where LO is not less than HI or one is not finite.
KERASCOPE_API Scale parse_scale(const std::string& text);

/// kViridis and kMagma are Matplotlib's. kDiverging is blue below the middle, near-white in it, red above: for a
/// symmetric scale, where the middle is zero.
enum class Colormap { kGray, kViridis, kMagma, kDiverging };

/// "gray" (or "grey"), "viridis", "magma", "diverging".
/// @throws Error{colormap-unknown} with "did you mean".
KERASCOPE_API Colormap parse_colormap(const std::string& name);

/// Tokens (N, C) that are patches of a picture, as many rows and columns of them.
///
///     const ks::GridOptions maps{.tokens = ks::TokenGrid{14, 14}};  // 196 tokens, or 197 with a class token
struct TokenGrid {
  std::int64_t rows = 0, columns = 0;  ///< 0 x 0: no grid, not even a guessed one
};

/// "8x8", or "off" for 0 x 0.
/// @throws Error{grid-invalid}
KERASCOPE_API TokenGrid parse_token_grid(const std::string& text);

/// How a sequence (T, C) is drawn; in each form time runs from left to right.
enum class Sequence {
  kAuto,   ///< up to 32 channels as lines, more as cells; as cells, too, with a zoom or a colour map
  kLines,  ///< a line per channel, one below the other, with its numbers beside it
  kCells   ///< a grey or colour per number: steps across, channels down
};

/// How a feature map is drawn.
///
///     const ks::GridOptions plain{.gap_px = 0, .zoom = 1};  // a pixel a number
struct GridOptions {
  int gap_px = 1;  ///< at least 0, of dark grey between tiles (none around them); never zoomed
  int zoom = 0;    ///< pixels a number, across and down; 0: the least whole factor that makes the picture at least 512
                   ///< pixels wide, as far as it then is at most 4096 high
  Scale scale = {};
  Colormap colormap = Colormap::kGray;
  std::vector<std::int64_t> channels = {};  ///< which, from 0, in this order; empty: all. A scale is that of all
  int columns = 0;                          ///< of a map's tiles; 0: ceil(sqrt(tiles)), and as many rows
  bool numbers = false;   ///< each channel's number in the upper left corner of its (first) tile; raises the zoom where
                          ///< the tiles would be too small for that
  bool colorbar = false;  ///< beside the tiles, with its numbers
  /// Three channels as the red, green and blue of one picture. Under Scale::Kind::kTile black and full colour are 0 and
  /// 1, -1 and 1, or 0 and 255, whichever the numbers suit, else their least and greatest. Other maps stay as they are.
  bool in_color = false;
  Sequence sequence = Sequence::kAuto;  ///< how a sequence is drawn
  /// Tokens as maps, a tile per channel. Tokens before the grid (a class token, at most 8) are left out.
  std::optional<TokenGrid> tokens = {};
};

/// A feature map as a picture, and how it was drawn.
struct Grid {
  /// What the picture consists of.
  enum class Form {
    kTiles,   ///< tiles or cells of greys or of a colour map
    kColor,   ///< tiles whose red, green and blue are three channels
    kLines,   ///< lines over time
    kNumber,  ///< the only number, as text
    kClasses  ///< the class of each place
  };
  Picture picture;                 ///< the pixels
  int rows = 0, columns = 0;       ///< in tiles
  float minimum = 0, maximum = 0;  ///< over the finite numbers of all tiles; NaN where there is none
  int zoom = 1;                    ///< how many pixels wide a number is
  bool has_numbers = false;        ///< a sequence has no tiles that could be numbered
  bool is_zoom_raised = false;     ///< to make room for the numbers
  bool has_one_scale = false;      ///< all tiles share one scale, from `low` to `high`
  float low = 0, high = 0;         ///< the numbers that are black and white, or the ends of the colour map
  Scale::Kind scale = Scale::Kind::kTile;
  Colormap colormap = Colormap::kGray;
  Form form = Form::kTiles;  ///< what the picture consists of
  std::string
      layout;  ///< "8x8 tiles", "1x10 cells", "3 channels of 8 slices", "4 lines of 500 steps"; empty for one tile

  /// For people: layout, scale, range: "8x8 tiles, each scaled alone, range 0 .. 0.6426".
  KERASCOPE_API std::string str() const;
};

/// Lays one sample's feature map out as tiles.
///
///     ks::write_png("conv2.png", ks::grid(seen["conv2"].tensor.item(0), "HWC", {.colormap = ks::Colormap::kViridis}));
///
/// Under a scale from min to max a number's grey is round(255 (x - min) / (max - min)), halves to even, computed in
/// float32 as NumPy would; with a colour map its colour is that of round(250 (x - min) / (max - min)) of 0..250, so
/// that the other colours of the picture fit one palette.
/// @param activation  one sample, without the batch axis.
/// @param axes        one letter an axis, its role: "HWC", "CHW", "C", "TC", "HW", "" for a scalar, ... 'C' are
///                    channels; of the others the last two span a tile and those before them ("DHWC", "THWC",
///                    attention's heads) give further tiles. Singleton axes other than C are squeezed.
///   - maps: rows = columns = ceil(sqrt(tiles)), channels in reading order.
///   - slices: those of a channel lie side by side, as many channels across as make the picture about square.
///   - a vector: rows of cells of one scale, one row up to 16; full rows where possible.
///   - a sequence ("TC", or a map that is one row or column): time from left to right, as lines or as cells, see
///     Sequence. Cells have one scale; by default they are rectangles, so that the picture is wide enough and, up to
///     1024 channels, at most as many pixels high. A line has its own scale under Scale::Kind::kTile.
///   - one number: text, unless a zoom is given.
/// @return  grey, palette (with a colour map), or RGB (grey with NaN, or colours with text). Cells beyond the last
///          channel are the gap's colour (with gap 0: black). A tile of more than one number that are all the same is
///          hatched (two greys, diagonal) under every scale; NaN and infinity are magenta.
/// @throws Error{shape-empty}; Error{axes-invalid} where the axes are not the activation's; Error{channel-invalid};
///         Error{grid-invalid} for a gap, zoom or columns below 0, and for a grid that is not the tokens'.
///         Error{scale-unknown} for a fixed scale whose first end is not less; Error{picture-too-large} beyond 2^28
///         pixels
/// Cost: a pass or two over the numbers, and the picture's bytes. Only `channels` makes a copy of the activation.
KERASCOPE_API Grid grid(const Tensor& activation, const std::string& axes, const GridOptions& options = {});

/// The same of an activation, whose axes are known. Two things are seen in it by themselves: tokens with a class token
/// (k * k + 1 of them, of a layer that is not a 1D or recurrent one) are maps; attention, which is (heads, T, T) or (T,
/// T) with rows that sum to 1 or from a layer such as Dot, is a square per head.
///
///     const ks::Grid maps = ks::grid(seen["conv2"], {.scale = {ks::Scale::Kind::kLayer}, .channels = {17, 3}});
///     std::cout << maps.str();
///
/// @param sample  which of the batch, from 0
/// @throws Error{sample-index} as well
KERASCOPE_API Grid grid(const Activation& activation, const GridOptions& options = {}, std::int64_t sample = 0);

/// The same of a tensor whose axes are not known, as a function gives it: a batch of one, channels last.
///
///     const ks::Function f = ks::function(model.inputs(), {model.layer("conv2").output()});
///     ks::write_png("maps.png", ks::grid(f(image)[0]));
///
/// @param activation  (1, ..., C): (1, H, W, C) is drawn as "HWC", (1, T, C) as "TC", (1, C) as "C"
/// @throws Error{axes-invalid} if the batch is not one sample, or there are other axes: give them with one sample of it
KERASCOPE_API Grid grid(const Tensor& activation, const GridOptions& options = {});

/// The input as the model sees it: "HWC" or "CHW" with 3 channels is one RGB picture (the tensor's order taken for it),
/// scaled from the least to the largest number of all, whatever the options' scale. Anything else is drawn by grid().
///
///     ks::write_png("input.png", ks::input_picture(image.item(0), "HWC"));
///
/// @param input  one sample, without the batch axis
/// @throws what grid throws
KERASCOPE_API Grid input_picture(const Tensor& input, const std::string& axes, const GridOptions& options = {});

/// How a map of classes is drawn.
///
///     const ks::ClassOptions named{.names = {"sky", "road"}};
struct ClassOptions {
  std::vector<std::string> names = {};  ///< of the classes; one without a name is its number
  int zoom = 0;                         ///< pixels per number; 0: as GridOptions has it
  Tensor input = {};                    ///< one sample of a picture, which the colours are laid over; empty: none
  std::string input_axes = "HWC";       ///< of the input, or "CHW"
};

/// How much of a map is of a class.
struct ClassShare {
  std::int64_t index = 0;  ///< of its channel
  std::string name;        ///< or the number, as text
  double share = 0;        ///< of all places, 0 to 1
};

/// The class of each place in colours, with a legend.
struct ClassMap {
  Grid grid;                        ///< the picture, and how it was drawn
  std::vector<ClassShare> classes;  ///< those that occur, the commonest first
  std::int64_t count = 0;           ///< how many classes there are
};

/// A segmentation: at each place the channel with the largest number (the first of equal ones), each in its colour. Of
/// a single channel there are two classes: 1 where it is above 0.5 (of numbers beyond 0 to 1: above 0), else 0.
///
///     const ks::ClassMap map = ks::class_map(seen["conv2"].tensor.item(0), "HWC", {.names = {"sky", "road"}});
///     ks::write_png("classes.png", map.grid);
///
/// @param scores  one sample, without the batch axis
/// @param axes    as grid() takes them: "HWC", "CHW", "DHWC", "TC"
/// @return  RGB; class i has the same colour in every picture. A place with a number that is not finite is magenta.
/// @throws Error{classes-none} for what is no map with channels, or where the input is no picture; what grid throws
KERASCOPE_API ClassMap class_map(const Tensor& scores, const std::string& axes, const ClassOptions& options = {});

/// How weights are drawn.
///
///     const ks::KernelOptions one{.filter = 3};  // the fourth filter alone
struct KernelOptions {
  /// By default what is below zero is blue, zero near-white, what is above red.
  GridOptions grid = {.scale = {Scale::Kind::kSymmetric}, .colormap = Colormap::kDiverging};
  std::optional<std::int64_t> filter = {};  ///< only this one: all its inputs
  bool in_color = true;                     ///< filters over three input channels as colour pictures
};

/// A layer's kernel as a picture: a convolution's filter by filter, a dense layer's as a matrix, embeddings a row each.
///
///     ks::write_png("filters.png", ks::kernel_picture(model.layer("conv1")));
///
/// @throws Error{weight-missing} for a layer without a kernel, or whose weights were not loaded; what the other throws
/// Cost: reads the weight; a pass or two over it.
KERASCOPE_API Grid kernel_picture(const Layer& layer, const KernelOptions& options = {});

/// Any weight as a picture. What would be too much for one is drawn evenly spaced; the layout says so.
///
///     const ks::Weight bias = model.layer("conv1").weights()[1];  // (64,)
///     ks::write_png("bias.png", ks::kernel_picture(bias.numbers, "O"));
///
/// @param weight  as Keras keeps it, such as (kh, kw, channels, filters)
/// @param roles   one letter an axis. I: input channels, O: filters, the others are the kernel's own axes.
///   - "HWIO", "HWOI", "DHWIO": a tile for each pair, inputs down, filters across (of more than 1024 pairs, 64 inputs
///     or 128 filters some that are evenly spaced). Over one input channel ("HWO" for depthwise ones too): a tile a
///     filter. Over three (in_color): RGB tiles, in which zero is mid-grey under a symmetric scale. With one place
///     only: a matrix.
///   - "TIO": a tile a filter, inputs down, time across.
///   - "IO": a matrix, inputs down; "TO": filters down, time across; "O": rows of cells; each of one scale.
/// @throws Error{shape-empty}; Error{axes-invalid} where the roles are not the weight's; Error{channel-invalid} for a
///         filter that is not there, and for GridOptions::channels; Error{grid-invalid}, Error{picture-too-large}
KERASCOPE_API Grid kernel_picture(const Tensor& weight, const std::string& roles, const KernelOptions& options = {});

/// What the overview says beside the layers, and how it draws them.
struct OverviewOptions {
  std::string title = {};               ///< above all
  std::vector<std::string> lines = {};  ///< below the title
  Scale scale = {};                     ///< as GridOptions has it
  Colormap colormap = Colormap::kGray;  ///< as GridOptions has it
  int depth = 0;                        ///< how many levels of nested models are shown; 1: the outermost, 0: all
  /// Addresses of the model's outputs: one with three channels whose numbers suit a picture is drawn in colour. Empty:
  /// the last outermost layer of the run.
  std::vector<std::string> outputs = {};
  std::optional<TokenGrid> tokens = {};  ///< as GridOptions has it, where it is the tokens'
};

/// A whole run as one picture: the inputs, then a row a layer, with some of its channels, its shape, its range and what
/// is odd about it; layers of nested models are indented. Layers that follow each other and could not be computed are
/// one row, with the reason. Inputs of three channels, and what only scales or crops them, are drawn in colour.
///
///     ks::write_png("overview.png", ks::overview(seen, {.title = model.name()}));
///
/// @param seen    of one run; its activations in their order, the outermost InputLayers as the inputs
/// @param sample  which of the batch, from 0
/// @return  RGB, in as many columns as make it at most 4000 pixels high; up to 600 rows at most 6000 wide, beyond that
///          it grows downwards
/// @throws Error{sample-index}, Error{scale-unknown}
/// Cost: a pass over all numbers and the picture's bytes.
KERASCOPE_API Picture overview(const Activations& seen, const OverviewOptions& options = {}, std::int64_t sample = 0);

/// The picture as a PNG file: 8-bit grey, palette or RGB, without a date. Several threads; linear in the pixels.
/// @param picture  with at least one pixel, and as many bytes and colours as its fields say
/// @throws Error{picture-invalid} otherwise
KERASCOPE_API std::vector<unsigned char> png_bytes(const Picture& picture);
/// The same into a file, which appears when it is complete, in place of an older one. Missing folders are made.
/// @throws Error{output-unwritable}
KERASCOPE_API void write_png(const std::string& path, const Picture& picture);
inline void write_png(const std::string& path, const Grid& grid) { write_png(path, grid.picture); }

}  // namespace kerascope
