// Lambda layers whose meaning is known: by their code, if it is one expression, or because the user gave it.
#pragma once

#include <string_view>

#include "model/lambda/expression.h"
#include "model/model.h"

namespace kerascope::lambda {

/// The class whose config says what a layer computes. Before Keras 2.13 the CustomScaleLayers of InceptionResNetV2 were
/// Lambdas; their names and arguments say what they do.
std::string_view class_of(const LayerData& layer);

/// @throws Error{expression-invalid} if an expression calls a function that Kerascope does not have
void require_known_functions(const Expression& expression);

}  // namespace kerascope::lambda
