// Which ops of a graph to run for the taps, in which order, and where in memory each result lies.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/arena.h"
#include "engine/fusion.h"
#include "engine/shared.h"
#include "kerascope/run.h"
#include "kerascope/tensor.h"
#include "ops/graph.h"
#include "ops/session.h"

namespace kerascope {

/// One plan is run by one thread at a time. The graph must outlive it.
class Plan {
 public:
  /// Plans only the ops that the taps need. Their weights are read when an op first runs.
  /// @param exact  see Session.
  /// @param pass_by  to save memory, taps are shown and not kept: a tap's tensor is valid only during its on_tap.
  ///                 Prepared weights are dropped after each step, unless they are shared and memory is not short.
  /// @param shared  of the model; null: the plan shares nothing.
  Plan(const Graph& graph, std::vector<Value> inputs, std::vector<Value> taps, bool exact = false, bool pass_by = false,
       std::shared_ptr<Shared> shared = nullptr);

  using Clock = std::chrono::steady_clock;
  struct StepTime {
    std::span<const Value> values;
    Clock::time_point begin, end;
  };
  struct Hooks {
    /// Called as soon as a tap is computed, with its index in `taps` and its tensor.
    std::function<void(std::size_t, const Tensor&)> on_tap;
    /// Called after each step with the values that it computed: one, or several that were fused.
    std::function<void(const StepTime&)> on_step;
  };
  /// @param inputs  one per graph input, of the shapes and types that the graph was built for.
  /// @return  one tensor per tap, which later runs do not change; empty ones with pass_by.
  /// @param call  seed, stop and on_progress are used: the plan was made for the phase, `exact` and the threads.
  /// @throws Error{weight-missing, weight-shape, ...} if a weight cannot be had; Error{cancelled}
  std::vector<Tensor> run(std::span<const Tensor> inputs, const CallOptions& call = {}, const Hooks& hooks = {});

  /// Memory of a run besides its inputs and the model's file: tapped tensors, tensors in between, and what op kernels
  /// make of weights and need while they compute (with pass_by only the largest, as the others are dropped).
  std::size_t kept_bytes() const { return tapped_bytes_; }
  std::size_t scratch_bytes() const { return scratch_bytes_; }
  std::size_t kernel_bytes() const;

  /// One line per op: what runs, where its result lies; "+" marks an op of the same step as the one before.
  std::string str() const;

 private:
  enum class Place { kNone, kInput, kConstant, kTapped, kScratch };
  struct Storage {
    Place place = Place::kNone;
    Value root;              ///< the value whose numbers a view shows; of others the value itself
    std::size_t offset = 0;  ///< in its arena
    std::size_t copy = 0;    ///< kBoth: the offset in the scratch arena, where later steps read it
    std::size_t input = 0;   ///< kInput: its index
    int step = -1;           ///< the step that computes it
    Store store = Store::kPlace;
    bool passes = false;  ///< a tap that is shown and not kept; its memory is reused
  };
  /// Ops that are computed together: each one behind the first needs only rows of what the step computes.
  struct Step {
    std::vector<Value> values;
    std::size_t follower = 0;   ///< index of the last op that is not row-wise
    std::vector<Stage> stages;  ///< one per value, prepared when the step first runs
    std::vector<FusionGroup> groups;
    std::vector<std::size_t> taps;  ///< those that are ready after this step
  };

  void fold_padding();
  void find_constants();
  void find_steps();
  std::optional<std::size_t> step_to_join(Value value) const;
  std::optional<std::size_t> step_to_follow(Value value) const;
  std::vector<Shape> input_shapes(const Graph::Node& node) const;
  void place_results();
  void choose_stores();
  double arithmetic(const Step& step) const;
  const float* pointer(Value value, std::span<const Tensor> inputs) const;
  Tensor tensor(Value value, std::span<const Tensor> inputs) const;
  const Tensor& constant(Value value);
  std::string key_of(Value value) const;
  void compute_constants(Value value);
  std::vector<ValueType> output_types(Value value) const;
  /// Only ops with a single float32 output can have another Store than kPlace.
  bool is_plain(Value value) const;
  const Graph::Node& planned(Value value) const {
    const auto folded = folded_.find(value.id);
    return folded == folded_.end() ? graph_.node(value) : folded->second;
  }
  bool is_constant(Value value) const { return constant_[static_cast<std::size_t>(value.id)]; }
  const Storage& storage(Value value) const { return storages_[static_cast<std::size_t>(value.id)]; }
  Storage& root_of(Value value) { return storages_[static_cast<std::size_t>(storage(value).root.id)]; }
  const Storage& root_of(Value value) const { return storage(storage(value).root); }
  bool is_seen(const Storage& root) const { return root.place == Place::kTapped || root.passes; }
  void prepare(Step& step);
  void forget(Step& step);
  bool keeps_kernels() const { return !pass_by_ || (session_->weights() && !session_->weights()->is_full()); }
  void run(const Step& step, std::span<const Tensor> inputs, std::uint64_t seed) const;

  const Graph& graph_;
  std::map<int, Graph::Node> folded_;  ///< by value id: ops that read the input of their padding
  std::vector<Value> inputs_, taps_;
  std::shared_ptr<Shared> shared_;
  std::unique_ptr<Session> session_;
  bool pass_by_;
  std::vector<Step> steps_;
  std::vector<std::size_t> ready_at_once_;  ///< taps that are inputs or constants
  std::vector<Storage> storages_;
  std::vector<bool> needed_, constant_;
  std::vector<int> readers_;       ///< by root id: number of ops that read it
  std::vector<Tensor> constants_;  ///< by value id; empty until read
  std::size_t tapped_bytes_ = 0, scratch_bytes_ = 0;
  ArenaPool own_arenas_;                     ///< if nothing is shared
  std::shared_ptr<Arena> tapped_, scratch_;  ///< only during a run
};

}  // namespace kerascope
