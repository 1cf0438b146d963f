// `kerascope layers` for a file of weights without a model.
#pragma once

#include "cli/request.h"

namespace kerascope::cli {

/// @throws Error{weights-missing, ..}
int list_weights(const Request& request);

}  // namespace kerascope::cli
