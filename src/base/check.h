// A failed check is a bug of ours, never a user's error: it throws Error{internal}.
#pragma once

namespace kerascope {

[[noreturn]] void fail_check(const char* condition, const char* file, int line);

}  // namespace kerascope

#define KERASCOPE_CHECK(condition)                                             \
  do {                                                                         \
    if (!(condition)) ::kerascope::fail_check(#condition, __FILE__, __LINE__); \
  } while (false)
