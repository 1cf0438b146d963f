// Convolution as an implicit GEMM: each row of the left matrix is a patch, the numbers under the window at one
// position. im2col would copy patches into a matrix; here a row is a list of pointers to the pieces in which its patch
// lies.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "ops/gemm.h"
#include "ops/window.h"

namespace kerascope::ops {

/// Finds patches in memory. Always with three spatial axes; those that the input lacks have one position.
class Patches {
 public:
  Patches(const std::vector<WindowAxis>& axes, std::int64_t channels, std::int64_t groups);

  /// Window positions per item of the batch.
  std::int64_t positions() const { return axes_[0].out * axes_[1].out * axes_[2].out; }
  /// Contiguous pieces per patch.
  std::int64_t pieces() const { return pieces_; }
  /// Most numbers that find() copies per patch.
  std::int64_t most_copied() const;

  /// Writes pointers to the pieces of `count` patches, in PanelProduct's order. Pieces over an edge of the input are
  /// copied, with zeros, to `copies`, which is advanced.
  void find(const float* x, std::int64_t first, std::int64_t count, std::int64_t group, const float** left,
            float*& copies) const;
  /// (item, position along each of the three axes)
  std::array<std::int64_t, 4> index(std::int64_t position) const;

 private:
  const float* whole_row(const float* line, std::int64_t at, float*& copies) const;

  std::array<WindowAxis, 3> axes_;
  std::int64_t channels_, group_channels_, pieces_ = 0, piece_ = 0;
  bool lies_together_ = false, is_point_ = false;
  std::vector<float> zeros_;
};

/// Positions that are only a part of the output: along each of three axes, every `step`-th from `first` on.
struct SparseOutput {
  std::array<std::int64_t, 3> size, first, step;
};

/// A prepared convolution.
class ImplicitGemm {
 public:
  /// @param kernels  one for each group
  /// @param sparse  empty: the positions are the output's.
  ImplicitGemm(Patches patches, std::shared_ptr<const PackedMatrices> kernels, std::optional<SparseOutput> sparse = {});

  std::int64_t panels() const { return kernels_->count() * kernels_->panels(); }
  const Patches& patches() const { return patches_; }

  /// Computes positions [begin, end) by panels [first, last), counted over all groups.
  /// @param to  starts at position `begin`; a sparse output starts at its first position.
  void compute(const float* x, const Epilogue& to, std::int64_t begin, std::int64_t end, std::int64_t first,
               std::int64_t last) const;

 private:
  void find_places(std::int64_t first, std::int64_t count, std::int64_t origin, std::int64_t* places) const;

  Patches patches_;
  std::shared_ptr<const PackedMatrices> kernels_;
  std::optional<SparseOutput> sparse_;
};

/// Whether threads share out the panels instead of the positions: so a large kernel for few positions is read once.
bool shares_panels(std::int64_t kernel_numbers, std::int64_t positions);

}  // namespace kerascope::ops
