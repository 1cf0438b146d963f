// Names that Keras gives where the user gives none.
#pragma once

#include <string_view>

namespace kerascope {

/// Whether Keras made up a layer's name, counting the layers of a session: "conv2d", "conv2d_1". Such names say little.
bool is_made_up_name(std::string_view name, std::string_view class_name);

}  // namespace kerascope
