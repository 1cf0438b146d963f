// For tests: the error that something throws.
#pragma once

#include "kerascope/error.h"

namespace kerascope {

/// If nothing is thrown, an error with the code "no error".
template <typename Action>
Error error_of(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  return Error({.code = "no error"});
}

}  // namespace kerascope
