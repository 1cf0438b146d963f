// Two sides of a comparison, tensor by tensor.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "kerascope/comparison.h"
#include "layers/assemble.h"
#include "model/model.h"

namespace kerascope::api {

/// Tensors by address: of files, of a run, or a model's weights.
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
};

/// A row `parts` (differs) if its relative distance is above the tolerance, its shapes differ, or one side lacks it.
/// Before that, each side adopts the order of the other if that tells more about depth, and if the names differ, but
/// both sides have as many tensors with the same shapes in the same order, B's get A's names.
/// @throws Error{nothing-to-compare}
Comparison compare(Side a, Side b, double tolerance);

/// Puts the output of a nested model or a layer after the outputs inside it, as these are computed first.
void put_insides_first(std::vector<Side::Entry>& entries);

/// Every weight of a model's layers, once, under addresses such as "conv1/kernel"; if a layer cannot be computed, as
/// the file names them.
/// @param requests  addresses and patterns of layers; empty: all
/// @throws Error{weights-missing, layer-not-found}; Error{usage} for a channel
std::vector<Side::Entry> weight_entries(const ModelData& model, const Assembly& assembly,
                                        const std::vector<std::string>& requests = {});

/// "conv1/kernel" for the layer "conv1" and the weight "net/conv1/kernel:0"; "base/conv/kernel" for "base" and
/// "conv/kernel:0".
std::string address_of_stored(const std::string& layer, const std::string& weight);

/// The rows that a table lists, in its order.
std::vector<const ComparedRow*> chosen_rows(const Comparison& comparison, int top);
/// What is odd about a row: "parts first: 3 NaN or infinite in one only; assumes gate".
std::string remark(const ComparedRow& row, const Comparison& comparison);

}  // namespace kerascope::api
