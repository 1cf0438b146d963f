// The time of each step of a run, beside the least that this machine needs for it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "kerascope/model.h"

namespace kerascope {

/// One step of a run: layers that are computed together.
struct StepProfile {
  std::string addresses;        ///< "conv1 + bn1 + relu1"
  std::string operation;        ///< "conv 3x3 same + batch_norm + relu"
  Shape shape;                  ///< of its output
  double seconds = 0;           ///< mean of a run
  double flops = 0, bytes = 0;  ///< its arithmetic and its memory traffic, at least
  double least_seconds = 0;     ///< what these take on this machine; data in a cache can be faster
};

/// What a run of a model costs.
struct ModelProfile {
  std::vector<StepProfile> steps;  ///< in the order in which they run
  double seconds = 0;              ///< of a run: all steps, and outside_seconds
  double outside_seconds = 0;      ///< between the steps
  double first_seconds = 0;        ///< of the first run, which reads weights and prepares kernels
  double least_seconds = 0;        ///< of the whole run's arithmetic and traffic

  /// For people: a line per step and the sum; each ends with a newline.
  KERASCOPE_API std::string table() const;
};

/// How a profile is measured.
struct ProfileOptions {
  std::vector<std::string> taps = {};  ///< as in RunOptions
  int runs = 10;                       ///< at least 1, after two that warm up; means are of the middle half
  CallOptions call = {};               ///< on_progress counts the steps of all runs
};

/// Runs the model several times and measures each step. The machine's limits are measured, too (0.1 s).
///
///     std::cout << ks::profile(model, ks::read_image("digit.png", model)).table();
///
/// @throws what Model::run throws; Error{argument-invalid} for less than one run
KERASCOPE_API ModelProfile profile(const Model& model, std::span<const Tensor> inputs,
                                   const ProfileOptions& options = {});
KERASCOPE_API ModelProfile profile(const Model& model, const Tensor& input, const ProfileOptions& options = {});

}  // namespace kerascope
