// Addresses: how a user names a layer, call, output, channel or unit.
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
  std::string container;   ///< the address of the enclosing nested model's call; empty at the top
  std::string name;        ///< the layer's name
  std::string call;        ///< "@1" if the layer has several calls in its container, else empty
  std::string output;      ///< "#1" if the call has several outputs, else empty
  std::string inner;       ///< "pre_activation" for a tensor inside a layer, given only on request
  std::string index_path;  ///< indices in `model.layers`: "1/2"; "-" if it is not listed
  int index = -1;          ///< the last part of index_path
  int index_count = 0;     ///< the size of the container's `model.layers`
  int depth = 0;
  const LayerData* layer = nullptr;
  bool is_built = true;  ///< false: the layer's inner tensors and number of outputs are unknown

  /// The layer's address, without this call and output: "tower@1/dense".
  std::string layer_address() const { return (container.empty() ? "" : container + "/") + name; }
};

/// A selected site, or a channel or unit of it.
struct Selection {
  int site = 0;                         ///< index in the sites
  std::optional<std::int64_t> channel;  ///< ":17"
  std::vector<std::int64_t> position;   ///< "[3,4]", the other axes of one unit
  bool by_name = false;                 ///< selected by its name, not by a pattern, a class or a range
};

/// All sites that the requests select, without repetition; a pattern's in the sites' order.
/// Requests: names, paths, indices and ranges, patterns, type:Class, channels, units; several joined by commas.
/// @throws Error{layer-not-found, layer-ambiguous, layer-index} with "did you mean" or the paths.
std::vector<Selection> select(std::span<const Site> sites, std::span<const std::string> requests);

}  // namespace kerascope
