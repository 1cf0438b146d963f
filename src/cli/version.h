// What --version says.
#pragma once

#include <string>

namespace kerascope::cli {

/// "kerascope 0.1.0", then a line for each part that it was built with.
std::string version_text();

}  // namespace kerascope::cli
