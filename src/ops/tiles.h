// Products of matrices, a tile of a few rows and columns at a time that stays in the registers; what convolutions are
// made of.
#pragma once

#include <cstdint>
#include <vector>

#include "base/tensor.h"

namespace kerascope::ops {

/// The right side of a product, (depth, columns), as the tiles read it: panels as wide as two registers, or one.
class PackedMatrix {
 public:
  /// @param matrix  row-major; `row_step` numbers lie between the starts of its rows.
  /// @param bias  one number a column, or null.
  PackedMatrix(const float* matrix, std::int64_t depth, std::int64_t columns, std::int64_t row_step, const float* bias);

  std::int64_t depth() const { return depth_; }
  std::int64_t columns() const { return columns_; }
  /// Panels from the left; each is computed without the others.
  std::int64_t panels() const { return (columns_ + width_ - 1) / width_; }

  /// Rows that a tile has at most.
  static std::int64_t most_rows();

  /// `rows` rows of the left side times one panel, plus the bias.
  /// @param left  where the rows' numbers lie: the first piece of each row, then the second of each, ..; a piece has
  ///     depth / pieces numbers.
  /// @param out  of the first row's column 0; `out_step` numbers between the starts of rows.
  void multiply(const float* const* left, std::int64_t rows, std::int64_t pieces, std::int64_t panel, float* out,
                std::int64_t out_step) const;

 private:
  std::int64_t depth_, columns_;
  std::int64_t padded_ = 0;   ///< columns of all panels; the last one's may be more than there are
  std::int64_t width_;        ///< of all panels but the last
  std::vector<float> bias_;   ///< one number a padded column
  Tensor panels_;
};

}  // namespace kerascope::ops
