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
struct CallOptions {
  Phase phase = Phase::kInference;
  /// Of the training phase's random numbers, which taps and threads do not change; empty: dropout and noise keep still,
  /// and batch statistics remain.
  std::optional<std::uint64_t> seed = 0;
  /// Every convolution directly: slower, with rounding errors some ten times smaller.
  bool exact = false;
  /// How many compute, of this call alone; 0: as many as the machine has cores, or OMP_NUM_THREADS says.
  int threads = 0;
  /// Ends the call between two steps with Error{cancelled}.
  std::stop_token stop = {};
  /// Told before each step how many are done, of how many; from the calling thread.
  std::function<void(std::size_t done, std::size_t all)> on_progress = {};
};

/// How Model::run computes, and what it gives.
struct RunOptions {
  /// Addresses and patterns: "block1_conv1", "3", "0..5", "conv*", "type:Conv2D", "conv5:17", several joined by commas.
  /// Empty: all layers.
  std::vector<std::string> taps = {};
  Phase phase = Phase::kInference;  ///< these as in CallOptions
  std::optional<std::uint64_t> seed = 0;
  bool exact = false;
  int threads = 0;
  std::stop_token stop = {};
  std::function<void(std::size_t done, std::size_t all)> on_progress = {};
  /// If given: told of each activation as soon as it is computed, from the calling thread. Its tensor's numbers are
  /// valid during the call only, the memory is used again, and the run gives no activations: so a model of which all
  /// layers together are larger than memory can be looked at layer by layer. Weights, too, are kept no longer than
  /// needed.
  std::function<void(const Activation&)> on_ready = {};
  /// In bytes, beside the inputs: a run that would take more is refused with Error{memory} before it begins; 0: no
  /// limit.
  std::size_t most_memory = 0;
};

}  // namespace kerascope
