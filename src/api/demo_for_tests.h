// The built-in model and picture, for tests of the library.
#pragma once

#include <string>
#include <vector>

#include "kerascope/inputs.h"
#include "kerascope/model.h"

namespace kerascope::demo_tests {

inline const std::string kDemo = KERASCOPE_DEMO_FOLDER;

inline Model digits() { return load(kDemo + "/digits.keras"); }
inline Tensor digit(const Model& model) { return read_image(kDemo + "/digit.png", model); }
inline std::vector<float> numbers_of(const Tensor& tensor) {
  return {tensor.numbers().begin(), tensor.numbers().end()};
}

}  // namespace kerascope::demo_tests
