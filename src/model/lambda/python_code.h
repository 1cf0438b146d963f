// Reads the code of a Python function as one expression, if it is one. Nothing is run: each instruction either means
// the same as a part of an expression, or the whole code stays opaque.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/lambda/expression.h"

namespace kerascope {

/// The values that a function finds when it is called.
struct Bindings {
  std::map<std::string, Json> arguments;  ///< of parameters, by name
  std::vector<Json> defaults;             ///< of the last parameters
  std::vector<Json> closure;              ///< of the free variables, in Python's order
};

struct ReadCode {
  std::optional<Expression> expression;  ///< of "x", the first parameter
  std::string because;                   ///< without an expression: why, "it uses the global name 'scale'"
  bool divides_as_python2 = false;       ///< `/` of integers gives integers
};

/// @param bytes  a code object as marshal of Python 2.7 or 3.4 to 3.13 writes it. They do not say which Python that
/// was:
///               all versions for which they can be read must agree.
ReadCode read_python_code(std::string_view bytes, const Bindings& bindings);

}  // namespace kerascope
