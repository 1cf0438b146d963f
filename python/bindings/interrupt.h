// Ctrl-C while the library computes.
#pragma once

#include <nanobind/nanobind.h>

#include <stop_token>

#include "kerascope/error.h"

namespace kerascope::python {

/// While it exists, Ctrl-C requests a stop. Python's own handler is called, too, so that KeyboardInterrupt follows.
class StopOnInterrupt {
 public:
  /// @param is_wanted  false: Ctrl-C is left alone, as outside of the main thread
  explicit StopOnInterrupt(bool is_wanted);
  ~StopOnInterrupt();
  StopOnInterrupt(const StopOnInterrupt&) = delete;
  StopOnInterrupt& operator=(const StopOnInterrupt&) = delete;
  std::stop_token token() const { return source_.get_token(); }

 private:
  std::stop_source source_;
  bool is_watched_;
};

/// Calls compute(stop token) without holding Python's lock.
/// @throws KeyboardInterrupt if Ctrl-C stopped it
template <typename Compute>
auto interruptible(bool is_wanted, const Compute& compute) {
  try {
    const nanobind::gil_scoped_release others_may_run;
    const StopOnInterrupt stop(is_wanted);
    return compute(stop.token());
  } catch (const Error& error) {
    if (error.code() == "cancelled" && PyErr_CheckSignals() != 0) throw nanobind::python_error();
    throw;
  }
}

}  // namespace kerascope::python
