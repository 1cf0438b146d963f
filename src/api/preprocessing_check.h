// Whether inputs were preprocessed as the model wants it: batch normalizations store statistics that reveal it.
#pragma once

#include <optional>
#include <span>

#include "api/state.h"
#include "engine/norm_fit.h"
#include "kerascope/inputs.h"

namespace kerascope::api {

/// How many batch normalizations are examined, from the first.
constexpr std::size_t kEarlyNorms = 3;

/// The warning for a run with these inputs whose first normalizations fit like this; nothing if they fit well enough.
std::optional<PreprocessingWarning> preprocessing_warning(ModelState& model, const Fed& fed,
                                                          std::span<const NormFit> fits);

}  // namespace kerascope::api
