// Which Kerascope this is.
#pragma once

#include "kerascope/export.h"

namespace kerascope {

/// "0.1.0": of the library that the program runs with. Static.
///
///     std::cout << "Kerascope " << ks::version();
KERASCOPE_API const char* version();

}  // namespace kerascope
