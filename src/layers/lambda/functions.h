// The functions that a Lambda's expression may call: every operation that Kerascope computes, by its name in keras.ops
// or TensorFlow, and those that are made of them.
#pragma once

#include <string>
#include <vector>

#include "model/lambda/expression.h"

namespace kerascope::lambda {

/// A function that is made of others: "K.clip(x, min_value, max_value)".
struct Definition {
  struct Parameter {
    std::string name;
    bool is_required = true;
    Expression otherwise;
  };
  std::vector<Parameter> parameters;
  Expression body;
};

/// What a function is; neither if nobody knows.
struct Function {
  std::string operation;                   ///< registered by this name
  const Definition* definition = nullptr;  ///< or this
};

/// @param name  as in an expression: "mean", "K.mean", "tf.reduce_mean"
Function find_function(const std::string& name);

/// All names, for "did you mean".
std::vector<std::string> function_names();

}  // namespace kerascope::lambda
