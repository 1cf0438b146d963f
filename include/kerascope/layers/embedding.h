// keras.layers: embeddings, and masks over time. N is the batch, T the steps.
//
//     const auto words = ks::layer(kl::Embedding{.input_dim = 1000, .output_dim = 16, .mask_zero = true});
#pragma once

#include "kerascope/layers/common.h"

namespace kerascope::layers {

/// A vector for each whole number. (N, ..) of 0 to input_dim - 1 -> (N, .., output_dim). A run throws
/// Error{index-out-of-range} for other numbers. Weights: embeddings (input_dim, output_dim).
struct Embedding {
  std::int64_t input_dim = 0;   ///< required: how many different numbers there are
  std::int64_t output_dim = 0;  ///< required
  bool mask_zero = false;       ///< steps with the number 0 are masked
};

/// Masks the steps of which each feature is mask_value, and sets them to 0. (N, T, C) -> (N, T, C)
struct Masking {
  float mask_value = 0;
};

}  // namespace kerascope::layers
