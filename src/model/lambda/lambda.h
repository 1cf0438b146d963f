// What a Lambda layer computes, read from its config.
#pragma once

#include <optional>
#include <string>

#include "model/lambda/expression.h"

namespace kerascope {

struct LambdaMeaning {
  std::optional<Expression> expression;
  std::string because;              ///< without an expression: why
  bool divides_as_python2 = false;  ///< `/` of integers gives integers
};

/// @param config  a Lambda's, of any Keras version
LambdaMeaning lambda_meaning(const Json& config);

/// Gives a Lambda's config a meaning instead of its code. @throws Error{expression-invalid}
void set_lambda_meaning(Json& config, const std::string& expression);
/// The config as the file had it.
Json lambda_config_in_file(const Json& config);

/// The meaning as text for people, or nothing: also for layers that are no Lambdas.
std::string lambda_text(const LayerData& layer);

}  // namespace kerascope
