// From any tensors of a model to any others.
#pragma once

#include <initializer_list>
#include <memory>
#include <span>
#include <vector>

#include "kerascope/export.h"
#include "kerascope/model.h"
#include "kerascope/run.h"

namespace kerascope {

namespace api {
struct FunctionState;
}

/// As K.function of keras.backend in Keras 2, with the phase given at the call. Made by ks::function; an object that
/// was only declared cannot be called. Copies are the same function, which keeps its model alive. Many threads may call
/// one function; calls for the same shapes and phase wait for each other, as each uses all cores (and the stop token of
/// one that waits is heeded). A call from a callback does not wait; it may cost a plan of its own.
///
///     const ks::KerasTensor maps = model.layer("conv1").output(), digit = model.layer("digit").output();
///     const ks::Function f = ks::function(model.inputs(), {maps, digit});
///     const std::vector<ks::Tensor> given = f(image);  // (1, 64, 64, 64) and (1, 10)
///     ks::write_png("maps.png", ks::grid(given[0]));
class KERASCOPE_API Function {
 public:
  /// Compiles for input shapes, a phase, `exact` and `threads` that it has not seen yet, otherwise only computes. Plans
  /// are kept for the last 8 such calls and runs of a model together, and each holds its kernels and the memory of its
  /// results. Sees weights that were loaded since the last call.
  /// @param inputs  one an input, in their order, batch first; a missing batch axis is added; batches must be equal
  /// @return  one tensor an output, in their order, batch first; views that stay valid as long as they are kept
  /// @throws Error{input-count, input-shape} for what is given, Error{cancelled}; where an output cannot be computed
  /// its reason: Error{weight-missing, weight-shape, weight-type, layer-unknown, layer-unsupported, config-type,
  /// config-missing, shape-mismatch, shape-rank, axis-invalid, activation-unknown, graph-disconnected, memory}
  std::vector<Tensor> operator()(std::span<const Tensor> inputs, const CallOptions& options = {}) const;
  std::vector<Tensor> operator()(std::initializer_list<Tensor> inputs, const CallOptions& options = {}) const;
  std::vector<Tensor> operator()(const Tensor& input, const CallOptions& options = {}) const;

 private:
  friend KERASCOPE_API Function function(std::vector<KerasTensor>, std::vector<KerasTensor>);
  std::shared_ptr<api::FunctionState> state_;
};

/// What lies between any tensors of a model: also from the middle of it, as from a layer's output to the predictions.
/// All of them are of one model, or of layers in code that are connected. Only what the outputs need is computed.
///
///     const ks::KerasTensor middle = model.layer("pool2").output();
///     const ks::Tensor maps = ks::function(model.inputs(), {middle})(image)[0];
///     const ks::Tensor digit = ks::function({middle}, model.outputs())(maps)[0];
///
/// Cost: a walk over the model's layers; nothing is compiled and no weight read before the first call.
/// @throws Error{graph-disconnected} if an output needs an input that is not given, lies in another model, or there are
///         no inputs or outputs; Error{input-given-twice}; for layers in code Error{name-taken}
KERASCOPE_API Function function(std::vector<KerasTensor> inputs, std::vector<KerasTensor> outputs);

}  // namespace kerascope
