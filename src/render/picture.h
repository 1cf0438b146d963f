// What is drawn on: pixels.
#pragma once

#include "kerascope/drawing.h"

namespace kerascope {

/// The same picture as RGB, whatever it was.
Picture rgb_picture(const Picture& picture);

}  // namespace kerascope
