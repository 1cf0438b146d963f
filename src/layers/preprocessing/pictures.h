// Crops and resizes pictures in the layer's data_format.
#pragma once

#include <array>

#include "layers/build.h"
#include "ops/pad.h"
#include "ops/resize.h"
#include "ops/slice.h"

namespace kerascope::layers {

/// (height, width), in pixels.
using PictureSize = std::array<std::int64_t, 2>;

class Pictures {
 public:
  /// @throws Error{shape-rank} unless the layer's input has four axes; Error{config-type} for a size below 1
  Pictures(Build& build, DataFormat format, PictureSize wanted)
      : b_(build),
        axes_{format == DataFormat::kChannelsLast ? 1 : 2, format == DataFormat::kChannelsLast ? 2 : 3},
        wanted_(wanted) {
    b_.require_rank(4);
    b_.require_at_least(1, "height", wanted[0]);
    b_.require_at_least(1, "width", wanted[1]);
  }

  Value input() const { return b_.input(); }
  PictureSize size(Value x) const { return {b_.graph.shape(x)[axes_[0]], b_.graph.shape(x)[axes_[1]]}; }
  PictureSize wanted() const { return wanted_; }

  /// Crops from a corner to the wanted size, or to less at the picture's edge.
  Value cut(Value x, PictureSize corner, PictureSize size) const {
    std::vector<ops::SliceAxis> slices;
    for (std::int64_t all : b_.graph.shape(x).sizes()) slices.push_back({.start = 0, .size = all});
    for (std::size_t i = 0; i < 2; ++i) {
      ops::SliceAxis& slice = slices[static_cast<std::size_t>(axes_[i])];
      slice = {.start = corner[i], .size = std::min(size[i], slice.size - corner[i])};
    }
    return ops::slice(b_.graph, x, slices);
  }
  /// Crops the same amount from both sides.
  Value padded(Value x, PictureSize border, float fill) const {
    ops::PadOptions options = {.sizes = std::vector<std::array<std::int64_t, 2>>(4), .fill = fill};
    for (std::size_t i = 0; i < 2; ++i) options.sizes[static_cast<std::size_t>(axes_[i])] = {border[i], border[i]};
    return border == PictureSize{} ? x : ops::pad(b_.graph, x, options);
  }
  /// Resizes to the wanted size.
  Value resized(Value x, Interpolation interpolation = Interpolation::kBilinear, bool antialias = false) const {
    return ops::resize(b_.graph, x,
                       {.sizes = {{axes_[0], wanted_[0]}, {axes_[1], wanted_[1]}},
                        .interpolation = interpolation,
                        .antialias = antialias});
  }

  /// (The height that goes with x's width, the width that goes with x's height) in the wanted proportions. Rounded down
  /// in float32, as in Keras.
  PictureSize proportional(Value x) const {
    const auto [height, width] = size(x);
    const auto along = [](std::int64_t other, std::int64_t to, std::int64_t from) {
      return static_cast<std::int64_t>(static_cast<float>(other * to) / static_cast<float>(from));
    };
    return {along(width, wanted_[0], wanted_[1]), along(height, wanted_[1], wanted_[0])};
  }
  /// The largest centre crop of x that has the wanted proportions: its size and its corner.
  struct Box {
    PictureSize corner, size;
  };
  Box middle(Value x) const {
    Box box;
    for (std::size_t i = 0; i < 2; ++i) {
      box.size[i] = std::max<std::int64_t>(std::min(size(x)[i], proportional(x)[i]), 1);
      box.corner[i] = (size(x)[i] - box.size[i]) / 2;
    }
    return box;
  }
  /// keras.utils.image_utils.smart_resize: the largest centre crop, resized.
  Value fitted(Value x, Interpolation interpolation = Interpolation::kBilinear, bool antialias = false) const {
    const Box box = middle(x);
    return resized(cut(x, box.corner, box.size), interpolation, antialias);
  }
  /// The centre crop of the wanted size; x must be at least as large.
  Value centre(Value x) const {
    const auto [height, width] = size(x);
    return cut(x, {(height - wanted_[0]) / 2, (width - wanted_[1]) / 2}, wanted_);
  }
  bool is_at_least_wanted(Value x) const { return size(x)[0] >= wanted_[0] && size(x)[1] >= wanted_[1]; }

 private:
  Build& b_;
  std::array<int, 2> axes_;
  PictureSize wanted_;
};

}  // namespace kerascope::layers
