// Products of matrices, a tile of a few rows and columns at a time that stays in the registers; what convolutions are
// made of.
#pragma once

#include <cstdint>
#include <vector>

#include "kerascope/tensor.h"
#include "ops/epilogue.h"

namespace kerascope::ops {

#if defined(__x86_64__)
/// Rows of a tile that is two registers wide. AVX-512 has 32 registers, of which it takes 28; older sets have 16.
constexpr int most_rows_of(int lanes) { return lanes == 16 ? 14 : 6; }
#else
constexpr int most_rows_of(int) { return 12; }
#endif

/// The right sides of products, matrices (depth, columns), as the tiles read them: panels as wide as two registers, or
/// one.
class PackedMatrices {
 public:
  struct Sizes {
    std::int64_t count, depth, columns;
    std::int64_t matrix_step, row_step;  ///< numbers between the starts of matrices, of rows
  };
  /// @param matrices  row-major.
  /// @param bias  one number a column of the first matrix, then of the second, ..; or null.
  PackedMatrices(const float* matrices, const Sizes& sizes, const float* bias);

  std::int64_t count() const { return sizes_.count; }
  std::int64_t columns() const { return sizes_.columns; }
  /// Of one matrix, from the left; each is computed without the others.
  std::int64_t panels() const { return (sizes_.columns + width_ - 1) / width_; }

  /// Rows that a tile has at most.
  static std::int64_t most_rows();

  /// `rows` rows of the left side times one panel of a matrix, plus the bias.
  /// @param left  where the rows' numbers lie: the first piece of each row, then the second of each, ..; a piece has
  ///     depth / pieces numbers.
  /// @param place  of the first row's column 0; `step` numbers lie between the starts of rows.
  void multiply(std::int64_t matrix, const float* const* left, std::int64_t rows, std::int64_t pieces,
                std::int64_t panel, const Epilogue& to, std::int64_t place, std::int64_t step) const;

 private:
  Sizes sizes_;
  std::int64_t width_;       ///< of all panels but the last
  std::int64_t padded_ = 0;  ///< columns of all panels; the last one's may be more than there are
  std::vector<float> bias_;  ///< one number a padded column
  Tensor panels_;
};

}  // namespace kerascope::ops
