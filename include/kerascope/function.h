// Functions from any tensors of a model to any others.
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

/// The counterpart of K.function in Keras 2, with the phase given at each call. Make it with ks::function; a
/// default-constructed object cannot be called. Copies are the same function, which keeps its model alive. Many threads
/// may call one function at a time: they share the cores, and calls beyond the number of threads wait (a stop token
/// ends the wait, too). A call from a callback does not wait.
///
///     const ks::KerasTensor maps = model.layer("conv1").output(), digit = model.layer("digit").output();
///     const ks::Function f = ks::function(model.inputs(), {maps, digit});
///     const std::vector<ks::Tensor> given = f(image);  // (1, 64, 64, 64) and (1, 10)
///     ks::write_png("maps.png", ks::grid(given[0]));
class KERASCOPE_API Function {
 public:
  /// Compiles a plan for each new combination of input shapes, phase, `exact` and `threads`; otherwise only computes. A
  /// model keeps its last 8 plans, those of functions and of runs together; each holds its kernels and the memory of
  /// its results. Uses weights that were loaded since the last call.
  /// @param inputs  one tensor per input, in their order, batch first; a missing batch axis is added; equal batches
  /// @return  one tensor per output, in their order, batch first; views that stay valid as long as they are kept
  /// @throws Error{input-count, input-shape} for wrong inputs, Error{cancelled}; if an output cannot be computed, the
  /// reason: Error{weight-missing, weight-shape, weight-type, layer-unknown, layer-unsupported, config-type,
  /// config-missing, shape-mismatch, shape-rank, axis-invalid, activation-unknown, graph-disconnected, memory}
  std::vector<Tensor> operator()(std::span<const Tensor> inputs, const CallOptions& options = {}) const;
  std::vector<Tensor> operator()(std::initializer_list<Tensor> inputs, const CallOptions& options = {}) const;
  std::vector<Tensor> operator()(const Tensor& input, const CallOptions& options = {}) const;

 private:
  friend KERASCOPE_API Function function(std::vector<KerasTensor>, std::vector<KerasTensor>);
  std::shared_ptr<api::FunctionState> state_;
};

/// A function that computes `outputs` from `inputs`, any tensors of one model or of connected layers in code: also from
/// the middle of a model, for example from a layer's output to the predictions. Computes only what the outputs need.
///
///     const ks::KerasTensor middle = model.layer("pool2").output();
///     const ks::Tensor maps = ks::function(model.inputs(), {middle})(image)[0];
///     const ks::Tensor digit = ks::function({middle}, model.outputs())(maps)[0];
///
/// Cost: a walk over the model's layers. Nothing is compiled and no weight is read before the first call.
/// @throws Error{graph-disconnected} if an output needs an input that is not given or is in another model, or if there
///         are no inputs or outputs; Error{input-given-twice}; for layers in code Error{name-taken}
KERASCOPE_API Function function(std::vector<KerasTensor> inputs, std::vector<KerasTensor> outputs);

}  // namespace kerascope
