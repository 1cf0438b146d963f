// Compiled functions, kept for the next call with the same shapes.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "engine/function.h"
#include "kerascope/run.h"

namespace kerascope::api {

/// A function and what it needs to live. One thread at a time: lock `mutex`.
struct Compiled {
  std::shared_ptr<const ModelData> data;
  std::unique_ptr<CompiledFunction> function;
  std::mutex mutex;
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

/// Runs it for one call. @throws Error{cancelled} between two steps when the call is stopped
CompiledFunction::Result run(Compiled& compiled, std::span<const Tensor> inputs, const CallOptions& options,
                             const std::function<void(const Activation&)>& on_ready = {});

/// The part of a call's options that decides how it is compiled.
FunctionOptions function_options(const CallOptions& options);

}  // namespace kerascope::api
