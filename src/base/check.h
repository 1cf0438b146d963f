// A failed check is a bug of ours, never a user's error.
#pragma once

#include <cstdio>
#include <cstdlib>

#define KERASCOPE_CHECK(condition)                                                                            \
  do {                                                                                                        \
    if (!(condition)) {                                                                                       \
      std::fprintf(stderr, "kerascope: internal check failed: %s (%s:%d)\n", #condition, __FILE__, __LINE__); \
      std::abort();                                                                                           \
    }                                                                                                         \
  } while (false)
