// One side of a comparison: tensors by address, out of files, out of a run, or the weights of a model.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/request.h"

namespace kerascope::cli {

struct Side {
  struct Entry {
    std::string address, axes;  ///< the roles of the axes after the batch; empty where nobody knows them
    std::function<Tensor()> tensor;
    std::vector<std::string> assumes = {};  ///< as an Activation's
  };
  /// What the entries' order says about depth: nothing, as names do not; what the file's does; all.
  enum class Order { kByName, kAsInFile, kAsComputed };
  std::string name;  ///< the file that makes the difference
  std::vector<Entry> entries;
  Order order = Order::kAsInFile;
  bool is_partial = false;  ///< some layers could not be computed
  std::vector<std::string> predictions;
  Json prediction_json;
};

/// An .npz, a .npy or a folder of .npy, told by content.
bool holds_arrays(const std::string& path);
/// @param layers  names and patterns; empty: all
/// @throws Error{array-invalid, layer-not-found, zip-invalid, ...}
Side side_of_arrays(const std::string& path, const std::vector<std::string>& layers);

/// True for HDF5 without an architecture, as model.save_weights() writes it.
bool holds_only_weights(const std::string& path);
/// Every weight of request.model, as "conv1/kernel".
Side side_of_weights(const Request& request, const std::string& name);
/// Every weight of a file without an architecture, by the names that it has: "conv1/kernel", "conv1/0", "dense_1/0".
Side side_of_weights_file(const std::string& path, const std::vector<std::string>& layers);

/// Runs request.model on request.inputs and keeps everything.
Side side_of_run(const Request& request, const std::string& name);

}  // namespace kerascope::cli
