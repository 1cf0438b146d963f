// The output of --version.
#pragma once

#include <string>

namespace kerascope::cli {

/// "kerascope 0.1.0", then one line per part that it was built with.
std::string version_text();

}  // namespace kerascope::cli
