// Which types in a file hold numbers, and as which type these are returned.
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

}  // namespace kerascope::h5
