// What ops are prepared for: how exact they are to be, and what prepares the graphs that some of them hold.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/kept.h"
#include "kerascope/tensor.h"
#include "ops/op_kernel.h"

namespace kerascope {

class Graph;
struct Value;

/// A graph of its own that an op runs, once or many times.
class PreparedGraph {
 public:
  virtual ~PreparedGraph() = default;
  /// @param inputs  in the order in which they were named.
  /// @param results  where each result is written; null for one that nobody needs.
  virtual void run(std::span<const Tensor> inputs, std::span<void* const> results, std::uint64_t seed) = 0;
  /// Beside its inputs and results.
  virtual OpMemory memory() const = 0;
};

/// Each Session is used by one thread at a time.
class Session {
 public:
  /// @param exact  no faster way to compute whose rounding errors are larger.
  /// @param kept  outlives the session; null: what is made of weights is not shared.
  explicit Session(bool exact = false, Kept* kept = nullptr) : exact_(exact), kept_(kept) {}
  virtual ~Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  bool exact() const { return exact_; }
  /// Null: nothing is kept.
  Kept* kept() const { return kept_; }

  /// What an op makes of constants, once for all plans of a model.
  /// @param key  as key_of() gives it; empty: it is made for this plan alone.
  /// @param make  gives a T, which has bytes(); two with the same key are equal.
  template <typename T, typename Make>
  std::shared_ptr<const T> made(const std::string& key, const Make& make) const {
    if (!kept_ || key.empty()) return std::make_shared<const T>(make());
    return std::static_pointer_cast<const T>(kept_->get(key, [&] {
      auto one = std::make_shared<const T>(make());
      return Kept::Made{one, one->bytes()};
    }));
  }

  /// Prepares a graph that an op holds; the graph must outlive what is returned.
  virtual std::unique_ptr<PreparedGraph> prepare(const Graph& graph, std::vector<Value> inputs,
                                                 std::vector<Value> results) const;
  /// What `prepare` with the same arguments will take.
  virtual OpMemory memory(const Graph& graph, std::vector<Value> inputs, std::vector<Value> results) const;

 private:
  bool exact_;
  Kept* kept_;
};

/// @param what  is made, with all that it depends on beside these constants and the processor.
/// @return  empty if one of the constants has no key.
std::string key_of(const std::string& what, std::span<const Operand> constants);

}  // namespace kerascope
