// Convolution channel by channel.
#pragma once

#include <vector>

#include "ops/op_kernel.h"
#include "ops/window.h"

namespace kerascope::ops {

/// Of (N, spatial.., C) with a kernel (spatial.., C, M) and maybe a bias (C*M), which the kernel's arguments hold.
OpKernel depthwise(const Shape& x, const Shape& out, const std::vector<WindowAxis>& axes);

}  // namespace kerascope::ops
