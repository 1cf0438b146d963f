// How a model is run: what is looked at, in which phase, and who is told while it goes on.
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

/// How one call computes.
///
///     const std::vector<ks::Tensor> trained = model.predict(image, {.phase = ks::Phase::kTraining, .seed = 7});
struct CallOptions {
  Phase phase = Phase::kInference;
  /// Of the training phase's random numbers, which taps and threads do not change: the same seed gives the same
  /// numbers, unlike Keras's, which differ from call to call. Empty: dropout and noise keep still, and batch statistics
  /// remain.
  std::optional<std::uint64_t> seed = 0;
  /// Every convolution directly, instead of 3x3 ones by Winograd's method: slower, with rounding errors some ten times
  /// smaller.
  bool exact = false;
  /// How many compute, of this call alone; 0: as many as the machine has cores, or OMP_NUM_THREADS says; in a callback
  /// as many as in the call around it. @throws Error{threads-invalid} from the call, below 0 and above 1024
  int threads = 0;
  /// Ends the call between two steps with Error{cancelled}; a step is one layer or a few.
  std::stop_token stop = {};
  /// Told before each step how many are done, of how many, from the calling thread: 0 to all - 1. What it throws ends
  /// the call and comes out of it.
  std::function<void(std::size_t done, std::size_t all)> on_progress = {};
};

/// How Model::run computes, and what it gives.
///
///     const ks::Activations some = model.run(image, {.taps = {"0..2", "type:Conv2D", "conv4:17"}, .exact = true});
struct RunOptions {
  /// What is looked at; empty: all layers, but not what lies inside one. Several are joined by commas or given one by
  /// one; what is asked for twice comes once.
  ///   - "block1_conv1", "resnet50/conv1_relu": a layer by name, at any depth if it occurs once; by its path
  ///   - "3", "-1", "0..5", "resnet50/3": by index, as Keras's model.layers counts
  ///   - "conv*", "block?_conv*", "type:Conv2D": all that match; * stops at /, ** does not
  ///   - "dense@1", "tower@0/conv", "tower#1": a call of a shared layer, an output of several
  ///   - "conv1/pre_activation": before the layer's own activation
  ///   - "conv5:17", "conv5[3,4]:17": a channel; one unit, at (row, column). These are copies.
  std::vector<std::string> taps = {};
  /// Layers that cannot be computed and are taken for the identity: named as in `taps`. What depends on them says so
  /// (Activation::assumes). @throws Error{assume-invalid} from the run for a layer that is named and can be computed,
  /// or
  ///         has several inputs
  std::vector<std::string> assume = {};
  Phase phase = Phase::kInference;        ///< as in CallOptions
  std::optional<std::uint64_t> seed = 0;  ///< as in CallOptions
  bool exact = false;                     ///< as in CallOptions
  int threads = 0;                        ///< as in CallOptions
  std::stop_token stop = {};              ///< as in CallOptions
  /// As in CallOptions.
  std::function<void(std::size_t done, std::size_t all)> on_progress = {};
  /// If given: told of each activation as soon as it is computed, from the calling thread. Its tensor's numbers are
  /// valid during the call only, the memory is used again, and the run gives no activations, only what it skipped: so a
  /// model of which all layers together are larger than memory can be looked at layer by layer. Weights, too, are kept
  /// no longer than needed. What it throws ends the run and comes out of it.
  ///
  ///     const auto print = [](const ks::Activation& one) { std::cout << one.tensor.numbers()[0] << '\n'; };
  ///     model.run(image, {.on_ready = print});
  std::function<void(const Activation&)> on_ready = {};
  /// In bytes, beside the inputs and the model's file, whose weights are mapped: a run that would take more is refused
  /// with Error{memory} before it begins; 0: no limit. A plan that is kept for the next run holds what it needs.
  std::size_t most_memory = 0;
};

}  // namespace kerascope
