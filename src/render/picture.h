// The pixels that are drawn on.
#pragma once

#include "kerascope/drawing.h"

namespace kerascope {

/// The picture converted to RGB.
Picture rgb_picture(const Picture& picture);

}  // namespace kerascope
