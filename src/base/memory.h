// How much memory is available, and what is said if it is too little.
#pragma once

#include <cstddef>

#include "kerascope/error.h"

namespace kerascope {

/// Bytes that this process can still take without swapping: the least of what the machine, the process's control groups
/// (a container's limit) and its own limit (ulimit -v) leave. The largest std::size_t if none of them is known.
std::size_t available_memory();

/// Error{memory}, which public functions throw for std::bad_alloc, too.
/// @param bytes  that were asked for; 0: not known
Error want_of_memory(std::size_t bytes = 0);

}  // namespace kerascope
