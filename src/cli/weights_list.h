// What `kerascope layers` says of a file that holds weights but no model.
#pragma once

#include "cli/request.h"

namespace kerascope::cli {

/// @throws Error{weights-missing, ..}
int list_weights(const Request& request);

}  // namespace kerascope::cli
