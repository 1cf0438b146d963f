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

/// As Keras's K.function, with the phase given at the call. Copies are the same function. Many threads may call one
/// function; calls for the same shapes and phase wait for each other, as each uses all cores.
class KERASCOPE_API Function {
 public:
  /// Compiles for input shapes and a phase that it has not seen yet, otherwise only computes. Sees weights that were
  /// loaded since the last call.
  /// @param inputs  one an input, batch first; a missing batch axis is added
  /// @return  one tensor an output, in their order; views that stay valid as long as they are kept
  /// @throws Error{input-count, input-shape, weight-missing, cancelled, ...}
  std::vector<Tensor> operator()(std::span<const Tensor> inputs, const CallOptions& options = {}) const;
  std::vector<Tensor> operator()(std::initializer_list<Tensor> inputs, const CallOptions& options = {}) const;
  std::vector<Tensor> operator()(const Tensor& input, const CallOptions& options = {}) const;

 private:
  friend KERASCOPE_API Function function(std::vector<KerasTensor>, std::vector<KerasTensor>);
  std::shared_ptr<api::FunctionState> state_;
};

/// What lies between any tensors of a model: also from the middle of it, as from a layer's output to the predictions.
///
///     auto f = ks::function(net.inputs(), {conv1out.output()});
///     auto maps = f(image, {.phase = ks::Phase::kInference})[0];
///
/// @throws Error{graph-disconnected} if an output needs an input that is not given
KERASCOPE_API Function function(std::vector<KerasTensor> inputs, std::vector<KerasTensor> outputs);

}  // namespace kerascope
