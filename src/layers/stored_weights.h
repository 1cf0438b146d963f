// What the file stores for each layer.
#pragma once

#include <map>
#include <vector>

#include "model/model.h"

namespace kerascope {

/// Of every layer but nested models, whether Kerascope knows its class or not, by its path in the layer: "kernel",
/// "query/kernel", in an archive "0", "cell/0". In HDF5 a nested model holds the weights of its layers in one list, in
/// which the paths tell the layer.
std::map<const LayerData*, std::vector<StoredWeight>> stored_weights(const ModelData& model);

}  // namespace kerascope
