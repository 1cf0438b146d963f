// Options of a run: which layers, in which phase, and callbacks for its progress.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "kerascope/activation.h"

namespace kerascope {

/// How a call runs: the same for models, functions and the C interface.
///
///     const std::vector<ks::Tensor> trained = model.predict(image, {.phase = ks::Phase::kTraining, .seed = 7});
struct CallOptions {
  Phase phase = Phase::kInference;
  /// Seed of the training phase's random numbers: the same seed gives the same numbers, whatever the taps and threads
  /// (Keras's numbers differ from call to call). Empty: no dropout and no noise, but still batch statistics.
  std::optional<std::uint64_t> seed = 0;
  /// Computes every convolution directly, without Winograd for 3x3 kernels: slower, with rounding errors some ten times
  /// smaller.
  bool exact = false;
  /// How many threads this call uses; 0: OMP_NUM_THREADS or the number of cores; in a callback, as many as the
  /// enclosing call. @throws Error{threads-invalid} from the call, if below 0 or above 1024
  int threads = 0;
  /// Ends the call with Error{cancelled}, also within a layer, mostly after a few milliseconds. The model stays usable.
  std::stop_token stop = {};
  /// Called in the calling thread before each step, with the number of steps done (0 to all - 1) and of all steps. An
  /// exception from it ends the call and is passed on.
  std::function<void(std::size_t done, std::size_t all)> on_progress = {};
};

/// Options of Model::run.
///
///     const ks::Activations some = model.run(image, {.taps = {"0..2", "type:Conv2D", "conv4:17"}});
///     const ks::Activations trained = model.run(image, {.call = {.phase = ks::Phase::kTraining, .seed = 7}});
struct RunOptions {
  /// The layers to compute and return; empty: all layers, but no tensors inside a layer. Several may be joined by
  /// commas or be separate entries; duplicates are returned once.
  ///   - "block1_conv1", "resnet50/conv1_relu": a layer by name (at any depth, if unique) or path
  ///   - "3", "-1", "0..5", "resnet50/3": by index in Keras's model.layers
  ///   - "conv*", "block?_conv*", "type:Conv2D": all that match; * stops at /, ** does not
  ///   - "dense@1", "tower@0/conv", "tower#1": a call of a shared layer; one of several outputs
  ///   - "conv1/pre_activation": the result before the layer's own activation
  ///   - "conv5:17", "conv5[3,4]:17": a channel; one unit, at (row, column). These are copies.
  std::vector<std::string> taps = {};
  /// Layers that cannot be computed and are replaced by the identity, named as in `taps`. Results that depend on them
  /// list them (Activation::assumes). @throws Error{assume-invalid} from the run for a named layer that can be computed
  /// or has several inputs
  std::vector<std::string> assume = {};
  CallOptions call = {};  ///< phase, seed, exact, threads, stop, on_progress
  /// If given: called in the calling thread with each activation as soon as it is computed. The tensor's numbers are
  /// valid only during that call, then their memory is reused; the run returns no activations, only the skipped layers.
  /// Weights, too, are kept no longer than needed. So even a model whose layers together exceed the memory can be seen
  /// layer by layer. An exception from the callback ends the run and is passed on.
  ///
  ///     const auto print = [](const ks::Activation& one) { std::cout << one.tensor.numbers()[0] << '\n'; };
  ///     model.run(image, {.on_ready = print});
  std::function<void(const Activation&)> on_ready = {};
  /// Limit in bytes, without the inputs and the mapped file; 0: none. A run that needs more is refused with
  /// Error{memory} before it begins. A plan that is kept for the next run keeps its memory.
  std::size_t most_memory = 0;
};

}  // namespace kerascope
