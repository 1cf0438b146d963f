// In which phase each call of a layer runs, as Keras decides it from the phase of the run and the `training` that the
// file stores with calls.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kerascope/activation.h"
#include "model/model.h"

namespace kerascope {

/// Before Keras 3, the `training` that a call stores (base(x, training=False)) overrides the argument of the model's
/// call. In Keras 3 that argument, which `predict` and `fit` always give, overrides what calls store. model(x) gives
/// none: then a call has the `training` that it stores, else that of the call before it, else its layer's default.
class PhaseOfCalls {
 public:
  PhaseOfCalls(const ModelData& model, Phase phase);

  /// @param address  of a call, without an output's "#1"
  bool trains(const std::string& address) const { return trains_.at(address); }
  /// Says which calls train in model(x) and not in the inference phase; empty if none does.
  std::string note() const;

 private:
  /// The `training` argument that a network passes down to the calls inside it.
  struct Argument {
    bool value = false;             ///< in the phase of the run
    std::optional<bool> as_called;  ///< in model(x); none if nothing has set it yet
  };
  void decide(const Network& network, const std::string& container, const Argument& outer);
  Argument of_call(const Argument& outer, const LayerData& layer, const Call& call, const std::string& address);

  int keras_major_;
  Phase phase_;
  std::map<std::string, bool> trains_;  ///< by address
  std::optional<bool> called_before_;   ///< Argument::as_called of the call before
  std::vector<std::string> trained_;    ///< addresses of the calls that train in model(x) alone
};

/// The default of `training` in the signature of a layer's `call` (Keras 3.15); nothing if there is none, or None.
std::optional<bool> default_training(std::string_view class_name);

}  // namespace kerascope
