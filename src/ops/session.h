// What a plan tells the ops that it prepares: how exact to be, where prepared weights are kept, how to plan a body.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/weight_cache.h"
#include "kerascope/tensor.h"
#include "ops/op_kernel.h"

namespace kerascope {

class Graph;
struct Value;

/// A prepared body: a graph that an op runs, once or many times.
class PreparedGraph {
 public:
  virtual ~PreparedGraph() = default;
  /// @param inputs  in the order in which they were named.
  /// @param results  where each result is written; null if nobody needs it.
  virtual void run(std::span<const Tensor> inputs, std::span<void* const> results, std::uint64_t seed) = 0;
  /// Beside its inputs and results.
  virtual OpMemory memory() const = 0;
};

/// Each Session is used by one thread at a time.
class Session {
 public:
  /// @param exact  excludes faster algorithms with larger rounding errors (Winograd).
  /// @param weights  the model's, outlives the session; null: no prepared weights are shared.
  explicit Session(bool exact = false, WeightCache* weights = nullptr) : exact_(exact), weights_(weights) {}
  virtual ~Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  bool exact() const { return exact_; }
  /// May be null.
  WeightCache* weights() const { return weights_; }

  /// Something that an op makes of constants, once for all plans of a model.
  /// @param key  from key_of(); if empty, it is made for this plan alone.
  /// @param make  makes a T, which has bytes(); equal keys mean equal results.
  template <typename T, typename Make>
  std::shared_ptr<const T> cached(const std::string& key, const Make& make) const {
    if (!weights_ || key.empty()) return std::make_shared<const T>(make());
    return std::static_pointer_cast<const T>(weights_->get(key, [&] {
      auto one = std::make_shared<const T>(make());
      return WeightCache::Entry{one, one->bytes()};
    }));
  }

  /// Prepares a graph that an op holds; the graph must outlive what is returned.
  virtual std::unique_ptr<PreparedGraph> prepare(const Graph& graph, std::vector<Value> inputs,
                                                 std::vector<Value> results) const;
  /// What `prepare` with the same arguments will take.
  virtual OpMemory memory(const Graph& graph, std::vector<Value> inputs, std::vector<Value> results) const;

 private:
  bool exact_;
  WeightCache* weights_;
};

/// @param what  names the result and all that it depends on besides these constants and the processor.
/// @return  empty if one of the constants has no key.
std::string key_of(const std::string& what, std::span<const Operand> constants);

}  // namespace kerascope
