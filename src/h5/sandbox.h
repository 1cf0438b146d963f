// Takes from this process what reading a stranger's file does not need.
#pragma once

#include <cstdint>

#include "h5/index.h"

namespace kerascope::h5 {

/// Limits on time and memory for a file of this size, then a list of the system calls that are still allowed. Where the
/// system offers no such list, the limits remain.
void enter_sandbox(const Source& source, int answer);

}  // namespace kerascope::h5
