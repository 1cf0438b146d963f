// Walks an HDF5 file and writes what it holds as an answer (formats/hdf5_answer.h).
#pragma once

#include <cstdint>
#include <string>

namespace kerascope::h5 {

struct Source {
  int file = -1;  ///< where the HDF5 file lies at [offset, offset + length)
  std::uint64_t offset = 0, length = 0;
  int memory = -1;  ///< takes the numbers of data sets that do not lie in one piece, decoded and little-endian
};

/// Never fails: what goes wrong is part of the answer. Follows hard links only, each group once.
std::string index(const Source& source);

}  // namespace kerascope::h5
