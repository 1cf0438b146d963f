// Normalization of the numbers along the last axes.
#pragma once

#include <optional>

#include "ops/graph.h"

namespace kerascope::ops {

/// What the numbers of a row are divided by.
enum class RowNorm {
  kStandard,        ///< by sqrt(variance + epsilon), the mean taken off before: layer normalization
  kDeviation,       ///< by sqrt(variance + epsilon), the mean left in
  kRootMeanSquare,  ///< by sqrt(mean of squares + epsilon)
  kLength,          ///< by sqrt(sum of squares), at least epsilon
};
/// The last `axes` axes together are a row.
struct RowNormOptions {
  RowNorm norm = RowNorm::kStandard;
  int axes = 1;
  float epsilon = 1e-3f;
};
/// Then each row times gamma plus beta, of those axes' shape, if there are any.
Value row_norm(Graph& graph, Value x, std::optional<Value> gamma, std::optional<Value> beta,
               const RowNormOptions& options);

}  // namespace kerascope::ops
