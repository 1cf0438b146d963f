// Feature maps as pictures: one tile per channel; other tensors as cells, lines or slices.
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

/// A colour, 8 bits per component.
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
  std::vector<unsigned char> pixels;   ///< height * width * channels, row by row from the top, R G B interleaved
  std::vector<Rgb> palette;            ///< empty, or the 256 colours that pixels are indices of
};

/// The range of numbers that maps to black..white or to the colour map. All kinds ignore NaN and infinity.
///
///     const ks::Scale from_0_to_6{.kind = ks::Scale::Kind::kFixed, .low = 0, .high = 6};
struct Scale {
  /// Where the range comes from.
  enum class Kind {
    kTile,        ///< each tile from its own smallest to its own largest number
    kLayer,       ///< all tiles from the layer's smallest to its largest number
    kSymmetric,   ///< all tiles from -m to m, where m is the layer's largest absolute number: zero is the middle
    kPercentile,  ///< all tiles from the layer's 1st to its 99th percentile (as numpy.percentile), numbers beyond are
                  ///< clipped; if both are equal, as in a layer of mostly zeros: as kLayer
    kFixed,       ///< all tiles from `low` to `high`, numbers beyond are clipped
  };
  Kind kind = Kind::kTile;
  float low = 0, high = 0;  ///< for kFixed, in the layer's own units
};

/// "tile", "layer", "symmetric", "percentile", or "LO,HI".
/// @throws Error{scale-unknown} with "did you mean"; also if LO is not less than HI or one is not finite.
KERASCOPE_API Scale parse_scale(const std::string& text);

/// kViridis and kMagma are Matplotlib's. kDiverging is blue below the middle of the scale, near-white at the middle,
/// red above: for a symmetric scale, whose middle is zero.
enum class Colormap { kGray, kViridis, kMagma, kDiverging };

/// "gray" (or "grey"), "viridis", "magma", "diverging".
/// @throws Error{colormap-unknown} with "did you mean".
KERASCOPE_API Colormap parse_colormap(const std::string& name);

/// The rows and columns of a picture's patches, for tokens (N, C) that stand for patches.
///
///     const ks::GridOptions maps{.tokens = ks::TokenGrid{14, 14}};  // 196 tokens, or 197 with a class token
struct TokenGrid {
  std::int64_t rows = 0, columns = 0;  ///< 0 x 0: no grid, not even a guessed one
};

/// "8x8", or "off" for 0 x 0.
/// @throws Error{grid-invalid}
KERASCOPE_API TokenGrid parse_token_grid(const std::string& text);

/// How a sequence (T, C) is drawn. Time always runs from left to right.
enum class Sequence {
  kAuto,   ///< lines for up to 32 channels, cells for more or with a zoom or a colour map
  kLines,  ///< one line plot per channel, one below the other, with its range beside it
  kCells   ///< one cell per number: steps across, channels down
};

/// How a feature map is drawn.
///
///     const ks::GridOptions plain{.gap_px = 0, .zoom = 1};  // one pixel per number
struct GridOptions {
  int gap_px = 1;  ///< at least 0, the dark grey gap between tiles (none around them); never zoomed
  int zoom = 0;    ///< pixels per number, across and down; 0: the smallest whole factor that makes the picture at least
                   ///< 512 pixels wide, limited to 4096 pixels of height
  Scale scale = {};
  Colormap colormap = Colormap::kGray;
  std::vector<std::int64_t> channels = {};  ///< which and in which order, from 0; empty: all. Scales use all
  int columns = 0;                          ///< tiles per row; 0: ceil(sqrt(tiles)), and as many rows
  bool numbers = false;   ///< each channel's index in the upper left corner of its (first) tile; raises the zoom if
                          ///< the tiles are too small for that
  bool colorbar = false;  ///< a colour bar beside the tiles, with its numbers
  /// Three channels as the red, green and blue of one picture. With Scale::Kind::kTile the range is 0..1, -1..1 or
  /// 0..255, whichever suits the numbers, otherwise their smallest to their largest. No effect on other maps.
  bool in_color = false;
  Sequence sequence = Sequence::kAuto;  ///< how a sequence is drawn
  /// Draws tokens as maps, one tile per channel. Tokens before the grid (a class token; at most 8) are left out.
  std::optional<TokenGrid> tokens = {};
};

/// A feature map as a picture, and how it was drawn.
struct Grid {
  /// What the picture consists of.
  enum class Form {
    kTiles,   ///< tiles or cells of greys or of a colour map
    kColor,   ///< tiles with three channels as red, green and blue
    kLines,   ///< lines over time
    kNumber,  ///< a single number, as text
    kClasses  ///< the class of each pixel
  };
  Picture picture;                 ///< the pixels
  int rows = 0, columns = 0;       ///< in tiles
  float minimum = 0, maximum = 0;  ///< over the finite numbers of all tiles; NaN if there is none
  int zoom = 1;                    ///< pixels per number, across
  bool has_numbers = false;        ///< tiles are numbered (those of a sequence cannot be)
  bool is_zoom_raised = false;     ///< the zoom was raised to make room for the numbers
  bool has_one_scale = false;      ///< all tiles share one scale, from `low` to `high`
  float low = 0, high = 0;         ///< drawn as black and white, or as the ends of the colour map
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
/// With a scale from min to max, the grey of a number x is round(255 (x - min) / (max - min)), halves to even, computed
/// in float32 as NumPy does. A colour map has 251 entries, with index round(250 (x - min) / (max - min)), so that the
/// picture's other colours fit into the same palette.
/// @param activation  one sample, without the batch axis.
/// @param axes        one letter per axis, its role: "HWC", "CHW", "C", "TC", "HW", "" for a scalar, ... 'C' means
///                    channels; the last two of the other axes span a tile, and axes before them ("DHWC", "THWC",
///                    attention's heads) give further tiles. Singleton axes other than C are squeezed.
///   - maps: rows = columns = ceil(sqrt(tiles)), channels in reading order.
///   - slices: a channel's slices lie side by side, with as many channels across as make the picture about square.
///   - a vector: rows of cells with one scale: one row for up to 16 numbers; rows are full if possible.
///   - a sequence ("TC", or a map with a single row or column): time from left to right, as lines or as cells, see
///     Sequence. Cells have one scale; by default they are rectangles, so that the picture is wide enough and, for up
///     to 1024 channels, at most 1024 pixels high. With Scale::Kind::kTile each line has its own scale.
///   - one number: text, unless a zoom is given.
/// @return  grey, palette (with a colour map), or RGB (grey with NaN, or colours with text). Places after the last
///          channel have the gap's colour (with gap 0: black). With every scale, a constant tile of more than one
///          number is hatched (two greys, diagonal); NaN and infinity are magenta.
/// @throws Error{shape-empty}; Error{axes-invalid} if the axes do not match the activation; Error{channel-invalid};
///         Error{grid-invalid} for a gap, zoom or columns below 0, and for a grid that does not match the tokens;
///         Error{scale-unknown} for a fixed scale with `low` not below `high`; Error{picture-too-large} beyond 2^28
///         pixels
/// Cost: one or two passes over the numbers, and the picture's bytes. The activation is copied only for `channels`.
KERASCOPE_API Grid grid(const Tensor& activation, const std::string& axes, const GridOptions& options = {});

/// The same for an activation, whose axes are known. Two kinds are recognised: k * k + 1 tokens (of a layer that is
/// neither 1D nor recurrent) are drawn as maps without the class token; attention, (heads, T, T) or (T, T) whose rows
/// sum to 1 or that comes from a layer such as Dot, is drawn as one square per head.
///
///     const ks::Grid maps = ks::grid(seen["conv2"], {.scale = {ks::Scale::Kind::kLayer}, .channels = {17, 3}});
///     std::cout << maps.str();
///
/// @param sample  index in the batch, from 0
/// @throws also Error{sample-index}
KERASCOPE_API Grid grid(const Activation& activation, const GridOptions& options = {}, std::int64_t sample = 0);

/// The same for a function's result, whose axes are not known: taken as a batch of one, channels last.
///
///     const ks::Function f = ks::function(model.inputs(), {model.layer("conv2").output()});
///     ks::write_png("maps.png", ks::grid(f(image)[0]));
///
/// @param activation  (1, ..., C): (1, H, W, C) is drawn as "HWC", (1, T, C) as "TC", (1, C) as "C"
/// @throws Error{axes-invalid} if the batch is not one sample or the axes are others: then pass one sample and its axes
KERASCOPE_API Grid grid(const Tensor& activation, const GridOptions& options = {});

/// The input as the model sees it. "HWC" or "CHW" with 3 channels is drawn as one RGB picture (channels in the tensor's
/// order), always scaled from the smallest to the largest of all numbers. Anything else is drawn by grid().
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
  std::vector<std::string> names = {};  ///< of the classes; a class without a name is shown by its number
  int zoom = 0;                         ///< pixels per number; 0: as in GridOptions
  Tensor input = {};                    ///< one picture sample to lay the colours over; empty: none
  std::string input_axes = "HWC";       ///< the input's axes, "HWC" or "CHW"
};

/// The share of a map that belongs to one class.
struct ClassShare {
  std::int64_t index = 0;  ///< of its channel
  std::string name;        ///< or the index, as text
  double share = 0;        ///< of all pixels, 0 to 1
};

/// The class of each pixel as a colour, with a legend.
struct ClassMap {
  Grid grid;                        ///< the picture, and how it was drawn
  std::vector<ClassShare> classes;  ///< the classes that occur, the most frequent first
  std::int64_t count = 0;           ///< how many classes there are
};

/// A segmentation: each pixel in the colour of the channel with the largest number (the first of equal ones). A single
/// channel gives two classes: 1 where it is above 0.5 (above 0, if numbers lie outside 0 to 1), 0 elsewhere.
///
///     const ks::ClassMap map = ks::class_map(seen["conv2"].tensor.item(0), "HWC", {.names = {"sky", "road"}});
///     ks::write_png("classes.png", map.grid);
///
/// @param scores  one sample, without the batch axis
/// @param axes    as grid() takes them: "HWC", "CHW", "DHWC", "TC"
/// @return  RGB; class i has the same colour in every picture. A pixel with a NaN or an infinity is magenta.
/// @throws Error{classes-none} for a tensor that is no map with channels, or an input that is no picture; what grid
///         throws
KERASCOPE_API ClassMap class_map(const Tensor& scores, const std::string& axes, const ClassOptions& options = {});

/// How weights are drawn.
///
///     const ks::KernelOptions one{.filter = 3};  // the fourth filter alone
struct KernelOptions {
  /// By default negative numbers are blue, zero is near-white, positive numbers are red.
  GridOptions grid = {.scale = {Scale::Kind::kSymmetric}, .colormap = Colormap::kDiverging};
  std::optional<std::int64_t> filter = {};  ///< only this filter, with all its input channels
  bool in_color = true;                     ///< draws filters with three input channels as colour pictures
};

/// A layer's kernel as a picture: a convolution's filter by filter, a dense layer's as a matrix, embeddings as one row
/// each.
///
///     ks::write_png("filters.png", ks::kernel_picture(model.layer("conv1")));
///
/// @throws Error{weight-missing} for a layer without a kernel or without loaded weights; what the overload below throws
/// Cost: reads the weight; one or two passes over it.
KERASCOPE_API Grid kernel_picture(const Layer& layer, const KernelOptions& options = {});

/// Any weight as a picture. A weight that is too large is drawn in part, evenly sampled; `layout` says so.
///
///     const ks::Weight bias = model.layer("conv1").weights()[1];  // (64,)
///     ks::write_png("bias.png", ks::kernel_picture(bias.numbers, "O"));
///
/// @param weight  in Keras's axis order, such as (kh, kw, channels, filters)
/// @param roles   one letter per axis: I for input channels, O for filters, others for the kernel's spatial axes.
///   - "HWIO", "HWOI", "DHWIO": one tile per pair, inputs down, filters across (beyond 1024 pairs, 64 inputs or 128
///     filters, an evenly spaced subset). With one input channel (also "HWO", for depthwise kernels): one tile per
///     filter. With three (in_color): RGB tiles, in which zero is mid-grey with a symmetric scale. A 1x1 kernel: a
///     matrix.
///   - "TIO": one tile per filter, inputs down, time across.
///   - "IO": a matrix, inputs down; "TO": filters down, time across; "O": rows of cells; all of these with one scale.
/// @throws Error{shape-empty}; Error{axes-invalid} if the roles do not match the weight; Error{channel-invalid} for a
///         filter that does not exist, and for GridOptions::channels; Error{grid-invalid}, Error{picture-too-large}
KERASCOPE_API Grid kernel_picture(const Tensor& weight, const std::string& roles, const KernelOptions& options = {});

/// The texts of the overview, and how it draws the layers.
struct OverviewOptions {
  std::string title = {};               ///< at the top
  std::vector<std::string> lines = {};  ///< below the title
  Scale scale = {};                     ///< as in GridOptions
  Colormap colormap = Colormap::kGray;  ///< as in GridOptions
  int depth = 0;                        ///< how many levels of nested models are shown; 1: the outermost, 0: all
  /// Addresses of the model's outputs: an output with three channels whose numbers suit a picture is drawn in colour.
  /// Empty: the run's last layer outside nested models.
  std::vector<std::string> outputs = {};
  std::optional<TokenGrid> tokens = {};  ///< as in GridOptions, for layers whose tokens it matches
};

/// A whole run as one picture: the inputs, then one row per layer with some of its channels, its shape, its range and
/// notes such as dead channels; layers of nested models are indented. Consecutive layers that could not be computed
/// share one row, with the reason. Three-channel inputs, and layers that only scale or crop them, are in colour.
///
///     ks::write_png("overview.png", ks::overview(seen, {.title = model.name()}));
///
/// @param seen    the activations of one run, in their order; outermost InputLayers are the inputs
/// @param sample  index in the batch, from 0
/// @return  RGB, in enough columns to be at most 4000 pixels high; up to 600 rows it is at most 6000 wide, beyond that
///          it grows in height
/// @throws Error{sample-index}, Error{scale-unknown}
/// Cost: one pass over all numbers, and the picture's bytes.
KERASCOPE_API Picture overview(const Activations& seen, const OverviewOptions& options = {}, std::int64_t sample = 0);

/// The same as one HTML file that opens from disk: no scripts, nothing is loaded from elsewhere, and nothing that names
/// in a model contain is run. It also has statistics; nested models fold, and a click on a layer shows all its channels
/// at window size.
///
///     const std::string html = ks::overview_page(seen, {.title = model.name()});
///
/// @return  UTF-8; some 100 KB per layer
/// @throws what overview throws
KERASCOPE_API std::string overview_page(const Activations& seen, const OverviewOptions& options = {},
                                        std::int64_t sample = 0);

/// The picture as a PNG file: 8-bit grey, palette or RGB, without a date. Uses several threads; linear in the pixels.
/// @throws Error{picture-invalid} for a picture without pixels, or whose bytes or colours do not match its fields
KERASCOPE_API std::vector<unsigned char> png_bytes(const Picture& picture);
/// Writes the PNG to a file, which appears, or replaces an older one, only when it is complete. Creates missing
/// folders.
/// @throws Error{output-unwritable}
KERASCOPE_API void write_png(const std::string& path, const Picture& picture);
inline void write_png(const std::string& path, const Grid& grid) { write_png(path, grid.picture); }

}  // namespace kerascope
