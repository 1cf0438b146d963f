// The version of Kerascope.
#pragma once

#include "kerascope/export.h"

namespace kerascope {

/// The version of the library that the program runs with: "0.1.0". A static string.
///
///     std::cout << "Kerascope " << ks::version();
KERASCOPE_API const char* version();

}  // namespace kerascope
