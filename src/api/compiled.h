// Compiled functions, kept for the next call with the same shapes.
#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "engine/function.h"
#include "kerascope/run.h"

namespace kerascope::api {

/// A compiled function, and the data that must outlive it. One call at a time, see run().
struct Compiled {
  std::shared_ptr<const ModelData> data;
  FunctionOptions options;
  std::vector<Shape> shapes;
  std::unique_ptr<CompiledFunction> function;
  std::mutex mutex;
  std::condition_variable_any freed;
  bool is_running = false;  ///< guarded by mutex
};

/// The most recently used functions. Not thread-safe.
class CompiledCache {
 public:
  /// @throws what CompiledFunction throws
  std::shared_ptr<Compiled> get(const std::shared_ptr<const ModelData>& data, const FunctionOptions& options,
                                std::span<const Shape> shapes);
  void clear() { entries_.clear(); }

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<Compiled> compiled;
  };
  std::list<Entry> entries_;  ///< the most recently used first
};

/// Runs the function for one call; waits while another call runs it. A call from a callback of a run does not wait, as
/// the other call might wait for it: it compiles another function.
/// @throws Error{cancelled} if the call is stopped, between two steps or while it waits
CompiledFunction::Result run(Compiled& compiled, std::span<const Tensor> inputs, const CallOptions& options,
                             const std::function<void(const Activation&)>& on_ready = {});

/// The part of a call's options that decides how it is compiled.
FunctionOptions function_options(const CallOptions& options);

}  // namespace kerascope::api
