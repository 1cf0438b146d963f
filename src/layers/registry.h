// Every layer that can be computed, by Keras's class name.
#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>
#include <typeindex>
#include <vector>

#include "layers/build.h"
#include "layers/fields.h"
#include "layers/masks.h"

namespace kerascope {

struct LayerType {
  std::string_view class_name, module;  ///< its name in today's Keras, and its Python module
  /// Reads the config, then adds the layer's ops.
  /// @throws Error from the config, the input's shape or the weights' needs.
  Outputs (*build)(FieldReader& fields, Build& build) = nullptr;
  /// Writes the config that `fields` reads, as Keras 3 would. @throws Error as `build` does
  void (*rewrite)(FieldReader& fields, FieldWriter& writer) = nullptr;
  MaskRule mask_rule = MaskRule::kStops;
  /// Of a cell: the shapes of its states, batch first, for `build`'s input. Null for other layers.
  std::vector<Shape> (*states)(FieldReader& fields, Build& build) = nullptr;

  /// The config of any Keras version as Keras 3 writes it, without the keys that only training reads.
  /// @throws Error as `build` does
  Json today(FieldReader& fields) const;
};

/// A layer's struct, found by its C++ type: Keras's class name and how its config is written.
struct LayerStruct {
  std::string_view class_name, module;
  void (*write)(const void* layer, FieldWriter& writer) = nullptr;

  Json config(const void* layer) const;  ///< @throws Error{config-type}
};
/// Null for a type that is not registered as a layer.
const LayerStruct* find_layer_struct(std::type_index type);
void register_struct(std::type_index type, LayerStruct layer);

/// Null for a class that Kerascope cannot compute.
const LayerType* find_layer_type(std::string_view class_name);
/// The same for a layer of a model. Its module must be Keras's, or the one that the class is registered with, because a
/// user's own class may have the same name as one of Keras's.
const LayerType* layer_type_of(const LayerData& layer);
std::vector<std::string> layer_class_names();
void register_layer(std::string_view class_name, LayerType type);

/// What a layer's class is called.
struct LayerNames {
  /// Today's first, then those of older Keras versions. Your own class, if it is registered with Keras, has its package
  /// in its name: "mine>Gate".
  std::vector<const char*> names;
  const char* module = "keras.layers";  ///< the module that defines it in Keras 3, or your own
};

/// `void fields(of<ReLU> auto& layer, auto&& field)` names the config's keys.
template <typename L>
concept HasFields = requires(L& layer, FieldReader& reader, FieldWriter& writer) {
  fields(layer, reader);
  fields(layer, writer);
};
/// `Outputs build(const ReLU& layer, Build& b)` adds the ops.
template <typename L>
concept HasBuild = requires(const L& layer, Build& b) {
  { build(layer, b) } -> std::same_as<Outputs>;
};

/// `const Register<ReLU> registered{"ReLU"};` registers a layer, with further names for those of older Keras versions,
/// or with a module: `const Register<Gate> registered{{.names = {"mine>Gate"}, .module = "mine.layers"}};`. Beside
/// `fields` and `build`, a layer that does not just drop its input's mask has a function `mask_rule(const ReLU&)`, and
/// a cell has `states(const LSTMCell&, Build&)`.
template <typename L>
struct Register {
  explicit Register(std::convertible_to<const char*> auto... names) requires(sizeof...(names) > 0)
      : Register(LayerNames{.names = {names...}}) {}
  explicit Register(const LayerNames& known_as) {
    constexpr bool has_fields = HasFields<L>, has_build = HasBuild<L>;  // named, for shorter messages of the compiler
    static_assert(has_fields, "the layer has no `void fields(of<Layer> auto& layer, auto&& field)` before this line");
    static_assert(has_build, "the layer has no `Outputs build(const Layer& layer, Build& b)` before this line");
    if constexpr (has_fields && has_build) {
      const std::string_view today = known_as.names.at(0), module = known_as.module;
      for (const char* name : known_as.names)
        register_layer(name, {.class_name = today,
                              .module = module,
                              .build = [](FieldReader& reader, Build& b) -> Outputs { return build(read(reader), b); },
                              .rewrite = [](FieldReader& reader, FieldWriter& writer) { write(read(reader), writer); },
                              .mask_rule = mask_rule_of_class(),
                              .states = states_of_class()});
      register_struct(typeid(L),
                      {.class_name = today, .module = module, .write = [](const void* layer, FieldWriter& writer) {
                         write(*static_cast<const L*>(layer), writer);
                       }});
    }
  }

 private:
  static constexpr MaskRule mask_rule_of_class() {
    if constexpr (requires(const L& layer) { mask_rule(layer); }) return mask_rule(L());
    return MaskRule::kStops;
  }
  static constexpr auto states_of_class() -> std::vector<Shape> (*)(FieldReader&, Build&) {
    if constexpr (requires(const L& layer, Build& b) { states(layer, b); })
      return [](FieldReader& reader, Build& b) { return states(read(reader), b); };
    return nullptr;
  }
  static L read(FieldReader& reader) {
    L layer;
    fields(layer, reader);
    return layer;
  }
  static void write(L layer, FieldWriter& writer) { fields(layer, writer); }
};

/// One or several operations of keras.ops or TensorFlow, which a functional model calls between its layers.
struct Operation {
  /// Keras's class, "Add", or TensorFlow's public name with "tf." before it; several names are separated by blanks.
  std::string_view names;
  /// Its parameters in order: "x axis keepdims". "perm=axes": `build` asks for "perm" by the name "axes".
  std::string_view parameters;
  /// @param arguments  by parameter, whether the file stores them with the call or in the config.
  Outputs (*build)(FieldReader& arguments, Build& build) = nullptr;
};

/// Null for an operation that Kerascope cannot compute. Layers and operations have separate names: Add is both.
const Operation* find_operation(std::string_view name);
std::vector<std::string> operation_names();

struct RegisterOperations {
  explicit RegisterOperations(std::initializer_list<Operation> rows);
};

}  // namespace kerascope
