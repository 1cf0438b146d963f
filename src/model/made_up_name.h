// Names that Keras makes up if the user gives none.
#pragma once

#include <string_view>

namespace kerascope {

/// Whether Keras made up a layer's name from its class and a counter: "conv2d", "conv2d_1". Such names say little.
bool is_made_up_name(std::string_view name, std::string_view class_name);

}  // namespace kerascope
