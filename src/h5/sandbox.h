// Drops all rights of this process that reading an untrusted file does not need.
#pragma once

#include <cstdint>

#include "h5/index.h"

namespace kerascope::h5 {

/// Limits time and memory according to the file's size, then allows only a list of system calls (seccomp). On systems
/// without such lists, only the limits apply.
void enter_sandbox(const Source& source, int answer);

}  // namespace kerascope::h5
