// Matrix products (GEMM) with a packed right side. The micro-kernel computes a tile of a few rows by one panel of
// columns in registers.
#pragma once

#include <cstdint>
#include <vector>

#include "kerascope/tensor.h"
#include "ops/epilogue.h"

namespace kerascope::ops {

#if defined(__x86_64__)
/// Rows of a tile that is two registers wide. AVX-512 has 32 registers, of which a tile takes 28; older sets have 16.
constexpr int most_rows_of(int lanes) { return lanes == 16 ? 14 : 6; }
#else
constexpr int most_rows_of(int) { return 12; }
#endif
constexpr int kMostRows = 14;  ///< for any number of lanes

/// A right matrix (depth, columns) before packing; one of the steps is 1.
struct RightSide {
  const float* numbers = nullptr;
  std::int64_t depth = 0, columns = 0;
  std::int64_t row_step = 0, column_step = 1;  ///< strides
};

/// Columns of a panel: two registers; a matrix's last panel may have one.
std::int64_t panel_width();
/// Number of panels of a matrix.
std::int64_t panels_of(std::int64_t columns);
/// Packs a panel in the order in which tiles read it, padded with zeros to whole registers.
/// @param to  panel_width() * depth numbers.
void pack_panel(const RightSide& right, std::int64_t panel, float* to);

/// Cuts rows into tiles of about equal size, instead of full tiles and a small rest.
struct TileRows {
  explicit TileRows(std::int64_t rows_of_all);
  std::int64_t start(std::int64_t tile) const { return rows * tile / tiles; }
  std::int64_t count(std::int64_t tile) const { return start(tile + 1) - start(tile); }

  std::int64_t rows, tiles;
};

/// Rows of the left matrix times one packed panel, plus the bias.
struct PanelProduct {
  /// Pointers to the rows' pieces, tile by tile: the first piece of each row, then the second of each, ..; a piece has
  /// depth / pieces numbers.
  const float* const* left = nullptr;
  std::int64_t rows = 0;
  std::int64_t pieces = 1, depth = 0;
  const float* packed = nullptr;
  std::int64_t panel = 0, columns = 0;   ///< the panel's index, and all columns of its matrix
  const float* bias = nullptr;           ///< per column of the padded panel; null: none
  const std::int64_t* places = nullptr;  ///< output offset of each row's column 0; `place` is added
  std::int64_t place = 0;
  std::int64_t channel = 0;  ///< of the matrix's column 0, see finish()
};
void multiply(const PanelProduct& product, const Epilogue& to);

/// to[c * to_step + r] = from[r * from_step + c]
void copy_transposed(const float* from, std::int64_t from_step, std::int64_t rows, std::int64_t columns, float* to,
                     std::int64_t to_step);

/// Right matrices that are known before the first run, packed once.
class PackedMatrices {
 public:
  /// @param first  the first of `count` matrices, whose starts lie `matrix_step` numbers apart.
  /// @param bias  one number per column, matrix after matrix; or null.
  PackedMatrices(const RightSide& first, std::int64_t count, std::int64_t matrix_step, const float* bias);

  std::int64_t count() const { return count_; }
  std::int64_t depth() const { return depth_; }
  std::int64_t columns() const { return columns_; }
  std::int64_t panels() const { return panels_of(columns_); }
  std::size_t bytes() const { return panels_.byte_size() + bias_.size() * sizeof(float); }

  const float* packed(std::int64_t matrix, std::int64_t panel) const;
  /// Null if there is none.
  const float* bias(std::int64_t matrix, std::int64_t panel) const;

 private:
  /// The panel's first column among the padded columns of all matrices.
  std::int64_t column(std::int64_t matrix, std::int64_t panel) const {
    return matrix * padded_ + panel * panel_width();
  }

  std::int64_t count_, depth_, columns_;
  std::int64_t padded_ = 0;  ///< padded columns of a matrix
  std::vector<float> bias_;  ///< per padded column of all matrices
  Tensor panels_;
};

}  // namespace kerascope::ops
