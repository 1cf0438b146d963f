#include "model/made_up_name.h"

#include "model/model.h"

namespace kerascope {

bool is_made_up_name(std::string_view name, std::string_view class_name) {
  const std::string stem = snake_case(class_name);
  return name.starts_with(stem) && name.find_first_not_of("_0123456789", stem.size()) == name.npos;
}

}  // namespace kerascope
