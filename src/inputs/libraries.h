// Which libraries decode pictures.
#pragma once

#include <string>
#include <vector>

namespace kerascope {

struct Library {
  std::string name, version;
};

std::vector<Library> image_libraries();

}  // namespace kerascope
