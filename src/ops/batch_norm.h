// Normalization by statistics of channels.
#pragma once

#include <optional>

#include "ops/graph.h"

namespace kerascope::ops {

struct BatchNormOptions {
  int axis = -1;  ///< the channel axis
  float epsilon = 1e-3f;
};
/// (x - mean) / sqrt(variance + epsilon) * gamma + beta over the channel axis; gamma and beta may be missing.
struct BatchNormWeights {
  std::optional<Value> gamma, beta;
  Value mean, variance;
};
Value batch_norm(Graph& graph, Value x, const BatchNormWeights& weights, const BatchNormOptions& options);
/// The same with the batch's own mean and biased variance over all axes but the channel's.
Value batch_norm_training(Graph& graph, Value x, std::optional<Value> gamma, std::optional<Value> beta,
                          const BatchNormOptions& options);
/// The arguments of the batch_norm() that made a value; nothing if another op made it.
struct BatchNormUse {
  Value x, mean, variance;
  BatchNormOptions options;
};
std::optional<BatchNormUse> batch_norm_use(const Graph& graph, Value value);

/// As batch_norm_training, but of each item alone, and `groups` neighbouring channels share their mean and variance.
struct GroupNormOptions {
  int axis = -1;  ///< the channel axis
  std::int64_t groups = 1;
  float epsilon = 1e-3f;
};
Value group_norm(Graph& graph, Value x, std::optional<Value> gamma, std::optional<Value> beta,
                 const GroupNormOptions& options);

}  // namespace kerascope::ops
