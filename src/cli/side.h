// One side of a comparison: tensors by address, from files, from a run, or the weights of a model.
#pragma once

#include <string>
#include <vector>

#include "api/comparison.h"
#include "cli/request.h"

namespace kerascope::cli {

/// One side, and what the run tells that gave it.
struct RunSide {
  api::Side side;
  bool is_partial = false;  ///< some layers could not be computed
  std::vector<std::string> predictions = {};
  Json prediction_json = nullptr;
};

/// Whether it is an .npz, a .npy or a folder of .npy, judged by content.
bool holds_arrays(const std::string& path);
/// @param layers  names and patterns; empty: all
/// @throws Error{array-invalid, layer-not-found, zip-invalid, ...}
api::Side side_of_arrays(const std::string& path, const std::vector<std::string>& layers);

/// True for HDF5 without an architecture, as from model.save_weights().
bool holds_only_weights(const std::string& path);
/// Every weight of request.model, under addresses such as "conv1/kernel".
api::Side side_of_weights(const Request& request, const std::string& name);
/// Every weight of a file without an architecture, under the file's names: "conv1/kernel", "conv1/0", "dense_1/0".
api::Side side_of_weights_file(const std::string& path, const std::vector<std::string>& layers);

/// Runs request.model on request.inputs and keeps all activations.
RunSide side_of_run(const Request& request, const std::string& name);

}  // namespace kerascope::cli
