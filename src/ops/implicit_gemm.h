// Convolutions as products of matrices: a row of the left side has the numbers under the window at one position, in as
// few pieces as they lie in.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "ops/gemm.h"
#include "ops/window.h"

namespace kerascope::ops {

/// Where the numbers under a window lie. Three spatial axes always: those that the input lacks have one position.
class Patches {
 public:
  Patches(const std::vector<WindowAxis>& axes, std::int64_t channels, std::int64_t groups);

  /// Of the batch's first item.
  std::int64_t positions() const { return axes_[0].out * axes_[1].out * axes_[2].out; }
  /// A window's numbers lie in so many pieces.
  std::int64_t pieces() const { return pieces_; }
  /// Numbers that find() may need to copy for one position.
  std::int64_t most_copied() const;

  /// The pieces of `count` positions from `first` on, as PanelProduct takes a tile's; `copies` moves on behind what was
  /// copied because the window reaches over an edge.
  void find(const float* x, std::int64_t first, std::int64_t count, std::int64_t group, const float** left,
            float*& copies) const;
  /// Along the three axes, the batch's items before the first.
  std::array<std::int64_t, 4> index(std::int64_t position) const;

 private:
  const float* whole_row(const float* line, std::int64_t at, float*& copies) const;

  std::array<WindowAxis, 3> axes_;
  std::int64_t channels_, group_channels_, pieces_ = 0, piece_ = 0;
  bool lies_together_ = false, is_point_ = false;
  std::vector<float> zeros_;
};

/// An output of which a product's positions are only some: along each of three axes every `step`-th from `first` on.
struct SparseOutput {
  std::array<std::int64_t, 3> size, first, step;
};

/// A convolution made ready.
class ImplicitGemm {
 public:
  /// @param kernels  one for each group
  /// @param sparse  empty: the positions are the output's.
  ImplicitGemm(Patches patches, std::shared_ptr<const PackedMatrices> kernels, std::optional<SparseOutput> sparse = {});

  std::int64_t panels() const { return kernels_->count() * kernels_->panels(); }
  const Patches& patches() const { return patches_; }

  /// Positions [begin, end), panels [first, last) of all groups'.
  /// @param to  starts at position `begin`; a sparse output at its own start.
  void compute(const float* x, const Epilogue& to, std::int64_t begin, std::int64_t end, std::int64_t first,
               std::int64_t last) const;

 private:
  void find_places(std::int64_t first, std::int64_t count, std::int64_t origin, std::int64_t* places) const;

  Patches patches_;
  std::shared_ptr<const PackedMatrices> kernels_;
  std::optional<SparseOutput> sparse_;
};

/// A large kernel for few positions is read once, each thread its panels; the next op then finds the output in a cache.
bool shares_panels(std::int64_t kernel_numbers, std::int64_t positions);

}  // namespace kerascope::ops
