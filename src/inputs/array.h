// .npy and .npz arrays, as float32 tensors.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "kerascope/tensor.h"

namespace kerascope {

struct NamedArray {
  std::string name;  ///< of the .npz member, without ".npy"; empty for a .npy file
  Tensor tensor;
  std::string type;    ///< NumPy's name of what the file holds: "<f8"
  bool lossy = false;  ///< digits that matter were lost in the cast to float32: of a whole number any, of a fraction
                       ///< those that tell the array's numbers apart
};

/// One array of a .npy, all of a .npz in the order of the file; told by content.
/// Fortran order and either byte order are read; float, integer and bool types.
/// @throws Error{array-invalid, array-pickled, array-type, file-missing, zip-invalid}
std::vector<NamedArray> read_arrays(const std::filesystem::path& path);

/// The array in the bytes of a .npy file, without a name.
/// @throws Error{array-invalid, array-pickled, array-type} without a place.
NamedArray parse_npy(std::span<const std::byte> bytes);

}  // namespace kerascope
