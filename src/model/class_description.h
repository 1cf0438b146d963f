// How configs name a class: {module, class_name, registered_name}.
#pragma once

#include <string>
#include <string_view>

#include "model/json.h"

namespace kerascope {

/// The name of the class that a description means: "Conv2D", or "package>Class" for one's own, registered with Keras.
std::string class_name_of(const Json& description);

/// As Keras 3 writes it. @param module  empty: keras.layers
Json described_class(std::string_view class_name, std::string_view module);

/// "Class" of "package>Class".
std::string_view without_package(std::string_view class_name);

}  // namespace kerascope
