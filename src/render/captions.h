// Several pictures in one, each below its name.
#pragma once

#include <span>
#include <string>

#include "render/picture.h"

namespace kerascope {

struct Captioned {
  std::string caption;
  Picture picture;
};

/// Pictures one below the other on the grids' dark background.
Picture with_captions(std::span<const Captioned> pictures);

}  // namespace kerascope
