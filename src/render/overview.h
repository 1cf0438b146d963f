// The overview: the input, then one row per layer, in one picture.
#pragma once

#include <string>
#include <vector>

#include "render/picture.h"
#include "render/thumbnails.h"

namespace kerascope {

struct OverviewRow {
  int depth = 0;        ///< how many nested models contain it
  std::string name;     ///< relative to the innermost of them
  std::string kind;     ///< "Conv2D"
  std::string shape;    ///< "H28 W28 C64"
  std::string range;    ///< "0 .. 6.31"
  std::string warning;  ///< "3 constant"
  Picture strip;        ///< from thumbnails(); without pixels if `problem` gives the reason
  std::string problem;
};

struct Overview {
  struct Input {
    std::string caption;
    Picture picture;  ///< made with overview_input_options()
  };
  std::string title;
  std::vector<std::string> lines, warnings;  ///< below the title
  std::string legend;
  std::vector<Input> inputs;
  std::vector<OverviewRow> rows;
};

/// Options for the inputs' pictures and the rows' strips; large models get smaller tiles.
ThumbnailOptions overview_input_options();
ThumbnailOptions overview_strip_options(std::size_t rows);

/// Draws one row below the other, in enough columns to be at most 4000 pixels high and not much higher than wide; up to
/// 600 rows it is also at most 6000 wide, beyond that it grows in height. Light on dark, RGB. A text that does not fit
/// ends with an ellipsis.
Picture draw(const Overview& overview);

}  // namespace kerascope
