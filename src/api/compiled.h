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

/// A function and what it needs to live. One call at a time, see run().
struct Compiled {
  std::shared_ptr<const ModelData> data;
  FunctionOptions options;
  std::vector<Shape> shapes;
  std::unique_ptr<CompiledFunction> function;
  std::mutex mutex;
  std::condition_variable_any freed;
  bool is_running = false;  ///< guarded by mutex
};

/// The functions that were used last. Not safe for several threads by itself.
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
  std::list<Entry> entries_;  ///< the last used first
};

/// Runs it for one call; waits where another call does. A call made from a callback of a run does not wait, as that
/// might wait for this one: it gets a function of its own.
/// @throws Error{cancelled} between two steps, or while it waits, when the call is stopped
CompiledFunction::Result run(Compiled& compiled, std::span<const Tensor> inputs, const CallOptions& options,
                             const std::function<void(const Activation&)>& on_ready = {});

/// The part of a call's options that decides how it is compiled.
FunctionOptions function_options(const CallOptions& options);

}  // namespace kerascope::api
