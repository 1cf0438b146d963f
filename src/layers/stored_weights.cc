#include "layers/stored_weights.h"

#include <algorithm>

#include "base/text.h"

namespace kerascope {
namespace {

/// The parts of a weight's path in the file, without "vars" and ":0".
std::vector<std::string> path_of(const StoredWeight& stored) {
  std::vector<std::string> parts = text::split(stored.name.substr(0, stored.name.rfind(':')), '/');
  std::erase(parts, "vars");
  std::erase(parts, "");
  if (parts.empty()) parts.push_back(stored.name);
  return parts;
}

/// The weights stored for a layer that was not built. In HDF5 a nested model holds its layers' weights in one list, in
/// which the paths tell the layer.
std::vector<const StoredWeight*> stored_for(const LayerData& layer, const std::vector<const LayerData*>& models) {
  std::vector<const StoredWeight*> found;
  for (const StoredWeight& stored : layer.weights) found.push_back(&stored);
  for (auto model = models.rbegin(); found.empty() && model != models.rend(); ++model)
    for (const StoredWeight& stored : (*model)->weights) {
      const std::vector<std::string> path = path_of(stored);
      if (path.size() > 1 && std::find(path.begin(), path.end() - 1, layer.name) != path.end() - 1)
        found.push_back(&stored);
    }
  return found;
}

void gather(const Network& network, std::vector<const LayerData*>& around,
            std::map<const LayerData*, std::vector<StoredWeight>>& all) {
  for (const LayerData& layer : network.layers) {
    if (layer.network) {
      around.push_back(&layer);
      gather(*layer.network, around, all);
      around.pop_back();
      continue;
    }
    for (const StoredWeight* one : stored_for(layer, around)) {
      std::vector<std::string> path = path_of(*one);
      const auto own = std::find(path.rbegin(), path.rend(), layer.name);
      path.erase(path.begin(), own.base());
      all[&layer].emplace_back(*one).name = text::join(path, "/");
    }
  }
}

}  // namespace

std::map<const LayerData*, std::vector<StoredWeight>> stored_weights(const ModelData& model) {
  std::map<const LayerData*, std::vector<StoredWeight>> all;
  std::vector<const LayerData*> around;
  gather(model.network, around, all);
  return all;
}

}  // namespace kerascope
