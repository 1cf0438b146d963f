// Compiled functions, kept for the next call with the same shapes.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/function.h"
#include "kerascope/run.h"

namespace kerascope::api {

/// A compiled function, and the data that must outlive it.
struct Compiled {
  std::shared_ptr<const ModelData> data;
  std::shared_ptr<Shared> shared;  ///< of `data`
  FunctionOptions options;
  std::vector<Shape> shapes;
  std::shared_ptr<CompiledFunction> function;  ///< to be asked; what runs is one of `idle`
  std::mutex mutex;
  std::condition_variable_any freed;
  // Guarded by the mutex: equal functions, at first the one above, as each does one run at a time; and how many run.
  std::vector<std::shared_ptr<CompiledFunction>> idle;
  int running = 0;
  std::atomic<bool> has_run = false;  ///< so that its memory is there
};

/// The most recently used functions of a model, and what all of them share. Not thread-safe.
class CompiledCache {
 public:
  /// @param data  the model's; other data than before is that of new weights, with which everything begins anew.
  /// @throws what CompiledFunction throws
  std::shared_ptr<Compiled> get(const std::shared_ptr<const ModelData>& data, const FunctionOptions& options,
                                std::span<const Shape> shapes);
  /// See keeps_samples_apart; asked once for all batches of some shapes.
  bool keeps_samples_apart(const std::shared_ptr<const ModelData>& data, std::span<const Shape> shapes,
                           std::span<const Feed> fed);

 private:
  void begin_anew(const std::shared_ptr<const ModelData>& data);

  struct Entry {
    std::string key;
    std::shared_ptr<Compiled> compiled;
  };
  std::list<Entry> entries_;  ///< the most recently used first
  std::shared_ptr<const ModelData> data_;
  std::shared_ptr<Shared> shared_;  ///< of data_
  std::map<std::string, bool> apart_;
};

/// Runs the function for one call. As many calls run at a time as there are threads, others wait; a call from a
/// callback of a run never does, as the runs that it waits for might wait for it.
/// @throws Error{cancelled} if the call is stopped, while it runs or while it waits
CompiledFunction::Result run(Compiled& compiled, std::span<const Tensor> inputs, const CallOptions& call,
                             const std::function<void(const Activation&)>& on_ready = {});

}  // namespace kerascope::api
