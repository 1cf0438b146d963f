// Types that several layer families share. Each layer is a plain struct with the arguments and defaults of the Keras 3
// class of its name (keras.io/api/layers), given by name. Arguments only for training (initializers, regularizers,
// constraints, seed, momentum) are left out; name and trainable are in LayerOptions. N is the batch, C channels.
//
//     const auto conv = ks::layer(kl::Conv2D{.filters = 8, .kernel_size = {3, 3}, .activation = {"relu"}});
//
// A size that Keras requires has an invalid default (filters = 0). Wrong arguments throw when the layer is called or
// added: Error{config-type} if the value alone is wrong, Error{shape-mismatch, shape-rank, axis-invalid} if it does not
// fit the input. Infinities, NaN and values outside an enumeration throw when the layer is made.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <typeindex>
#include <vector>

#include "kerascope/export.h"
#include "kerascope/interpolation.h"

namespace kerascope::layers {

/// Keras's "valid" (none) and "same" (output = ceil(input / stride), zeros around; the odd zero at the end).
enum class Padding { kValid, kSame };
/// Along a single axis padding can be causal: an output depends only on inputs at its own place or before.
enum class SequencePadding { kValid, kSame, kCausal };
/// The axis order of input and output: (N, H, W, C) or (N, C, H, W). The default is always kChannelsLast, not that of
/// keras.json.
enum class DataFormat { kChannelsLast, kChannelsFirst };

/// One number per spatial axis, in the order D, H, W. Keras's single number for all axes must be written out: {3, 3}.
template <int Rank>
using Size = std::array<std::int64_t, Rank>;

/// The same number for each spatial axis, for defaults.
template <int Rank>
constexpr Size<Rank> each(std::int64_t number) {
  Size<Rank> size{};
  for (std::int64_t& one : size) one = number;
  return size;
}

/// Padding or cropping at both ends of one axis, in pixels: 3, or {before, after}.
struct Border {
  std::int64_t before = 0, after = 0;
  constexpr Border() = default;
  constexpr Border(std::int64_t both) : before(both), after(both) {}
  constexpr Border(std::int64_t first, std::int64_t last) : before(first), after(last) {}
};

/// A Border per spatial axis, as Keras reads it: 3 or {3} on all sides, {1, 2} at both ends of each axis, {{top,
/// bottom}, {left, right}}; along a single axis {before, after}. Numbers for fewer axes do not compile.
template <int Rank>
struct Borders : std::array<Border, Rank> {
  constexpr Borders(std::int64_t all) { this->fill(all); }
  constexpr Borders(std::int64_t before, std::int64_t after) requires(Rank == 1) { (*this)[0] = {before, after}; }
  constexpr Borders(Border rows, Border columns) requires(Rank == 2) { (*this)[0] = rows, (*this)[1] = columns; }
  constexpr Borders(Border depth, Border rows, Border columns) requires(Rank == 3) {
    (*this)[0] = depth, (*this)[1] = rows, (*this)[2] = columns;
  }
};

/// A layer that another one holds, such as a wrapper's or a cell: any of these structs, or Keras's class name and its
/// config as JSON text.
///
///     const kl::LayerConfig each = kl::Dense{.units = 8, .activation = {"relu"}};
struct KERASCOPE_API LayerConfig {
  std::string class_name;
  std::string config;  ///< a JSON object
  std::string module;  ///< "keras.layers", a user's own; may be empty
  std::string name;

  LayerConfig() = default;
  LayerConfig(std::string of_class, std::string json) : class_name(std::move(of_class)), config(std::move(json)) {}
  /// @throws Error{layer-unknown} for a type that is none of kerascope::layers; Error{config-type}
  template <typename Layer>
  LayerConfig(const Layer& layer) : LayerConfig(typeid(Layer), &layer) {}

 private:
  LayerConfig(std::type_index type, const void* layer);
};

/// An `activation` argument: {"relu"}, a function of keras.activations by name; or a layer class without weights and
/// its config as JSON: {"LeakyReLU", R"({"negative_slope": 0.1})"}. Error{config-type} for unknown keys.
struct ActivationFunction {
  std::string name = "linear";  ///< Error{activation-unknown} with "did you mean"
  std::string config;           ///< empty: a function
};

}  // namespace kerascope::layers
