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
  std::string_view class_name, module;  ///< what Keras calls it today, and where it has it
  /// Reads the config, then adds the layer's ops.
  /// @throws Error from the config, the input's shape or the weights' needs.
  Outputs (*build)(FieldReader& fields, Build& build) = nullptr;
  /// The config of any Keras as Keras 3 writes it, without what only training reads. @throws Error as `build` does
  Json (*today)(FieldReader& fields) = nullptr;
  MaskRule mask_rule = MaskRule::kStops;
  /// Of a cell: its states' shapes, batch first, for the input that `build` has. Otherwise null.
  std::vector<Shape> (*states)(FieldReader& fields, Build& build) = nullptr;
};

/// A layer's struct, found by its C++ type: Keras's class name and how its config is written.
struct LayerStruct {
  std::string_view class_name, module;
  Json (*config)(const void* layer) = nullptr;  ///< @throws Error{config-type}
};
/// Null for a type that is none of kerascope::layers.
const LayerStruct* find_layer_struct(std::type_index type);
void register_struct(std::type_index type, LayerStruct layer);

/// Null for a class that Kerascope cannot compute.
const LayerType* find_layer_type(std::string_view class_name);
/// The same for a layer of a model, whose module must be Keras's or the one that the class is registered with: a user's
/// own class may have the name of one of Keras's.
const LayerType* layer_type_of(const LayerData& layer);
std::vector<std::string> layer_class_names();
void register_layer(std::string_view class_name, LayerType type);

/// What a layer's class is called.
struct LayerNames {
  /// Today's first, then what older Keras calls it. A class of one's own that is registered with Keras has the name of
  /// its package: "mine>Gate".
  std::vector<const char*> names;
  const char* module = "keras.layers";  ///< where Keras 3 has it, or where one's own class stands
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

/// `const Register<ReLU> registered{"ReLU"};` with further names for what older Keras calls it, or with a module:
/// `const Register<Gate> registered{{.names = {"mine>Gate"}, .module = "mine.layers"}};`. Beside `fields` and `build` a
/// layer may have a function `mask_rule(const ReLU&)`, if it does not just drop its input's mask, and a cell has
/// `states(const LSTMCell&, Build&)`.
template <typename L>
struct Register {
  explicit Register(std::convertible_to<const char*> auto... names) requires(sizeof...(names) > 0)
      : Register(LayerNames{.names = {names...}}) {}
  explicit Register(const LayerNames& known_as) {
    constexpr bool has_fields = HasFields<L>, has_build = HasBuild<L>;  // named, the compiler says less of them
    static_assert(has_fields, "the layer has no `void fields(of<Layer> auto& layer, auto&& field)` before this line");
    static_assert(has_build, "the layer has no `Outputs build(const Layer& layer, Build& b)` before this line");
    if constexpr (has_fields && has_build) {
      const std::string_view today = known_as.names.at(0), module = known_as.module;
      for (const char* name : known_as.names)
        register_layer(name, {.class_name = today,
                              .module = module,
                              .build = [](FieldReader& reader, Build& b) -> Outputs { return build(read(reader), b); },
                              .today = [](FieldReader& reader) { return written(read(reader)).config; },
                              .mask_rule = mask_rule_of_class(),
                              .states = states_of_class()});
      register_struct(typeid(L), {.class_name = today, .module = module, .config = [](const void* layer) {
                                    FieldWriter writer = written(*static_cast<const L*>(layer));
                                    if (writer.unknown) throw *writer.unknown;
                                    return std::move(writer.config);
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
  static FieldWriter written(L layer) {
    FieldWriter writer(find_layer_struct(typeid(L))->class_name);
    fields(layer, writer);
    return writer;
  }
};

/// One or several operations of keras.ops or TensorFlow that nodes of functional models call.
struct Operation {
  /// Keras's class, "Add", or TensorFlow's public name with "tf." before it; several are set apart by blanks.
  std::string_view names;
  /// Its parameters in their order: "x axis keepdims". "perm=axes" where `build` asks for another name.
  std::string_view parameters;
  /// @param arguments  by parameter, wherever the file keeps them: among the call's or in the config.
  Outputs (*build)(FieldReader& arguments, Build& build) = nullptr;
};

/// Null for an operation that Kerascope cannot compute. Names of layers and operations are apart: Add is both.
const Operation* find_operation(std::string_view name);
std::vector<std::string> operation_names();

struct RegisterOperations {
  explicit RegisterOperations(std::initializer_list<Operation> rows);
};

}  // namespace kerascope
