#include "cli/held_weights.h"

#include "base/text.h"

namespace kerascope::cli {
namespace {

/// "kernel" of "tower/gate/kernel:0"; "vars/0" stays.
std::string own_name(const std::string& stored) {
  if (text::starts_with(stored, "vars/")) return stored;
  const std::string name = stored.substr(0, stored.rfind(':'));
  return name.substr(name.rfind('/') + 1);
}

/// Whether one of all weights of a nested model is named as this layer's: "tower/gate/kernel:0".
bool is_of(const LayerData& layer, const std::string& stored) {
  const auto slash = stored.rfind('/');
  if (slash == stored.npos) return false;
  const std::string path = stored.substr(0, slash);
  return path == layer.name || text::ends_with(path, "/" + layer.name);
}

}  // namespace

HeldWeights::HeldWeights(const ModelData& model, const Assembly& assembly) : assembly_(assembly) {
  gather(model.network, nullptr);
}

void HeldWeights::gather(const Network& network, const std::vector<StoredWeight>* list) {
  for (const LayerData& layer : network.layers) {
    if (layer.network) {
      gather(*layer.network, layer.weights.empty() ? list : &layer.weights);
      continue;
    }
    std::vector<HeldWeight>& held = stored_[&layer];
    for (const StoredWeight& weight : layer.weights)
      held.push_back({own_name(weight.name), weight.shape, weight.read, {}});
    if (!list || !held.empty()) continue;
    for (const StoredWeight& weight : *list)
      if (is_of(layer, weight.name)) held.push_back({own_name(weight.name), weight.shape, weight.read, {}});
  }
}

std::vector<HeldWeight> HeldWeights::of(const LayerData& layer) const {
  const auto needs = assembly_.needs.find(&layer);
  if (needs == assembly_.needs.end() || !needs->second.is_known) {
    const auto found = stored_.find(&layer);
    return found == stored_.end() ? std::vector<HeldWeight>() : found->second;
  }
  std::vector<HeldWeight> held;
  for (const std::string& name : needs->second.order) {
    const WeightSlot& slot = *needs->second.slots.at(name);
    held.push_back({name, slot.shape, slot.read, slot.problem});
  }
  return held;
}

}  // namespace kerascope::cli
