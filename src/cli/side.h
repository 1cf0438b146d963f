// One side of a comparison: tensors by address, out of files or out of a run.
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
  };
  std::string name;  ///< the file that makes the difference
  std::vector<Entry> entries;
  bool is_in_order = true;  ///< false where the entries' order says nothing about depth
  bool is_partial = false;  ///< some layers could not be computed
  std::vector<std::string> predictions;
  Json prediction_json;
};

/// An .npz, a .npy or a folder of .npy, told by content.
bool holds_arrays(const std::string& path);
/// @param layers  names and patterns; empty: all
/// @throws Error{array-invalid, layer-not-found, zip-invalid, ...}
Side side_of_arrays(const std::string& path, const std::vector<std::string>& layers);

/// Runs request.model on request.inputs and keeps everything.
Side side_of_run(const Request& request, const std::string& name);

}  // namespace kerascope::cli
