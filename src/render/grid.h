// Feature maps as pictures: one tile a channel, or cells, rows, slices for what is no map.
#pragma once

#include "kerascope/drawing.h"
#include "render/colormap.h"
#include "render/picture.h"
#include "render/scale.h"

namespace kerascope {

/// The dark grey between tiles and around a colour bar.
constexpr unsigned char kGapGray = 64;

/// The grid with what was done to its sample before its layout.
Grid with_remark(Grid grid, const std::string& remark);

}  // namespace kerascope
