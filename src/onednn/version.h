// Which oneDNN computes, and how.
#pragma once

#include <string>

namespace kerascope {

/// Of the library that is loaded: "2.6.3".
std::string onednn_version();
/// The instructions that it uses on this machine: "avx2".
std::string onednn_instructions();

}  // namespace kerascope
