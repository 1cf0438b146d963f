#include "ops/implicit_gemm.h"

#include <algorithm>
#include <utility>

#include "base/parallel.h"
#include "base/workspace.h"

namespace kerascope::ops {

Patches::Patches(const std::vector<WindowAxis>& axes, std::int64_t channels, std::int64_t groups)
    : channels_(channels), group_channels_(channels / groups) {
  axes_.fill(kOnePosition);
  std::ranges::copy_backward(axes, axes_.end());
  const WindowAxis& wide = axes_[2];
  lies_together_ = groups == 1 && wide.dilation == 1;
  pieces_ = axes_[0].size * axes_[1].size * (lies_together_ ? 1 : wide.size);
  piece_ = group_channels_ * (lies_together_ ? wide.size : 1);
  is_point_ = is_point(axes);
  zeros_.resize(static_cast<std::size_t>(piece_));
}

std::int64_t Patches::most_copied() const {
  return lies_together_ && (axes_[2].before > 0 || axes_[2].after > 0) ? pieces_ * piece_ : 0;
}

std::array<std::int64_t, 4> Patches::index(std::int64_t position) const {
  std::array<std::int64_t, 4> index;
  for (std::size_t axis = 3; axis > 0; --axis) {
    index[axis] = position % axes_[axis - 1].out;
    position /= axes_[axis - 1].out;
  }
  index[0] = position;
  return index;
}

void Patches::find(const float* x, std::int64_t first, std::int64_t count, std::int64_t group, const float** left,
                   float*& copies) const {
  if (is_point_) {
    for (std::int64_t i = 0; i < count; ++i) left[i] = x + (first + i) * channels_ + group * group_channels_;
    return;
  }
  const auto& [deep, high, wide] = axes_;
  for (std::int64_t i = 0; i < count;) {
    // Patches of the same output line.
    const std::int64_t line = (first + i) / wide.out, w = (first + i) % wide.out, h = line % high.out,
                       d = line / high.out % deep.out, n = line / high.out / deep.out,
                       together = std::min(count - i, wide.out - w), start = w * wide.stride - wide.before;
    const float** to = left + i;
    for (std::int64_t kd = 0; kd < deep.size; ++kd)
      for (std::int64_t kh = 0; kh < high.size; ++kh) {
        const std::int64_t in_d = d * deep.stride - deep.before + kd * deep.dilation,
                           in_h = h * high.stride - high.before + kh * high.dilation;
        const bool inside = in_d >= 0 && in_d < deep.in && in_h >= 0 && in_h < high.in;
        const float* numbers =
            x + ((n * deep.in + in_d) * high.in + in_h) * wide.in * channels_ + group * group_channels_;
        if (lies_together_) {
          for (std::int64_t k = 0; k < together; ++k)
            to[k] = inside ? whole_row(numbers, start + k * wide.stride, copies) : zeros_.data();
          to += count;
          continue;
        }
        for (std::int64_t kw = 0; kw < wide.size; ++kw, to += count)
          for (std::int64_t k = 0; k < together; ++k) {
            const std::int64_t at = start + k * wide.stride + kw * wide.dilation;
            to[k] = inside && at >= 0 && at < wide.in ? numbers + at * channels_ : zeros_.data();
          }
      }
    i += together;
  }
}
/// The piece under a row of the kernel that starts at position `at` of the line.
const float* Patches::whole_row(const float* line, std::int64_t at, float*& copies) const {
  const WindowAxis& wide = axes_[2];
  if (at >= 0 && at + wide.size <= wide.in) return line + at * channels_;
  float* copy = copies;
  copies += piece_;
  const std::int64_t from = std::clamp<std::int64_t>(-at, 0, wide.size),
                     to = std::clamp<std::int64_t>(wide.in - at, from, wide.size);
  std::fill_n(copy, from * channels_, 0.0f);
  std::copy_n(line + (at + from) * channels_, (to - from) * channels_, copy + from * channels_);
  std::fill_n(copy + to * channels_, (wide.size - to) * channels_, 0.0f);
  return copy;
}

ImplicitGemm::ImplicitGemm(Patches patches, std::shared_ptr<const PackedMatrices> kernels,
                           std::optional<SparseOutput> sparse)
    : patches_(std::move(patches)), kernels_(std::move(kernels)), sparse_(sparse) {}

void ImplicitGemm::compute(const float* x, const Epilogue& to, std::int64_t begin, std::int64_t end, std::int64_t first,
                           std::int64_t last) const {
  constexpr std::int64_t kTogether = 4;  // tiles that use a panel while it is in the first-level cache
  const std::int64_t most = most_rows_of(lanes()), pieces = patches_.pieces(), origin = sparse_ ? 0 : begin;
  thread_local std::vector<const float*> left;
  thread_local std::vector<std::int64_t> places;
  thread_local Workspace copied;
  left.resize(static_cast<std::size_t>(kTogether * most * pieces));
  places.resize(static_cast<std::size_t>(kTogether * most));
  float* const copies_begin = copied.floats(static_cast<std::size_t>(kTogether * most * patches_.most_copied()));
  while (begin < end) {
    parallel::poll();
    const std::int64_t tiles = TileRows(end - begin).tiles, now = std::min(tiles, kTogether);
    const TileRows rows((end - begin) * now / tiles);
    find_places(begin, rows.rows, origin, places.data());
    for (std::int64_t i = first, found_group = -1; i < last; ++i) {
      const std::int64_t group = i / kernels_->panels(), panel = i % kernels_->panels(),
                         column = group * kernels_->columns();
      if (group != found_group) {
        float* copies = copies_begin;
        for (std::int64_t tile = 0; tile < rows.tiles; ++tile)
          patches_.find(x, begin + rows.start(tile), rows.count(tile), group, left.data() + rows.start(tile) * pieces,
                        copies);
        found_group = group;
      }
      multiply({.left = left.data(),
                .rows = rows.rows,
                .pieces = pieces,
                .depth = kernels_->depth(),
                .packed = kernels_->packed(group, panel),
                .panel = panel,
                .columns = kernels_->columns(),
                .bias = kernels_->bias(group, panel),
                .places = places.data(),
                .place = column,
                .channel = column},
               to);
    }
    begin += rows.rows;
  }
}

void ImplicitGemm::find_places(std::int64_t first, std::int64_t count, std::int64_t origin,
                               std::int64_t* places) const {
  const std::int64_t filters = kernels_->count() * kernels_->columns();
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t position = first + i;
    if (sparse_) {
      const std::array<std::int64_t, 4> index = patches_.index(position);
      position = index[0];
      for (std::size_t axis = 0; axis < 3; ++axis)
        position = position * sparse_->size[axis] + sparse_->first[axis] + index[axis + 1] * sparse_->step[axis];
    }
    places[i] = (position - origin) * filters;
  }
}

bool shares_panels(std::int64_t kernel_numbers, std::int64_t positions) {
  return kernel_numbers > 128 << 10 && positions <= 256;
}

}  // namespace kerascope::ops
