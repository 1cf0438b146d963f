// Which of the file's types hold numbers, and as which type they are handed out.
#pragma once

#include <string_view>

#include "h5/id.h"

namespace kerascope::h5 {

struct Numbers {
  std::string_view type;  ///< as in Hdf5Dataset; empty where they cannot be handed out
  Id read_as = -1;        ///< the little-endian type to read them as
  bool in_place = false;  ///< the file stores them in just that form
};

Numbers numbers_of(hid_t file_type);

}  // namespace kerascope::h5
