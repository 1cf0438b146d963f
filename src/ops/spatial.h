// What ops over spatial axes have in common.
#pragma once

#include <cstdint>
#include <vector>

namespace kerascope::ops {

/// kCausal: all padding comes first, so that no output sees what lies after it.
enum class Padding { kValid, kSame, kCausal };

/// Sizes along the spatial axes, as many as the op has of them.
using Spatial = std::vector<std::int64_t>;

}  // namespace kerascope::ops
