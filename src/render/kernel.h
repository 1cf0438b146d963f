// Weights as pictures: convolutions filter by filter, matrices, vectors.
#pragma once

#include <optional>
#include <string>

#include "kerascope/tensor.h"
#include "render/grid.h"

namespace kerascope {

struct KernelOptions {
  GridOptions grid = {};
  std::optional<std::int64_t> filter = {};  ///< only this one: all its inputs
  bool in_color = true;                     ///< filters over three input channels as colour pictures
};

/// What would be too much for one picture is drawn evenly spaced; the layout says so.
/// @param roles  one letter an axis. I: input channels, O: filters, the others are the kernel's own axes.
///   - "HWIO", "HWOI", "DHWIO": a tile for each pair, inputs down, filters across (of more than 1024 pairs, 64 inputs
///     or 128 filters some that are evenly spaced). Over one input channel ("HWO" for depthwise ones too): a tile a
///     filter. Over three (in_color): RGB tiles, in which zero is mid-grey under a symmetric scale. With one place
///     only: a matrix.
///   - "TIO": a tile a filter, time down, inputs across.
///   - "IO", "TO": a matrix, "O": rows of cells, each of one scale.
/// @throws Error{shape-empty}, Error{channel-invalid}, Error{picture-too-large}
Grid kernel_picture(const Tensor& weight, const std::string& roles, const KernelOptions& options = {});

}  // namespace kerascope
