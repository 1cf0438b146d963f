// A new HDF5 file of weights, laid out by kerascope-h5.
#pragma once

#include <string>
#include <vector>

#include "base/file.h"
#include "model/model.h"

namespace kerascope {

struct NamedWeight {
  std::string path;  ///< "layers/dense/vars/0"
  StoredWeight weight;
};

/// Writes an HDF5 file at `offset` of a seekable file, up to its end, with one weight in memory at a time.
/// @throws Error{reader-missing, hdf5-unwritable, output-unwritable}, and what reading the weights throws
void write_hdf5(FileWriter& file, std::uint64_t offset, const std::vector<NamedWeight>& weights);

}  // namespace kerascope
