#include "cli/held_weights.h"

#include <algorithm>

#include "base/text.h"

namespace kerascope::cli {
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

/// Keras's names for weights that a file only numbers, for layers whose weights every Keras creates in this order.
std::string usual_name(const std::string& class_name, const std::string& number, int rank, std::size_t count) {
  const bool is_dense = class_name == "Dense", is_embedding = class_name == "Embedding";
  const bool is_convolution = class_name.find("Conv") != class_name.npos &&
                              class_name.find("LSTM") == class_name.npos && class_name.find('>') == class_name.npos;
  if (is_embedding && number == "0") return "embeddings";
  if (class_name == "BatchNormalization" && count == 4) {
    constexpr std::string_view kNames[] = {"gamma", "beta", "moving_mean", "moving_variance"};
    if (const auto index = text::to_integer(number); index && *index < 4) return std::string(kNames[*index]);
  }
  if (!is_dense && !is_convolution) return number;
  if (rank == 1) return "bias";
  if (class_name.find("Separable") != class_name.npos) return number == "0" ? "depthwise_kernel" : "pointwise_kernel";
  return "kernel";
}

}  // namespace

HeldWeights::HeldWeights(const ModelData& model, const Assembly& assembly) : assembly_(assembly) {
  std::vector<const LayerData*> around;
  read_stored(model.network, around);
  for (std::size_t i = 0; i < assembly.sites.size(); ++i)
    problems_.emplace(assembly.sites[i].layer, assembly.results[i].problem);
}

void HeldWeights::read_stored(const Network& network, std::vector<const LayerData*>& around) {
  for (const LayerData& layer : network.layers) {
    if (layer.network) {
      around.push_back(&layer);
      read_stored(*layer.network, around);
      around.pop_back();
      continue;
    }
    const std::vector<const StoredWeight*> stored = stored_for(layer, around);
    std::map<std::string, int> uses;
    for (const StoredWeight* one : stored) ++uses[path_of(*one).back()];
    for (const StoredWeight* one : stored) {
      std::vector<std::string> path = path_of(*one);
      // The last part is enough, unless several weights have it: "query/kernel".
      const auto own = std::find(path.rbegin(), path.rend(), layer.name);
      path.erase(path.begin(), own.base());
      const std::string name = uses[path.back()] > 1 ? text::join(path, "/") : path.back();
      stored_[&layer].push_back({usual_name(layer.class_name, name, one->shape.rank(), stored.size()), one->shape,
                                 one->dtype, one->read, nullptr});
    }
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
    held.push_back({name, slot.shape, slot.dtype, slot.read, slot.problem});
  }
  return held;
}

}  // namespace kerascope::cli
