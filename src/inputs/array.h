// .npy and .npz arrays, as tensors of float32 or of strings.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "kerascope/tensor.h"

namespace kerascope {

struct NamedArray {
  std::string name;  ///< the .npz member's name without ".npy"; empty for a .npy file
  Tensor tensor;
  std::string type;    ///< NumPy's name of the file's type: "<f8"
  bool lossy = false;  ///< the cast to float32 lost digits that matter: any of an integer, or those of a fraction
                       ///< that tell the array's numbers apart
  /// If float32 cannot hold all numbers: the integers as int64, if that can, or the float64 as they are. Otherwise
  /// empty.
  Tensor exact = {};
};

/// The array of a .npy, or all arrays of a .npz in the file's order; the content tells which it is.
/// Reads Fortran order and either byte order; float, integer and bool types become float32, texts (U, S) strings.
/// @throws Error{array-invalid, array-pickled, array-type, file-missing, zip-invalid}
std::vector<NamedArray> read_arrays(const std::filesystem::path& path);

/// Whether the content is that of a .npy or .npz. @throws Error{file-missing}
bool holds_arrays(const std::filesystem::path& path);

/// The lines of a text file as strings: (lines). @throws Error{array-invalid} if it is empty, Error{file-missing}
NamedArray read_lines(const std::filesystem::path& path);

/// The array in the bytes of a .npy file, without a name.
/// @throws Error{array-invalid, array-pickled, array-type} without a place.
NamedArray parse_npy(std::span<const std::byte> bytes);

}  // namespace kerascope
