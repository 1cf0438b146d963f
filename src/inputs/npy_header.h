// The first bytes of a .npy array: a magic word, a length, and a Python dictionary as text.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "kerascope/shape.h"

namespace kerascope {

struct NpyHeader {
  std::string type;  ///< NumPy's descr: "<f8"; for a structured array the whole list
  bool fortran_order = false;
  Shape shape;
  std::size_t size = 0;  ///< bytes before the first number
};

bool is_npy(std::span<const std::byte> bytes);

/// Evaluates nothing: understands only the syntax that NumPy itself writes (formats 1 to 3).
/// @throws Error{array-invalid} without `where`.
NpyHeader parse_npy_header(std::span<const std::byte> bytes);

}  // namespace kerascope
