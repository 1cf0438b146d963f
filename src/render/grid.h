// Feature maps as pictures: one tile per channel; other tensors as cells, lines or slices.
#pragma once

#include "kerascope/drawing.h"
#include "render/colormap.h"
#include "render/picture.h"
#include "render/scale.h"

namespace kerascope {

/// The dark grey between tiles and around a colour bar.
constexpr unsigned char kGapGray = 64;

/// The grid with a remark on its sample, such as "8x8 tokens", added to its layout.
Grid with_remark(Grid grid, const std::string& remark);

}  // namespace kerascope
