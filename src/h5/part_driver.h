// A libhdf5 driver for an HDF5 file that is a part of another file.
#pragma once

#include <cstdint>

#include "h5/id.h"

namespace kerascope::h5 {

/// Opens for reading what lies at [offset, offset + length) of the open file `descriptor`, which stays the caller's.
Id open_part(int descriptor, std::uint64_t offset, std::uint64_t length);

/// Makes an HDF5 file that begins at `offset` of the open file `descriptor` and goes on to its end.
Id create_part(int descriptor, std::uint64_t offset);

}  // namespace kerascope::h5
