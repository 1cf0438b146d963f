#include "cli/terminal.h"

#include <chafa.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <memory>
#include <vector>

#include "render/tiles.h"

extern char** environ;

namespace kerascope::cli {
namespace {

template <typename T, void (*release)(T*)>
struct Unref {
  void operator()(T* object) const { release(object); }
};
template <typename T, void (*release)(T*)>
using Handle = std::unique_ptr<T, Unref<T, release>>;
using TermDb = Handle<ChafaTermDb, chafa_term_db_unref>;
using TermInfo = Handle<ChafaTermInfo, chafa_term_info_unref>;
using CanvasConfig = Handle<ChafaCanvasConfig, chafa_canvas_config_unref>;
using ChafaPicture = Handle<ChafaCanvas, chafa_canvas_unref>;
using SymbolMap = Handle<ChafaSymbolMap, chafa_symbol_map_unref>;

constexpr std::int64_t kReadableColumns = 12, kReadableRows = 6;

const std::map<std::string, Terminal::Graphics> kGraphics = {{"blocks", Terminal::Graphics::kBlocks},
                                                             {"iterm2", Terminal::Graphics::kIterm2},
                                                             {"kitty", Terminal::Graphics::kKitty},
                                                             {"sixel", Terminal::Graphics::kSixel}};

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value && *value;
}

Terminal::Colors colors_of(const ChafaTermInfo* info) {
  if (is_set("NO_COLOR")) return Terminal::Colors::kNone;
  // Most terminals with full colour set this; libchafa's database does not know all of them.
  const char* depth = std::getenv("COLORTERM");
  const std::string_view said = depth ? depth : "";
  if (said == "truecolor" || said == "24bit" || chafa_term_info_have_seq(info, CHAFA_TERM_SEQ_SET_COLOR_FGBG_DIRECT))
    return Terminal::Colors::kTrue;
  return chafa_term_info_have_seq(info, CHAFA_TERM_SEQ_SET_COLOR_FGBG_256) ? Terminal::Colors::k256
                                                                           : Terminal::Colors::k16;
}

ChafaPixelMode pixel_mode(Terminal::Graphics graphics) {
  switch (graphics) {
    case Terminal::Graphics::kBlocks:
      return CHAFA_PIXEL_MODE_SYMBOLS;
    case Terminal::Graphics::kSixel:
      return CHAFA_PIXEL_MODE_SIXELS;
    case Terminal::Graphics::kKitty:
      return CHAFA_PIXEL_MODE_KITTY;
    case Terminal::Graphics::kIterm2:
      return CHAFA_PIXEL_MODE_ITERM2;
  }
  return CHAFA_PIXEL_MODE_SYMBOLS;
}

ChafaCanvasMode canvas_mode(const Terminal& terminal) {
  if (terminal.has_pixels()) return CHAFA_CANVAS_MODE_TRUECOLOR;
  switch (terminal.colors) {
    case Terminal::Colors::kTrue:
      return CHAFA_CANVAS_MODE_TRUECOLOR;
    case Terminal::Colors::k256:
      return CHAFA_CANVAS_MODE_INDEXED_240;
    case Terminal::Colors::k16:
      return CHAFA_CANVAS_MODE_INDEXED_16;
    case Terminal::Colors::kNone:
      return CHAFA_CANVAS_MODE_FGBG;
  }
  return CHAFA_CANVAS_MODE_FGBG;
}

/// A picture on a transparent background that fills whole cells, so that no pixel is stretched.
struct Cells {
  int columns = 1, rows = 1;
  std::int64_t width = 0, height = 0;  ///< of the background, in pixels of the picture
};

Cells cells_of(const Picture& picture, const Terminal& terminal, int most_rows) {
  const auto width = static_cast<double>(picture.width), height = static_cast<double>(picture.height);
  Cells cells{.width = picture.width, .height = picture.height};
  if (!terminal.has_pixels()) {  // a cell is about twice as high as wide
    const double scale = std::min(terminal.columns / width, 2.0 * most_rows / height);
    cells.columns = std::max(1, static_cast<int>(std::lround(width * scale)));
    cells.rows = std::max(1, static_cast<int>(std::lround(height * scale / 2)));
    return cells;
  }
  const double scale =
      std::min({1.0, terminal.columns * terminal.cell_width_px / width, most_rows * terminal.cell_height_px / height});
  cells.columns = static_cast<int>(std::ceil(width * scale / terminal.cell_width_px));
  cells.rows = static_cast<int>(std::ceil(height * scale / terminal.cell_height_px));
  cells.width = std::llround(cells.columns * terminal.cell_width_px / scale);
  cells.height = std::llround(cells.rows * terminal.cell_height_px / scale);
  return cells;
}

std::vector<unsigned char> rgba_on_ground(const Picture& any, const Cells& cells) {
  const Picture picture = rgb_picture(any);
  std::vector<unsigned char> rgba(static_cast<std::size_t>(cells.width * cells.height * 4));
  for (std::int64_t y = 0; y < std::min(picture.height, cells.height); ++y) {
    const unsigned char* from = picture.pixels.data() + y * picture.width * 3;
    unsigned char* to = rgba.data() + y * cells.width * 4;
    for (std::int64_t x = 0; x < std::min(picture.width, cells.width); ++x, from += 3, to += 4) {
      std::copy_n(from, 3, to);
      to[3] = 255;
    }
  }
  return rgba;
}

}  // namespace

std::optional<Terminal> find_terminal() {
  const char* kind = std::getenv("TERM");
  if (!isatty(STDOUT_FILENO) || !kind || !*kind || std::string_view(kind) == "dumb") return {};
  Terminal terminal;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
    terminal.columns = size.ws_col;
    terminal.rows = size.ws_row;
    if (size.ws_xpixel >= size.ws_col && size.ws_ypixel >= size.ws_row) {
      terminal.cell_width_px = size.ws_xpixel / size.ws_col;
      terminal.cell_height_px = size.ws_ypixel / size.ws_row;
    }
  }
  const TermInfo info(chafa_term_db_detect(chafa_term_db_get_default(), environ));
  if (chafa_term_info_have_seq(info.get(), CHAFA_TERM_SEQ_BEGIN_KITTY_IMMEDIATE_IMAGE_V1))
    terminal.graphics = Terminal::Graphics::kKitty;
  else if (chafa_term_info_have_seq(info.get(), CHAFA_TERM_SEQ_BEGIN_ITERM2_IMAGE))
    terminal.graphics = Terminal::Graphics::kIterm2;
  else if (chafa_term_info_have_seq(info.get(), CHAFA_TERM_SEQ_BEGIN_SIXELS))
    terminal.graphics = Terminal::Graphics::kSixel;
  terminal.colors = colors_of(info.get());
  return terminal;
}

std::optional<Terminal::Graphics> parse_graphics(const std::string& word) {
  const auto found = kGraphics.find(word);
  return found == kGraphics.end() ? std::nullopt : std::optional(found->second);
}

std::string terminal_text(const Picture& picture, const Terminal& terminal, int most_rows) {
  const Cells cells = cells_of(picture, terminal, most_rows);
  const std::vector<unsigned char> rgba = rgba_on_ground(picture, cells);
  const CanvasConfig config(chafa_canvas_config_new());
  chafa_canvas_config_set_geometry(config.get(), cells.columns, cells.rows);
  chafa_canvas_config_set_cell_geometry(config.get(), terminal.cell_width_px, terminal.cell_height_px);
  chafa_canvas_config_set_pixel_mode(config.get(), pixel_mode(terminal.graphics));
  chafa_canvas_config_set_canvas_mode(config.get(), canvas_mode(terminal));
  chafa_canvas_config_set_work_factor(config.get(), 0.7f);
  // Without colours, only dithered full cells give greys.
  if (terminal.colors == Terminal::Colors::kNone)
    chafa_canvas_config_set_dither_mode(config.get(), CHAFA_DITHER_MODE_ORDERED);
  const SymbolMap symbols(chafa_symbol_map_new());
  chafa_symbol_map_add_by_tags(symbols.get(),
                               static_cast<ChafaSymbolTags>(CHAFA_SYMBOL_TAG_SPACE | CHAFA_SYMBOL_TAG_SOLID |
                                                            CHAFA_SYMBOL_TAG_HALF | CHAFA_SYMBOL_TAG_QUAD));
  chafa_canvas_config_set_symbol_map(config.get(), symbols.get());
  const ChafaPicture drawn(chafa_canvas_new(config.get()));
  chafa_canvas_draw_all_pixels(drawn.get(), CHAFA_PIXEL_RGBA8_UNASSOCIATED, rgba.data(), static_cast<int>(cells.width),
                               static_cast<int>(cells.height), static_cast<int>(cells.width * 4));
  // The fallback's information has every sequence that a mode needs, whatever the environment says.
  const TermInfo info(chafa_term_db_get_fallback_info(chafa_term_db_get_default()));
  GString* const printed = chafa_canvas_print(drawn.get(), info.get());
  std::string text(printed->str, printed->len);
  g_string_free(printed, TRUE);
  return text + "\n";
}

GridOptions fit_to_terminal(GridOptions options, const Terminal& terminal, const Shape& shape,
                            const std::string& axes) {
  if (terminal.has_pixels()) return options;
  options.numbers = options.colorbar = false;  // small text
  options.sequence = Sequence::kCells;
  const Tiles tiles = tiles_of(shape, axes);
  if (!are_maps(tiles) || (options.in_color && tiles.channels.size == 3)) return options;
  const std::int64_t all = options.channels.empty() ? tiles.channels.size : std::ssize(options.channels);
  const BlockTiles fit = fit_block_tiles(terminal, all, tiles.height.size, tiles.width.size);
  options.columns = static_cast<int>(std::min<std::int64_t>(fit.columns, all));
  // A gap as wide as a cell, as a narrower one would blur.
  const std::int64_t tile_columns = std::max<std::int64_t>((terminal.columns - fit.columns + 1) / fit.columns, 1);
  options.zoom = static_cast<int>((tile_columns + tiles.width.size - 1) / tiles.width.size);
  options.gap_px = static_cast<int>(std::max<std::int64_t>(tiles.width.size * options.zoom / tile_columns, 1));
  if (fit.count() >= all) return options;
  const auto count = static_cast<std::size_t>(fit.count());
  if (options.channels.empty())
    for (std::int64_t i = 0; i < fit.count(); ++i) options.channels.push_back(i * all / fit.count());
  options.channels.resize(count);
  return options;
}

BlockTiles fit_block_tiles(const Terminal& terminal, std::int64_t tiles, std::int64_t height, std::int64_t width) {
  const std::int64_t all_rows = terminal.picture_rows();
  // For n tiles per row: a tile's width, and its height at the map's aspect ratio (a cell is twice as high as wide).
  auto tile_columns = [&](std::int64_t n) { return (terminal.columns - (n - 1)) / n; };
  auto tile_rows = [&](std::int64_t n) {
    return std::max<std::int64_t>(std::llround(static_cast<double>(tile_columns(n) * height) / (2.0 * width)), 1);
  };
  auto is_readable = [&](std::int64_t n) {
    return tile_columns(n) >= std::min(width, kReadableColumns) &&
           tile_rows(n) >= std::min((height + 1) / 2, kReadableRows);
  };
  auto rows = [&](std::int64_t n) { return std::max<std::int64_t>(all_rows / tile_rows(n), 1); };
  std::int64_t n = 1;
  while (n * rows(n) < tiles && n < tiles && is_readable(n + 1)) ++n;
  return {static_cast<int>(n), static_cast<int>(std::min(rows(n), (tiles + n - 1) / n))};
}

}  // namespace kerascope::cli
