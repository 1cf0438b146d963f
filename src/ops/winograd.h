// Winograd's convolution: 3x3 kernels at stride 1 with fewer multiplications.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "ops/op.h"
#include "ops/window.h"

namespace kerascope::ops {

/// Whether the windows are those that it can compute.
bool fits_winograd(const std::vector<WindowAxis>& axes);
/// A kernel for a convolution without groups of (N, H, W, C) with (3, 3, C, O), where that is faster than multiplying
/// directly; its rounding errors are larger, some 1e-6 of the largest output.
/// @param kernel  a constant.
/// @param bias  O numbers, or null.
std::optional<OpKernel> winograd(const Session& session, const Shape& x, const Shape& out,
                                 const std::vector<WindowAxis>& axes, const Operand& kernel, const float* bias);
/// What that kernel takes; empty where there is none.
std::optional<OpMemory> winograd_memory(const Shape& x, const Shape& out, const std::vector<WindowAxis>& axes);

}  // namespace kerascope::ops
