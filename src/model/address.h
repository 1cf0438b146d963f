// Addresses: how a user says which layer, call, output, channel or unit is meant.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/model.h"

namespace kerascope {

/// One output of one call of one layer, at any depth of nesting.
struct Site {
  std::string address;     ///< in full: "resnet50/conv1_relu", "tower@1/dense@0#1"
  std::string container;   ///< the address of the nested model call it lies in; empty at the top
  std::string name;        ///< the layer's
  std::string call;        ///< "@1" where the layer has several calls in its container, else empty
  std::string output;      ///< "#1" where the call has several outputs, else empty
  std::string inner;       ///< "pre_activation" for what lies inside a layer and is given only when asked for
  std::string index_path;  ///< as `model.layers` counts: "1/2"; "-" for what it does not list
  int index = -1;          ///< the last part of index_path
  int index_count = 0;     ///< how many layers `model.layers` of the container has
  int depth = 0;
  const LayerData* layer = nullptr;
  bool is_built = true;  ///< false: what lies inside the layer, and how many outputs it has, is not known

  /// The layer's, whichever of its calls and outputs this is: "tower@1/dense".
  std::string layer_address() const { return (container.empty() ? "" : container + "/") + name; }
};

/// Something chosen from the sites.
struct Selection {
  int site = 0;                         ///< index in the sites
  std::optional<std::int64_t> channel;  ///< ":17"
  std::vector<std::int64_t> position;   ///< "[3,4]", the other axes of one unit
  bool by_name = false;                 ///< asked for itself, not through a pattern, a class or a range
};

/// Every site that a request means, in the sites' order for patterns, without repetition.
/// Requests: names, paths, indices and ranges, patterns, type:Class, channels, units; several joined by commas.
/// @throws Error{layer-not-found, layer-ambiguous, layer-index} with "did you mean" or the paths.
std::vector<Selection> select(std::span<const Site> sites, std::span<const std::string> requests);

}  // namespace kerascope
