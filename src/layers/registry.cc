#include "layers/registry.h"

#include <map>

#include "base/check.h"
#include "base/text.h"
#include "layers/lambda/lambda.h"

namespace kerascope {
namespace {

std::map<std::string, LayerType, std::less<>>& types() {
  static std::map<std::string, LayerType, std::less<>> all;
  return all;
}

std::map<std::type_index, LayerStruct>& structs() {
  static std::map<std::type_index, LayerStruct> all;
  return all;
}

std::map<std::string, Operation, std::less<>>& operations() {
  static std::map<std::string, Operation, std::less<>> all;
  return all;
}

}  // namespace

Json LayerType::today(FieldReader& fields) const {
  FieldWriter writer(class_name);
  rewrite(fields, writer);
  return std::move(writer.config);
}

Json LayerStruct::config(const void* layer) const {
  FieldWriter writer(class_name);
  write(layer, writer);
  if (writer.unknown) throw *writer.unknown;
  return std::move(writer.config);
}

const LayerType* find_layer_type(std::string_view class_name) {
  const auto found = types().find(class_name);
  return found == types().end() ? nullptr : &found->second;
}

const LayerType* layer_type_of(const LayerData& layer) {
  const LayerType* type = find_layer_type(lambda::class_of(layer));
  if (!type || layer.module.empty() || layer.module == type->module) return type;
  const bool is_keras = type->module.empty() || is_keras_module(type->module);
  return is_keras && is_keras_module(layer.module) ? type : nullptr;
}

std::vector<std::string> layer_class_names() {
  std::vector<std::string> names;
  for (const auto& [name, type] : types()) names.push_back(name);
  return names;
}

void register_layer(std::string_view class_name, LayerType type) {
  KERASCOPE_CHECK(types().emplace(class_name, type).second);
}

const LayerStruct* find_layer_struct(std::type_index type) {
  const auto found = structs().find(type);
  return found == structs().end() ? nullptr : &found->second;
}

void register_struct(std::type_index type, LayerStruct layer) {
  KERASCOPE_CHECK(structs().emplace(type, layer).second);
}

const Operation* find_operation(std::string_view name) {
  const auto found = operations().find(name);
  return found == operations().end() ? nullptr : &found->second;
}

std::vector<std::string> operation_names() {
  std::vector<std::string> names;
  for (const auto& [name, operation] : operations()) names.push_back(name);
  return names;
}

RegisterOperations::RegisterOperations(std::initializer_list<Operation> rows) {
  for (const Operation& row : rows)
    for (const std::string& name : text::split(std::string(row.names), ' '))
      KERASCOPE_CHECK(operations().emplace(name, row).second);
}

namespace layers {

LayerConfig::LayerConfig(std::type_index type, const void* layer) {
  const LayerStruct* known = find_layer_struct(type);
  if (!known)
    throw Error({.code = "layer-unknown",
                 .what = fmt::format("the type {} is no layer", type.name()),
                 .hint = "the layers are the structs of kerascope::layers"});
  class_name = known->class_name;
  module = known->module;
  config = known->config(layer).dump();
}

}  // namespace layers
}  // namespace kerascope
