// What several layer families share. Each layer is a plain struct with the arguments of Keras 3's class of its name
// (keras.io/api/layers) and their defaults, given by name; what only training reads (initializers, regularizers,
// constraints, seed, momentum) is left out, name and trainable stand in LayerOptions. N is the batch, C channels.
//
//     const auto conv = ks::layer(kl::Conv2D{.filters = 8, .kernel_size = {3, 3}, .activation = {"relu"}});
//
// A size that Keras requires has a default that is refused (filters = 0). Wrong arguments throw when the layer is
// called or added: Error{config-type} for a value of itself, Error{shape-mismatch, shape-rank, axis-invalid} for one
// that does not suit the input.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kerascope/interpolation.h"

namespace kerascope::layers {

/// Keras's "valid" (none) and "same" (output = ceil(input / stride), zeros around; the odd one at the end).
enum class Padding { kValid, kSame };
/// Along a single axis padding can be causal: what an output sees lies at its place or before.
enum class SequencePadding { kValid, kSame, kCausal };
/// (N, H, W, C) or (N, C, H, W), of input and output. A layer's default is kChannelsLast, whatever keras.json says.
enum class DataFormat { kChannelsLast, kChannelsFirst };

/// One number for each spatial axis, in the order D, H, W. Keras's single number for all axes is written out: {3, 3}.
template <int Rank>
using Size = std::array<std::int64_t, Rank>;

/// As a default: the same number for each spatial axis.
template <int Rank>
constexpr Size<Rank> each(std::int64_t number) {
  Size<Rank> size{};
  for (std::int64_t& one : size) one = number;
  return size;
}

/// What is added or cut before and after each spatial axis, in pixels: {{top, bottom}, {left, right}}.
template <int Rank>
using Borders = std::array<std::array<std::int64_t, 2>, Rank>;

/// As a default: the same number on all sides.
template <int Rank>
constexpr Borders<Rank> all_around(std::int64_t number) {
  Borders<Rank> borders{};
  for (auto& border : borders) border = {number, number};
  return borders;
}

/// An `activation` argument: {"relu"}, a function of keras.activations by name; or a layer's class without weights and
/// its config as JSON text: {"LeakyReLU", R"({"negative_slope": 0.1})"}.
struct ActivationFunction {
  std::string name = "linear";  ///< Error{activation-unknown} with "did you mean"
  std::string config;           ///< empty: a function
};

}  // namespace kerascope::layers
