// The types of numbers in files: which are read, as what, and which are written.
#pragma once

#include <string_view>

#include "h5/id.h"

namespace kerascope::h5 {

struct Numbers {
  std::string_view type;  ///< as in Hdf5Dataset; empty if they cannot be returned
  Id read_as = -1;        ///< the little-endian type to read them as
  bool in_place = false;  ///< the file stores them in exactly that form
};

Numbers numbers_of(hid_t file_type);

/// The type in which a tensor's elements are written. @param dtype  "float32"; not ok() for one that is not written
Id file_type(std::string_view dtype);

}  // namespace kerascope::h5
