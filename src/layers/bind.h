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
  bool is_known = false;  ///< false where the layer could not be built, so that its needs are not known
  std::map<std::string, std::shared_ptr<WeightSlot>> slots;
  std::vector<std::string> order;       ///< in which Keras creates them
  std::map<std::string, Value> values;  ///< in the graph
};

/// Gives every slot what reads it from the file, or its problem: `weight-missing`, `weight-shape`.
/// A layer's own list is matched in creation order. A nested model's single list (HDF5) holds all trainable weights of
/// its layers first, then all others, both in the layers' order; frozen layers count as not trainable. What is in a
/// frozen model Keras 3 leaves in the order of creation, and earlier ones order by its layers' own flags. Where the
/// names in the file show that it was written with other flags, they decide, or all slots have `weights-mismatch`.
void bind_weights(const ModelData& model, std::map<const LayerData*, LayerWeights>& weights);

}  // namespace kerascope
