// Pictures in the terminal, with libchafa: as pixels if it can (kitty, iTerm2, sixel), otherwise as coloured blocks.
#pragma once

#include <algorithm>
#include <optional>
#include <string>

#include "render/grid.h"

namespace kerascope::cli {

struct Terminal {
  enum class Graphics { kBlocks, kSixel, kKitty, kIterm2 };
  enum class Colors { kTrue, k256, k16, kNone };
  Graphics graphics = Graphics::kBlocks;
  Colors colors = Colors::kTrue;
  int columns = 80, rows = 24;                  ///< in cells
  int cell_width_px = 10, cell_height_px = 20;  ///< the size of a cell

  bool has_pixels() const { return graphics != Graphics::kBlocks; }
  /// The rows for a picture that leave room for the text lines around it: input, shape, layout, channels, predictions,
  /// the next prompt.
  int picture_rows() const { return rows > 14 ? rows - 7 : std::max(rows / 2, 1); }
  /// Whether the picture fits without scaling.
  bool has_room_for(const Picture& picture) const {
    return has_pixels() && picture.width <= std::int64_t{columns} * cell_width_px &&
           picture.height <= std::int64_t{picture_rows()} * cell_height_px;
  }
};

/// The terminal of standard output, as the environment describes it; nothing if there is none or it is dumb.
std::optional<Terminal> find_terminal();
/// "kitty", "sixel", "iterm2", "blocks": for terminals that do not tell what they support. Empty for other words.
std::optional<Terminal::Graphics> parse_graphics(const std::string& word);

/// The bytes that draw the picture, with a newline at the end. As pixels it keeps its size unless it is wider than the
/// terminal or higher than `most_rows`; as blocks it is as large as both allow.
std::string terminal_text(const Picture& picture, const Terminal& terminal, int most_rows);

/// The options with which a sample stays readable as blocks: no small text, sequences as cells, and for maps a gap as
/// wide as a cell, fewer columns and, if necessary, fewer channels (evenly spaced, or the first of `options.channels`).
/// In a terminal with pixels the options are unchanged.
GridOptions fit_to_terminal(GridOptions options, const Terminal& terminal, const Shape& shape, const std::string& axes);

/// How many tiles of height x width numbers stay readable as blocks, and how they are laid out.
struct BlockTiles {
  int columns = 1, rows = 1;  ///< of tiles
  std::int64_t count() const { return std::int64_t{columns} * rows; }
};
/// As few columns as hold all `tiles`. If tiles of at least 12 x 6 cells (fewer for smaller maps) do not all fit, as
/// many as fit.
BlockTiles fit_block_tiles(const Terminal& terminal, std::int64_t tiles, std::int64_t height, std::int64_t width);

}  // namespace kerascope::cli
