// From inputs to the activations that are asked for, compiled once for its input shapes (Keras's K.function).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/norm_fit.h"
#include "engine/plan.h"
#include "kerascope/activation.h"
#include "layers/assemble.h"

namespace kerascope {

struct FunctionOptions {
  std::vector<std::string> taps;  ///< addresses and patterns; empty: all layers
  CallOptions call = {};          ///< of which phase, `exact` and whether there is a seed are compiled
  bool with_taps = true;
  std::vector<Feed> fed = {};            ///< instead of the model's inputs
  std::vector<std::string> assume = {};  ///< addresses and patterns: layers taken for the identity, see Assembly
  std::map<std::string, std::vector<Tensor>> known = {};  ///< see AssembleOptions
  bool pass_by = false;            ///< see Plan: activations have their numbers only while on_ready is told of them
  bool keeps_kernels = true;       ///< if there is a Shared, for other functions, too
  bool with_outputs = false;       ///< compute the model's outputs too, where that is possible
  std::size_t most_norm_fits = 0;  ///< how many batch normalizations, from the first, are compared with their input
};

/// Holds a reference to the model. One thread at a time.
class CompiledFunction {
 public:
  /// @param shapes  of the inputs, in the model's order, batch first; none where FunctionOptions::fed says what is fed.
  /// @throws Error{layer-not-found, ...}; what is asked for by name and cannot be computed throws its reason.
  /// @param shared  of this model; null: the function shares nothing.
  CompiledFunction(const ModelData& model, std::span<const Shape> shapes, const FunctionOptions& options,
                   std::shared_ptr<Shared> shared = nullptr);
  CompiledFunction(const CompiledFunction&) = delete;  // its plan points into its graph
  CompiledFunction& operator=(const CompiledFunction&) = delete;

  struct Hooks {
    std::function<void(const Activation&)> on_ready;  ///< each activation as soon as it is computed
    std::function<void(const Plan::StepTime&)> on_step;
  };
  struct Result {
    std::vector<Activation> activations;  ///< in the order in which they were asked for
    std::vector<Activation> outputs;      ///< the model's, with_outputs only
    std::vector<NormFit> norm_fits;       ///< of the normalizations whose input the activations need
  };
  /// @param call  seed, stop and on_progress are used; the rest was compiled.
  Result run(std::span<const Tensor> inputs, const CallOptions& call = {}, const Hooks& hooks = {});

  /// Null, unless shapes depend on the inputs' numbers: then the function for these inputs. It is made part by part:
  /// what the shapes depend on is computed, and the rest is planned with that.
  std::unique_ptr<CompiledFunction> for_inputs(std::span<const Tensor> inputs, const CallOptions& call) const;

  /// How many activations a run gives.
  std::size_t chosen() const { return wanted_.size(); }
  /// Each with the shape of its tensor, in the order in which they were asked for.
  std::vector<std::pair<std::string, ValueType>> addresses() const;
  /// The same as places in that list, in the order in which a run computes them.
  std::vector<std::size_t> order_of_computation() const;
  /// What the numbers of a run take that are kept: of the activations, and of the model's outputs.
  std::size_t bytes() const { return bytes_; }
  /// What a run takes beside its inputs at its height.
  std::size_t peak_bytes() const { return plan_->kept_bytes() + plan_->scratch_bytes() + plan_->kernel_bytes(); }
  const std::vector<Skipped>& skipped() const { return skipped_; }
  const std::vector<std::string>& notes() const { return assembly_->notes; }
  const Assembly& assembly() const { return *assembly_; }
  const std::vector<Value>& taps() const { return taps_; }
  /// When the model was assembled and the plan made, since `begin`.
  struct Times {
    Plan::Clock::time_point begin = Plan::Clock::now(), assembled, planned;
  };
  const Times& times() const { return times_; }
  std::string graph_text() const { return assembly_->graph.str(); }
  std::string plan_text() const { return plan_->str(); }

 private:
  struct Wanted {
    Selection selection;
    Shape shape;
    Activation blank;  ///< without its numbers
  };
  [[noreturn]] void fail(const Site& site, const Error& problem) const;
  std::vector<Tensor> typed(std::span<const Tensor> inputs) const;
  Activation blank(int site, const std::string& address) const;
  Activation activation(const Wanted& wanted, const Tensor& tensor) const;

  const ModelData& model_;
  std::vector<Shape> shapes_;
  FunctionOptions options_;
  Times times_;
  std::shared_ptr<const Assembly> assembly_;
  std::vector<std::set<std::string>> assumptions_;  ///< by value; empty if nothing is assumed
  std::vector<Value> taps_;
  std::vector<Wanted> wanted_;
  std::vector<Activation> outputs_;
  std::vector<NormInput> norms_;
  std::vector<Skipped> skipped_;
  std::size_t bytes_ = 0;
  bool passes_by_ = false;
  std::unique_ptr<Plan> plan_;
};

}  // namespace kerascope
