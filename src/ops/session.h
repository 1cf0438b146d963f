// What ops are prepared for: how exact they are to be, and what prepares the graphs that some of them hold.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kerascope/tensor.h"

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
  /// What it takes while it runs, beside its inputs and results, and what it keeps of its weights.
  virtual std::size_t passing_bytes() const = 0;
  virtual std::size_t kept_bytes() const = 0;
};

/// Each Session is used by one thread at a time.
class Session {
 public:
  /// @param exact  no faster way to compute whose rounding errors are larger.
  explicit Session(bool exact = false) : exact_(exact) {}
  virtual ~Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  bool exact() const { return exact_; }

  /// Prepares a graph that an op holds; the graph must outlive what is returned.
  virtual std::unique_ptr<PreparedGraph> prepare(const Graph& graph, std::vector<Value> inputs,
                                                 std::vector<Value> results) const;

 private:
  bool exact_;
};

}  // namespace kerascope
