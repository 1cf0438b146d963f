#include "layers/bind.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "kerascope/error.h"

namespace kerascope {
namespace {

/// One need of one layer, in the order of the walk through a model.
struct Need {
  const LayerData* layer;
  std::shared_ptr<WeightSlot> slot;
  bool trainable;
};

class Binder {
 public:
  Binder(const ModelData& model, std::map<const LayerData*, LayerWeights>& weights)
      : model_(model), weights_(weights) {}

  void network(const Network& network) {
    for (const LayerData& layer : network.layers) {
      if (layer.network && !layer.weights.empty())
        nested_list(layer);
      else if (layer.network)
        this->network(*layer.network);
      else
        own_list(layer);
    }
  }

 private:
  void own_list(const LayerData& layer) {
    const auto found = weights_.find(&layer);
    if (found == weights_.end() || !found->second.is_known) return;
    const LayerWeights& needs = found->second;
    // A file's order is trainable weights first; with all in one layer that is the order of creation, except where a
    // layer creates a non-trainable one in between.
    std::vector<std::shared_ptr<WeightSlot>> order;
    for (const std::string& name : needs.order) order.push_back(needs.slots.at(name));
    if (model_.format == "HDF5" && layer.trainable && !layer.weights_in_order)
      std::stable_partition(order.begin(), order.end(), [](const auto& slot) { return slot->trainable; });
    for (std::size_t i = 0; i < order.size(); ++i)
      bind(layer, *order[i], i < layer.weights.size() ? &layer.weights[i] : nullptr);
  }

  /// All weights of a nested model in one list.
  void nested_list(const LayerData& holder) {
    std::vector<Need> needs;
    bool complete = true;
    gather(*holder.network, holder.trainable, needs, complete);
    if (holder.trainable)
      std::stable_partition(needs.begin(), needs.end(), [](const Need& need) { return need.trainable; });
    if (complete && needs.size() == holder.weights.size()) {
      for (std::size_t i = 0; i < needs.size(); ++i) bind(*needs[i].layer, *needs[i].slot, &holder.weights[i]);
      return;
    }
    // With a layer inside whose needs are unknown the order says nothing, but names still do.
    for (const Need& need : needs) bind(*need.layer, *need.slot, by_name(need, holder.weights));
  }

  void gather(const Network& network, bool trainable, std::vector<Need>& needs, bool& complete) {
    for (const LayerData& layer : network.layers) {
      if (layer.network) {
        gather(*layer.network, trainable && layer.trainable, needs, complete);
        continue;
      }
      const auto found = weights_.find(&layer);
      if (found == weights_.end() || !found->second.is_known) {
        complete &= layer.class_name == "InputLayer" || layer.is_operation;
        continue;
      }
      for (const std::string& name : found->second.order) {
        const auto& slot = found->second.slots.at(name);
        needs.push_back({&layer, slot, trainable && layer.trainable && slot->trainable});
      }
    }
  }

  /// "block1_conv1/kernel:0", "base/bn1/gamma": the last two parts are the layer and the weight.
  static const StoredWeight* by_name(const Need& need, const std::vector<StoredWeight>& stored) {
    for (const StoredWeight& weight : stored) {
      std::string name = weight.name.substr(0, weight.name.rfind(':'));
      const auto last = name.rfind('/');
      if (last == name.npos) continue;
      const std::string path = name.substr(0, last), own = name.substr(last + 1);
      const bool same_layer = path == need.layer->name || text::ends_with(path, "/" + need.layer->name);
      // Before Keras 3 a DepthwiseConv2D calls its kernel depthwise_kernel.
      const bool same_name = own == need.slot->name || (need.slot->name == "kernel" && own == "depthwise_kernel");
      if (same_layer && same_name) return &weight;
    }
    return nullptr;
  }

  void bind(const LayerData& layer, WeightSlot& slot, const StoredWeight* stored) const {
    const auto problem = [&](Error::Parts parts) { slot.problem = std::make_shared<Error>(std::move(parts)); };
    const std::string weight = fmt::format("weight '{}' of layer '{}' ({})", slot.name, layer.name, layer.class_name);
    if (!stored && (model_.format.empty() || model_.format == "JSON")) {
      problem({.code = "weight-missing",
               .what = weight + " has not been loaded",
               .where = layer.place,
               .hint = model_.format == "JSON" ? "give them: --weights FILE, or load_weights(file)"
                                               : "load_weights(file) first"});
    } else if (!stored) {
      problem({.code = "weight-missing",
               .what = weight + " is not in the file",
               .where = layer.place,
               .hint = "save the model again with its weights"});
    } else if (stored->shape != slot.shape) {
      problem(
          {.code = "weight-shape",
           .what = fmt::format("{} has shape {}, its config needs {}", weight, stored->shape.str(), slot.shape.str()),
           .where = stored->place,
           .hint = "load the weights that were saved with this architecture"});
    } else if (model_.backend == "theano" && !layer.weights_in_order && is_convolution_kernel(layer, slot)) {
      slot.read = [read = stored->read] { return flipped(read()); };
    } else {
      slot.read = stored->read;
    }
  }

  /// Theano convolves where TensorFlow correlates; Keras 2 turns these kernels around when it changes backends.
  static bool is_convolution_kernel(const LayerData& layer, const WeightSlot& slot) {
    return slot.name == "kernel" && (text::starts_with(layer.class_name, "Conv"));
  }

  /// (spatial.., I, O) turned around along all spatial axes.
  static Tensor flipped(const Tensor& kernel) {
    const int rank = kernel.shape().rank();
    const std::int64_t block = kernel.shape().elements(rank - 2, rank);
    const std::int64_t positions = kernel.shape().elements(0, rank - 2);
    Tensor result(kernel.shape());
    // Turning around every spatial axis of a row-major kernel reverses the order of its positions.
    for (std::int64_t i = 0; i < positions; ++i)
      std::copy_n(kernel.data() + (positions - 1 - i) * block, block, result.mutable_data() + i * block);
    return result;
  }

  const ModelData& model_;
  std::map<const LayerData*, LayerWeights>& weights_;
};

}  // namespace

void bind_weights(const ModelData& model, std::map<const LayerData*, LayerWeights>& weights) {
  Binder(model, weights).network(model.network);
}

}  // namespace kerascope
