// keras.layers: core layers.
#pragma once

#include "kerascope/layers/common.h"

namespace kerascope::layers {

/// y = activation(x . kernel + bias), along the last axis. (..., I) -> (..., units). Weights: kernel (I, units), bias
/// (units).
///
///     const auto digit = ks::layer(kl::Dense{.units = 10, .activation = {"softmax"}}, {.name = "digit"});
struct Dense {
  std::int64_t units = 0;  ///< required
  ActivationFunction activation;
  bool use_bias = true;
};

/// A product along any axes, by Einstein's notation: y = activation(einsum(equation, x, kernel) + bias). Weights:
/// kernel, with the axes of the equation's second operand; bias, with the output's axes from the first of `bias_axes`
/// on, those that are not among them of size 1.
///
///     const auto heads = ks::layer(kl::EinsumDense{.equation = "abc,cde->abde", .output_shape = {{}, 8, 64}});
struct EinsumDense {
  std::string equation;  ///< required: "ab,bc->ac", "...x,xy->...y" or "ab...,bc->ac..."
  std::vector<std::optional<std::int64_t>> output_shape;  ///< required: without the batch; nothing: as the input's
  ActivationFunction activation;
  std::optional<std::string> bias_axes;  ///< letters of the output; nothing: no bias
};

/// y = x. (...) -> (...)
struct Identity {};

}  // namespace kerascope::layers
