// A graph that is run once per step of a sequence and hands states on to the next step.
#pragma once

#include <memory>
#include <vector>

#include "ops/graph.h"

namespace kerascope::ops {

/// What a scan runs at each step. Its inputs are `slices`, `states` and `fixed`; weights and constants are its own.
struct ScanBody {
  Graph graph;
  std::vector<Value> slices;       ///< (N, rest..): one step of each sequence
  std::vector<Value> states;       ///< from the step before
  std::vector<Value> fixed;        ///< equal at every step
  std::vector<Value> next_states;  ///< one per state, of its type
  std::vector<Value> outputs;      ///< (N, rest..)
};

struct Scanned {
  std::vector<Value> states;   ///< after the last step
  std::vector<Value> outputs;  ///< (N, T, rest..), in the order in which steps were computed
};

/// @param sequences  (N, T, rest..) each, all of the same N and T; at least one.
/// @param states  before the first step.
/// @param backwards  from the last step of the sequences to the first.
/// @throws Error{shape-mismatch} if something does not fit the body
Scanned scan(Graph& graph, std::shared_ptr<const ScanBody> body, const std::vector<Value>& sequences,
             const std::vector<Value>& states, const std::vector<Value>& fixed, bool backwards);

}  // namespace kerascope::ops
