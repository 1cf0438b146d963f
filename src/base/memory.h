// How much memory there is to take.
#pragma once

#include <cstddef>

namespace kerascope {

/// Bytes that this process can still take without swapping: what the machine has left, what the process's control
/// groups (a container's limit) and its own limit (ulimit -v) leave. The greatest number if nothing says so.
std::size_t available_memory();

}  // namespace kerascope
