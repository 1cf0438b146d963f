#include "layers/registry.h"

#include <map>

namespace kerascope {
namespace {

std::map<std::string, LayerType, std::less<>>& types() {
  static std::map<std::string, LayerType, std::less<>> all;
  return all;
}

}  // namespace

const LayerType* find_layer_type(std::string_view class_name) {
  const auto found = types().find(class_name);
  return found == types().end() ? nullptr : &found->second;
}

std::vector<std::string> layer_class_names() {
  std::vector<std::string> names;
  for (const auto& [name, type] : types()) names.push_back(name);
  return names;
}

void register_layer(std::string_view class_name, LayerType type) { types().emplace(class_name, type); }

}  // namespace kerascope
