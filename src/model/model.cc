#include "model/model.h"

#include "base/text.h"

namespace kerascope {

int Model::keras_major() const {
  const auto number = text::to_integer(keras_version.substr(0, keras_version.find('.')));
  return number ? static_cast<int>(*number) : 1;
}

}  // namespace kerascope
