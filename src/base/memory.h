// How much memory is available.
#pragma once

#include <cstddef>

namespace kerascope {

/// Bytes that this process can still take without swapping: the least of what the machine, the process's control groups
/// (a container's limit) and its own limit (ulimit -v) leave. The largest std::size_t if none of them is known.
std::size_t available_memory();

}  // namespace kerascope
