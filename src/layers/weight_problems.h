// Which sites cannot be computed because of a weight.
#pragma once

#include "layers/assemble.h"

namespace kerascope {

/// Hands the problem of each weight (`weight-missing`, `weight-shape` ..) on to all sites that need it. Barriers that
/// need it are dropped, as nobody can compute up to them.
void spread_weight_problems(Assembly& assembly);

}  // namespace kerascope
