// Matches what the layers need with what the file stores.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model/model.h"
#include "ops/graph.h"

namespace kerascope {

/// The weights that one layer asked for while it was built.
struct LayerWeights {
  bool is_known = false;  ///< false if the layer could not be built, so nobody knows which weights it needs
  std::map<std::string, std::shared_ptr<WeightSlot>> slots;
  std::vector<std::string> order;       ///< names, as Keras creates them
  std::map<std::string, Value> values;  ///< in the graph
};

/// Gives every slot the function that reads it from the file, or its problem: `weight-missing`, `weight-shape`.
/// A layer's own list is in the order of creation. A nested model has a single list in HDF5: first all trainable
/// weights of its layers, then all others, each in the layers' order; weights of frozen layers are not trainable. If
/// the nested model itself is frozen, Keras 3 keeps the order of creation, and earlier versions sort by the flags of
/// its layers. If the names in the file show that it was written with other flags, the names decide; if they cannot,
/// all slots get `weights-mismatch`.
void bind_weights(const ModelData& model, std::map<const LayerData*, LayerWeights>& weights);

}  // namespace kerascope
