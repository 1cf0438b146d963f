// Several pictures as one, each under its name.
#pragma once

#include <span>
#include <string>

#include "render/picture.h"

namespace kerascope {

struct Captioned {
  std::string caption;
  Picture picture;
};

/// One below the other on the dark ground of the grids.
Picture with_captions(std::span<const Captioned> pictures);

}  // namespace kerascope
