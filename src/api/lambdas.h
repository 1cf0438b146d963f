// Meanings that a user gives to Lambdas whose code is not read.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/model.h"

namespace kerascope::api {

/// @param lambdas  addresses or patterns of Lambdas, each with its expression
/// @throws Error{expression-invalid} for an expression that cannot be read, or with an unknown function;
///         Error{lambda-invalid} for a layer that is no Lambda; Error{layer-not-found, ...} from the addresses
void set_lambdas(ModelData& model, const std::vector<std::pair<std::string, std::string>>& lambdas);

}  // namespace kerascope::api
