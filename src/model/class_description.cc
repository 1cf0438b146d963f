#include "model/class_description.h"

#include "base/text.h"

namespace kerascope {

std::string class_name_of(const Json& description) {
  std::string registered = text_or(description, "registered_name", "");
  // Keras repeats the class's name for what is neither built in nor registered.
  if (registered.find('>') != registered.npos) return registered;
  return text_or(description, "class_name", "");
}

Json described_class(std::string_view class_name, std::string_view module) {
  if (module.empty()) module = "keras.layers";
  // What a public module of Keras has is built in.
  const bool is_built_in = text::starts_with(module, "keras.") && !text::starts_with(module, "keras.src.");
  return {{"module", module},
          {"class_name", without_package(class_name)},
          {"registered_name", is_built_in && class_name.find('>') == class_name.npos ? Json() : Json(class_name)}};
}

std::string_view without_package(std::string_view class_name) { return class_name.substr(class_name.rfind('>') + 1); }

}  // namespace kerascope
