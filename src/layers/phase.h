// In which phase each call of a layer runs: what the model is run in, what the file stores with calls, and what Keras
// makes of both.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kerascope/activation.h"
#include "model/model.h"

namespace kerascope {

/// The `training` argument that a network passes down to the calls inside it.
struct TrainingArgument {
  bool value = false;             ///< in the phase of the run
  std::optional<bool> as_called;  ///< in model(x); none: nobody gave one
};

/// Follows one run of a model in the order in which Keras calls its layers.
///
/// Before Keras 3, what a node stores (base(x, training=False)) wins over the argument of the model's call. Keras 3
/// passes that argument down over whatever its nodes store: `predict` and `fit` always give one. model(x) gives none:
/// then a call has what its node stores, else what the layer that was called before it had, else its layer's default.
class PhaseOfCalls {
 public:
  PhaseOfCalls(int keras_major, Phase phase) : keras_major_(keras_major), phase_(phase) {}

  /// What the whole model is called with.
  TrainingArgument of_model() const { return {.value = phase_ == Phase::kTraining, .as_called = std::nullopt}; }
  /// @param outer  of the network that makes the call
  TrainingArgument of_call(const TrainingArgument& outer, const LayerData& layer, const Call& call,
                           const std::string& address);
  /// Says which calls train in model(x) and not in the inference phase; empty if none does.
  std::string note() const;

 private:
  int keras_major_;
  Phase phase_;
  std::optional<bool> called_before_;  ///< as_called of the call before
  std::vector<std::string> trained_;   ///< addresses of the calls that train in model(x) alone
};

/// The default of `training` in the signature of a layer's `call` (Keras 3.15); none: it has none, or None.
std::optional<bool> default_training(std::string_view class_name);

}  // namespace kerascope
