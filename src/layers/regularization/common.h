// What the layers share that act in the training phase only.
#pragma once

#include <optional>
#include <vector>

#include "layers/build.h"
#include "ops/random.h"

namespace kerascope::layers {

inline void require_share(const Build& b, const char* key, float share) {
  if (!(share >= 0 && share <= 1)) b.refuse(key, fmt::format("{}", share), "from 0 to 1");
}

inline Shape mask_shape(const Build& b, const std::vector<std::optional<std::int64_t>>& noise_shape) {
  if (noise_shape.empty()) return b.shape();
  if (static_cast<int>(noise_shape.size()) != b.shape().rank())
    b.fail("config-type", fmt::format("'noise_shape' of layer '{}' has {} sizes, its input {}", b.layer().name,
                                      noise_shape.size(), b.shape().str()));
  Shape shape = b.shape();
  for (int axis = 0; axis < shape.rank(); ++axis)
    shape[axis] = noise_shape[static_cast<std::size_t>(axis)].value_or(shape[axis]);
  return shape;
}

/// 1 / (1 - rate) where a number is kept, 0 where it is dropped.
inline Value keep_mask(Build& b, Shape shape, float rate) {
  return ops::random(b.graph, std::move(shape),
                     {.distribution = ops::Distribution::kKeepMask, .a = rate, .key = b.random_key()});
}

inline Value normal_noise(Build& b, float mean, float standard_deviation) {
  return ops::random(
      b.graph, b.shape(),
      {.distribution = ops::Distribution::kNormal, .a = mean, .b = standard_deviation, .key = b.random_key()});
}

}  // namespace kerascope::layers
