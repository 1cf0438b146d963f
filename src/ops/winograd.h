// Winograd's algorithm: 3x3 convolutions at stride 1 with fewer multiplications.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "ops/op.h"
#include "ops/window.h"

namespace kerascope::ops {

/// Whether the algorithm applies to these windows.
bool fits_winograd(const std::vector<WindowAxis>& axes);
/// Prepares a convolution without groups of (N, H, W, C) with (3, 3, C, O); nothing if direct multiplication is faster.
/// Rounding errors are larger: some 1e-6 of the largest output.
/// @param kernel  a constant.
/// @param bias  O numbers, or null.
std::optional<OpKernel> winograd(const Session& session, const Shape& x, const Shape& out,
                                 const std::vector<WindowAxis>& axes, const Operand& kernel, const float* bias);
/// The memory of that op kernel; nothing if there is none.
std::optional<OpMemory> winograd_memory(const Shape& x, const Shape& out, const std::vector<WindowAxis>& axes);

}  // namespace kerascope::ops
