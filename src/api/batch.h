// Runs a model on a batch of inputs: as a whole, in parts, or one sample of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/compiled.h"
#include "api/feeding.h"
#include "api/state.h"
#include "inputs/feed.h"

namespace kerascope::api {

/// Which samples of a batch are computed, and how many at a time.
enum class Samples {
  kTogether,  ///< all, in one run
  kInParts,   ///< all, in runs of a few, unless the model mixes samples
  kChosen     ///< one; of the others only the model's outputs, for predictions. kTogether if the model mixes samples
};

/// Which activations stay in memory until the end of a run.
enum class Keep {
  kAll,     ///< all: a run that has no memory for them is refused
  kIfRoom,  ///< all if there is memory for them, otherwise none
  kNone     ///< each only while BatchHooks::ready is told of it
};

struct BatchOptions {
  FunctionOptions function;
  Samples samples = Samples::kTogether;
  Keep keep = Keep::kAll;
  std::int64_t chosen = 0;      ///< which sample, for Samples::kChosen
  std::size_t most_memory = 0;  ///< the most bytes that a run may take; 0: what the machine has left
  std::size_t most_seen = 0;    ///< about so many bytes of activations at a time, for Samples::kInParts; 0: no matter
};

struct BatchHooks {
  /// Each activation as soon as it is computed; each sample once, from Activation::first on.
  std::function<void(const Activation&)> ready;
  /// After each part, before its activations' memory is used again; `part` counts from 0.
  std::function<void(const CompiledFunction::Result&, std::int64_t part)> part_done;
};

/// A model, its inputs, and the function that computes its activations.
class BatchRun {
 public:
  /// Compiles the function for as many samples as are computed at a time, and finds all errors of the request before
  /// anything is computed.
  /// @throws Error{memory} if even one sample needs more than there is; what CompiledFunction throws
  BatchRun(std::shared_ptr<ModelState> model, Fed fed, BatchOptions options);

  const ModelData& model() const { return *data_; }
  const Fed& fed() const { return fed_; }  ///< its tensors hold the current samples
  const CompiledFunction& function() const { return *compiled_->function; }
  CompiledFunction& function() { return *compiled_->function; }
  const FunctionOptions& options() const { return options_.function; }
  bool is_in_parts() const { return options_.samples != Samples::kTogether; }
  bool passes_by() const { return options_.function.pass_by; }
  /// The batch index of the first current sample, in fed() and in activations.
  std::int64_t first() const { return first_; }
  /// The layers that cannot be computed; without layers before fed ones.
  std::vector<Skipped> skipped() const { return skipped_of(*data_, fed_, function()); }
  const std::vector<std::string>& notes() const { return notes_; }

  /// @return  what Keep says of the activations, and the model's outputs, of the whole batch. Of a batch in parts whose
  ///          activations need not stay: those of the last part, and outputs that can be predictions. For
  ///          Samples::kChosen: those of the sample, and of the other samples, if they have names, the predictions.
  CompiledFunction::Result run(const CallOptions& call, const BatchHooks& hooks);

 private:
  void choose_count();
  void compile(std::int64_t count);
  bool keeps_samples_apart();
  bool fits() const;
  std::size_t memory() const;
  void take(std::int64_t first, std::int64_t count);
  template <typename Body>
  void each_part(std::int64_t count, const Body& body);
  std::shared_ptr<Compiled> compiled_for(std::int64_t count, const FunctionOptions& options);
  void add_all_outputs(const CallOptions& call, CompiledFunction::Result& result);

  std::shared_ptr<ModelState> state_;
  std::shared_ptr<const ModelData> data_;
  Fed fed_;
  BatchOptions options_;
  std::shared_ptr<Compiled> compiled_;
  std::int64_t count_ = 0;  ///< samples at a time, for which it is compiled
  std::int64_t first_ = 0;
  std::vector<std::string> notes_;
};

/// The memory of a run with `count` samples, for which the function was compiled, including the inputs that were read
/// from files, which are kept both as read and prepared.
std::size_t memory_of(const CompiledFunction& function, const Fed& fed, std::int64_t count);
/// @throws Error{memory} if the machine has less memory left.
void require_memory(std::size_t needed);

}  // namespace kerascope::api
