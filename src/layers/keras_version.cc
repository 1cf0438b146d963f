#include "layers/keras_version.h"

#include <cstdio>

namespace kerascope::layers {

std::pair<int, int> keras_version(const Build& b) {
  std::pair version(1, 0);
  auto& [major, minor] = version;
  if (std::sscanf(b.model().keras_version.c_str(), "%d.%d", &major, &minor) == 1) minor = 99;
  return version;
}

}  // namespace kerascope::layers
