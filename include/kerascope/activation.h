// The output of a layer for an input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kerascope/error.h"
#include "kerascope/tensor.h"

namespace kerascope {

/// Keras's learning phase: the `training` argument of a model's call.
enum class Phase {
  kInference,  ///< 0: moving statistics; no dropout, no noise: as in model.predict(x)
  kTraining,   ///< 1: the batch's own statistics, unless the layer is frozen; dropout and noise act
  kAsCalled    ///< no argument, as in model(x): in Keras 3, calls that store training=True then train
};

/// The output of one call of one layer, or a channel or unit of it. Copies share the numbers.
///
///     const ks::Activation& map = seen["conv1"];
///     std::cout << map.class_name << ' ' << map.axes << ' ' << map.tensor.shape().str();
struct Activation {
  /// The path through nested models, then @call and #output if there are several, then the channel or unit that was
  /// asked for: "block1_conv1", "resnet50/conv1_relu", "tower@1/dense#0", "conv5:17", "conv5[3,4]:17".
  std::string address;
  /// The role of each axis except the batch's, in the layer's own order: D, H, W, T (steps) and C (channels), as in
  /// "HWC", "CHW", "TC", "C"; empty for one number per sample.
  std::string axes;
  std::string class_name;  ///< the layer's class in Keras: "Conv2D"
  bool is_model = false;   ///< this is the output of a nested model
  /// Layers that this output depends on and that were replaced by the identity (RunOptions::assume).
  std::vector<std::string> assumes = {};
  /// The index in the run's batch of the tensor's first sample: above 0 only for RunOptions::on_ready, if a large batch
  /// is computed in parts.
  std::int64_t first = 0;
  /// (N, axes...), float32; a single channel keeps its axis, with size 1. It is a view of the run's numbers and keeps
  /// them alive (but see RunOptions::on_ready).
  Tensor tensor;

  /// Converts to the tensor.
  ///
  ///     const ks::Tensor maps = seen["conv2"];  // (1, 32, 32, 128)
  ///     ks::write_npy("conv2.npy", seen["conv2"]);
  operator const Tensor&() const { return tensor; }
};

/// A layer that was asked for and could not be computed: Kerascope does not know its class, its weights are missing, or
/// it depends on such a layer.
struct Skipped {
  std::string address, class_name;       ///< as an Activation's
  bool is_model = false;                 ///< as an Activation's
  std::shared_ptr<const Error> problem;  ///< the reason; never null
  std::size_t before = 0;                ///< how many of the run's activations precede it
};

}  // namespace kerascope
