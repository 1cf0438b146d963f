// What several layer families share. Names and defaults are Keras's.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kerascope/interpolation.h"

namespace kerascope::layers {

enum class Padding { kValid, kSame };
/// Along a single axis padding can be causal: what an output sees lies at its place or before.
enum class SequencePadding { kValid, kSame, kCausal };
enum class DataFormat { kChannelsLast, kChannelsFirst };

/// One number for each spatial axis.
template <int Rank>
using Size = std::array<std::int64_t, Rank>;

/// As a default: the same number for each spatial axis.
template <int Rank>
constexpr Size<Rank> each(std::int64_t number) {
  Size<Rank> size{};
  for (std::int64_t& one : size) one = number;
  return size;
}

/// What is added or cut before and after each spatial axis.
template <int Rank>
using Borders = std::array<std::array<std::int64_t, 2>, Rank>;

/// As a default: the same number on all sides.
template <int Rank>
constexpr Borders<Rank> all_around(std::int64_t number) {
  Borders<Rank> borders{};
  for (auto& border : borders) border = {number, number};
  return borders;
}

/// An `activation` argument: a function's name, or a layer's class with its config as JSON text.
struct ActivationFunction {
  std::string name = "linear";
  std::string config;
};

}  // namespace kerascope::layers
