// A libhdf5 driver for an HDF5 file that is a part of another file.
#pragma once

#include <cstdint>

#include "h5/id.h"

namespace kerascope::h5 {

/// Opens the part [offset, offset + length) of the open file `descriptor` for reading; the caller keeps the descriptor.
Id open_part(int descriptor, std::uint64_t offset, std::uint64_t length);

/// Creates an HDF5 file that extends from `offset` of the open file `descriptor` to its end.
Id create_part(int descriptor, std::uint64_t offset);

}  // namespace kerascope::h5
