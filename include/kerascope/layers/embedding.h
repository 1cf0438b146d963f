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

/// An Embedding that a call with reverse=True runs the other way: (N, .., output_dim) -> (N, .., input_dim), the
/// products of a vector with all embeddings. Weights: embeddings (input_dim, output_dim), reverse_embeddings
/// (output_dim, input_dim) unless `tie_weights`.
struct ReversibleEmbedding {
  std::int64_t input_dim = 0;           ///< required
  std::int64_t output_dim = 0;          ///< required
  bool tie_weights = true;              ///< the reverse product takes the embeddings
  bool mask_zero = false;               ///< as in Embedding
  std::optional<float> logit_soft_cap;  ///< of a reverse call: y becomes tanh(y / cap) * cap
};

/// Masks the steps of which each feature is mask_value, and sets them to 0. (N, T, C) -> (N, T, C)
struct Masking {
  float mask_value = 0;
};

}  // namespace kerascope::layers
