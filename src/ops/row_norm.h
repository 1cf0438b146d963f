// Normalization along the last axes.
#pragma once

#include <optional>

#include "ops/graph.h"

namespace kerascope::ops {

/// What the numbers of a row are divided by.
enum class RowNorm {
  kStandard,        ///< by sqrt(variance + epsilon) after the mean is subtracted: layer normalization
  kDeviation,       ///< by sqrt(variance + epsilon); the mean is not subtracted
  kRootMeanSquare,  ///< by sqrt(mean of squares + epsilon)
  kLength,          ///< by sqrt(sum of squares), at least epsilon
};
/// The last `axes` axes together are a row.
struct RowNormOptions {
  RowNorm norm = RowNorm::kStandard;
  int axes = 1;
  float epsilon = 1e-3f;
};
/// Each row is then multiplied by gamma and added to beta, if given; both have these axes' shape.
Value row_norm(Graph& graph, Value x, std::optional<Value> gamma, std::optional<Value> beta,
               const RowNormOptions& options);

}  // namespace kerascope::ops
