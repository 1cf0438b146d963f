// What several layer families share. Names and defaults are Keras's.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kerascope::layers {

enum class Padding { kValid, kSame };
enum class DataFormat { kChannelsLast, kChannelsFirst };

using Size2D = std::array<std::int64_t, 2>;

/// An `activation` argument: a function's name, or a layer's class with its config as JSON text.
struct ActivationFunction {
  std::string name = "linear";
  std::string config;
};

}  // namespace kerascope::layers
