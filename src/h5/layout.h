// Creates an HDF5 file with room for data sets, whose numbers another process writes.
#pragma once

#include <cstdint>
#include <string>

namespace kerascope::h5 {

/// @param file  a writable descriptor; the HDF5 file extends from `offset` to its end
/// @param plan  JSON: [{"path": "layers/dense/vars/0", "shape": [3, 4]}, ..], all little-endian float32
/// @return  JSON: the position of each data set's numbers in the HDF5 file; or {"failure": why}
std::string lay_out(int file, std::uint64_t offset, const std::string& plan);

}  // namespace kerascope::h5
