// Whether what arrives at a batch normalization looks like what it learnt from: wrongly prepared inputs do not.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "layers/assemble.h"
#include "ops/batch_norm.h"

namespace kerascope {

/// A batch normalization by moving statistics.
struct NormInput {
  std::string address;  ///< of the site whose output it normalizes
  ops::BatchNormUse use;
  std::vector<std::size_t> inputs;  ///< of the assembly: those that it depends on
};

/// The first behind each of a graph's inputs, in the order of computation, of those whose input is needed for the taps.
std::vector<NormInput> first_norms(const Assembly& assembly, std::span<const Value> taps, std::size_t most);

/// What arrives against the moving mean and variance (variances plus epsilon): medians over the channels.
struct NormFit {
  std::string address;
  double variance_ratio = 1;  ///< variance / moving variance; 1 where a channel has too few numbers to have a variance
  double square_shift = 0;    ///< (mean - moving mean)^2 / moving variance
  double divergence = 0;      ///< Kullback and Leibler's, of normal distributions, the mean over the channels
  std::vector<std::size_t> inputs = {};  ///< see NormInput

  /// How many times too large, too small, or too far away; 1 or more.
  double times_off() const;
};

/// Nothing where that cannot be told: statistics as they are before training, or hardly any finite number.
/// Reads a few thousand numbers a channel.
std::optional<NormFit> norm_fit(const NormInput& norm, const Tensor& moving_mean, const Tensor& moving_variance,
                                const Tensor& x);

}  // namespace kerascope
