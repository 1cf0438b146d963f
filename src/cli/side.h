// One side of a comparison: tensors by address, from files, from a run, or the weights of a model.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/request.h"

namespace kerascope::cli {

struct Side {
  struct Entry {
    std::string address, axes;  ///< axes: the roles of the axes after the batch; empty if unknown
    std::function<Tensor()> tensor;
    std::vector<std::string> assumes = {};  ///< as in Activation
  };
  /// What the entries' order tells about depth: nothing (sorted by name), as much as the file's order, everything.
  enum class Order { kByName, kAsInFile, kAsComputed };
  std::string name;  ///< the file by which the sides differ
  std::vector<Entry> entries;
  Order order = Order::kAsInFile;
  bool is_partial = false;  ///< some layers could not be computed
  std::vector<std::string> predictions;
  Json prediction_json;
};

/// Whether it is an .npz, a .npy or a folder of .npy, judged by content.
bool holds_arrays(const std::string& path);
/// @param layers  names and patterns; empty: all
/// @throws Error{array-invalid, layer-not-found, zip-invalid, ...}
Side side_of_arrays(const std::string& path, const std::vector<std::string>& layers);

/// True for HDF5 without an architecture, as from model.save_weights().
bool holds_only_weights(const std::string& path);
/// Every weight of request.model, under addresses such as "conv1/kernel".
Side side_of_weights(const Request& request, const std::string& name);
/// Every weight of a file without an architecture, under the file's names: "conv1/kernel", "conv1/0", "dense_1/0".
Side side_of_weights_file(const std::string& path, const std::vector<std::string>& layers);

/// Runs request.model on request.inputs and keeps all activations.
Side side_of_run(const Request& request, const std::string& name);

}  // namespace kerascope::cli
