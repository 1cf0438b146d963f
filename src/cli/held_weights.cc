#include "cli/held_weights.h"

#include "base/text.h"
#include "layers/stored_weights.h"

namespace kerascope::cli {

namespace {

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
  for (const auto& [layer, weights] : stored_weights(model)) {
    const auto last = [](const StoredWeight& one) { return one.name.substr(one.name.rfind('/') + 1); };
    std::map<std::string, int> uses;
    for (const StoredWeight& one : weights) ++uses[last(one)];
    for (const StoredWeight& one : weights) {
      // The last part is enough, unless several weights have it: "query/kernel".
      const std::string name = uses[last(one)] > 1 ? one.name : last(one);
      stored_[layer].push_back({usual_name(layer->class_name, name, one.shape.rank(), weights.size()), one.shape,
                                one.dtype, one.read, nullptr});
    }
  }
  for (std::size_t i = 0; i < assembly.sites.size(); ++i)
    problems_.emplace(assembly.sites[i].layer, assembly.results[i].problem);
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
