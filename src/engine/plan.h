// Which ops of a graph to run for the values that are asked for, in which order, and where each result lies.
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
#include "kerascope/tensor.h"
#include "ops/graph.h"
#include "ops/session.h"

namespace kerascope {

/// One plan is run by one thread at a time. The graph must outlive it.
class Plan {
 public:
  /// Only what the taps need is planned; only its weights are read, each when its op first runs.
  /// @param exact  see Session.
  /// @param pass_by  taps are shown and not kept: each has its numbers only while on_tap is told of it, and what is
  ///                 made of weights lives only as long as its step, unless it is shared and memory is not short
  /// @param shared  of the model; null: the plan shares nothing.
  Plan(const Graph& graph, std::vector<Value> inputs, std::vector<Value> taps, bool exact = false, bool pass_by = false,
       std::shared_ptr<Shared> shared = nullptr);

  using Clock = std::chrono::steady_clock;
  struct StepTime {
    std::span<const Value> values;
    Clock::time_point begin, end;
  };
  struct RunOptions {
    std::uint64_t seed = 0;
    /// Called as soon as a tap is computed, with its index in `taps` and its tensor.
    std::function<void(std::size_t, const Tensor&)> on_tap = {};
    /// Called before each op with the numbers of ops done and in all.
    std::function<void(std::size_t, std::size_t)> on_progress = {};
    /// See parallel::Computation.
    std::function<void()> between = {};
    /// Called after each step with the values that it computed: one, or several that were fused.
    std::function<void(const StepTime&)> on_step = {};
  };
  /// @param inputs  one per graph input, of the shapes and types that the graph was built for.
  /// @return  one tensor a tap; they stay valid as long as they are kept, and later runs do not change them. None
  ///          where they pass by.
  /// @throws Error{weight-missing, weight-shape, ...} where a weight cannot be had.
  std::vector<Tensor> run(std::span<const Tensor> inputs, const RunOptions& options);

  /// What a run takes beside its inputs and the model's file: the taps that are kept, what is computed on the way, and
  /// what kernels make of their weights and take while they compute; of these the largest only where taps pass by.
  std::size_t kept_bytes() const { return tapped_bytes_; }
  std::size_t scratch_bytes() const { return scratch_bytes_; }
  std::size_t kernel_bytes() const;

  /// One line a step: what runs, where its result lies.
  std::string str() const;

 private:
  enum class Place { kNone, kInput, kConstant, kTapped, kScratch };
  struct Storage {
    Place place = Place::kNone;
    Value root;              ///< the value whose numbers a view shows; itself where it is no view
    std::size_t offset = 0;  ///< in its arena
    std::size_t copy = 0;    ///< kBoth: where in the scratch arena later steps read it
    std::size_t input = 0;   ///< kInput: which one
    int step = -1;           ///< that computes it
    Store store = Store::kPlace;
    bool passes = false;  ///< a tap that is shown, in memory that later steps use again
  };
  /// Ops that are computed together: the first, and those behind it that need rows of it only.
  struct Step {
    std::vector<Value> values;
    std::size_t follower = 0;   ///< the last of them that is not row-wise
    std::vector<Stage> stages;  ///< one a value, made when the step first runs
    std::vector<FusionGroup> groups;
    std::vector<std::size_t> taps;  ///< that are ready after it
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
  /// Where all that an op makes lies as it is: what is not one tensor of float32 is written in no other way.
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
  bool keeps_kernels() const { return !pass_by_ || (session_->kept() && !session_->kept()->is_full()); }
  void run(const Step& step, std::span<const Tensor> inputs, const RunOptions& options) const;

  const Graph& graph_;
  std::map<int, Graph::Node> folded_;  ///< by value id: what is computed otherwise than the graph says
  std::vector<Value> inputs_, taps_;
  std::shared_ptr<Shared> shared_;
  std::unique_ptr<Session> session_;
  bool pass_by_;
  std::vector<Step> steps_;
  std::vector<std::size_t> ready_at_once_;  ///< taps that are inputs or constants
  std::vector<Storage> storages_;
  std::vector<bool> needed_, constant_;
  std::vector<int> readers_;       ///< by root id: how many ops read it
  std::vector<Tensor> constants_;  ///< by value id, those that were read
  std::size_t tapped_bytes_ = 0, scratch_bytes_ = 0;
  ArenaLender own_arenas_;                   ///< if nothing is shared
  std::shared_ptr<Arena> tapped_, scratch_;  ///< of the run
};

}  // namespace kerascope
