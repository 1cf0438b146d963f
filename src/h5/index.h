// The index of an HDF5 file, written as an answer (formats/hdf5_answer.h).
#pragma once

#include <cstdint>
#include <string>

namespace kerascope::h5 {

struct Source {
  int file = -1;  ///< contains the HDF5 file at [offset, offset + length)
  std::uint64_t offset = 0, length = 0;
  int memory = -1;  ///< receives the numbers of non-contiguous data sets, decoded and little-endian
};

/// Never fails: errors are part of the answer. Follows only hard links, and visits each group once.
std::string index(const Source& source);

}  // namespace kerascope::h5
