#include "layers/bind.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "kerascope/error.h"
#include "layers/quantized.h"
#include "layers/registry.h"
#include "model/made_up_name.h"

namespace kerascope {
namespace {

/// One weight that a layer needs.
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
    // Files store trainable weights first. Within one layer that is mostly the order of creation, but some layers
    // create a non-trainable weight in between.
    std::vector<std::shared_ptr<WeightSlot>> order;
    for (const std::string& name : needs.order) order.push_back(needs.slots.at(name));
    if (model_.format == "HDF5" && layer.trainable && !layer.weights_in_order)
      std::stable_partition(order.begin(), order.end(), [](const auto& slot) { return slot->trainable; });
    if (own_paths(layer, order)) return;
    for (std::size_t i = 0; i < order.size(); ++i)
      bind(layer, *order[i], i < layer.weights.size() ? &layer.weights[i] : nullptr);
  }

  /// Archives name a weight by the path of its object in the layer, and its number in that object: "cell/vars/0".
  bool own_paths(const LayerData& layer, const std::vector<std::shared_ptr<WeightSlot>>& order) const {
    const auto is_path = [](const StoredWeight& weight) { return weight.name.find("vars/") != std::string::npos; };
    if (layer.weights.empty() || !std::ranges::all_of(layer.weights, is_path)) return false;
    std::map<std::string, int> counts;
    if (layer.class_name == "SpectralNormalization") counts[""] = 1;  // the first is the wrapped layer's kernel again
    for (const auto& slot : order) {
      const std::string path = slot->name.substr(0, slot->name.rfind('/') + 1);
      const std::string name = fmt::format("{}vars/{}", path, counts[path]++);
      const std::string own = fmt::format("{}vars/{}", path, slot->name.substr(path.size()));
      // Some versions of Keras hold an object in a private attribute ("_query_dense"), and some layers store a weight
      // under its own name ("vars/idf_weights").
      auto found = layer.weights.end();
      for (const std::string& possible : {name, '_' + name, own})
        if (found == layer.weights.end()) found = std::ranges::find(layer.weights, possible, &StoredWeight::name);
      bind(layer, *slot, found == layer.weights.end() ? nullptr : &*found);
    }
    return true;
  }

  using Match = std::vector<const StoredWeight*>;  ///< one per need; null: none

  /// Matches the weights of a nested model, which are one list.
  void nested_list(const LayerData& holder) {
    std::vector<Need> needs;
    bool complete = true;
    gather(holder, needs, complete);
    if (holder.trainable) std::ranges::stable_partition(needs, &Need::trainable);
    Match by_order, by_names;
    for (const StoredWeight& weight : holder.weights) by_order.push_back(&weight);
    // If the needs of a layer inside are unknown, the order says nothing, but the names still do.
    const bool is_complete = complete && needs.size() == by_order.size();
    const bool is_as_named = is_complete && std::ranges::equal(needs, by_order, is_name_of);
    if (!is_as_named)
      for (const Need& need : needs) by_names.push_back(by_name(need, holder.weights));
    const Match* match = is_as_named ? &by_order : is_complete ? believed(needs, by_order, by_names) : &by_names;
    for (std::size_t i = 0; i < needs.size(); ++i)
      if (match)
        bind(*needs[i].layer, *needs[i].slot, (*match)[i]);
      else
        needs[i].slot->problem = std::make_shared<Error>(of_other_flags(holder, needs, by_order, by_names));
  }

  /// Appends the needs of the layers inside in the order of creation, marked as trainable or not.
  void gather(const LayerData& holder, std::vector<Need>& needs, bool& complete) const {
    const auto first = static_cast<std::ptrdiff_t>(needs.size());
    for (const LayerData& layer : holder.network->layers) {
      if (layer.network) {
        gather(layer, needs, complete);
        continue;
      }
      const auto found = weights_.find(&layer);
      if (found == weights_.end() || !found->second.is_known) {
        complete &= layer.class_name == "InputLayer" || layer.is_operation;
        continue;
      }
      for (const std::string& name : found->second.order) {
        const auto& slot = found->second.slots.at(name);
        needs.push_back({&layer, slot, layer.trainable && slot->trainable});
      }
    }
    // Before Keras 3 a frozen model trains nothing, but the weights that its layers would train still come first.
    if (holder.trainable || model_.keras_major() >= 3) return;
    const std::ranges::subrange own(needs.begin() + first, needs.end());
    std::ranges::stable_partition(own, &Need::trainable);
    for (Need& need : own) need.trainable = false;
  }

  /// The match by order, unless the names show that the list was written with other `trainable` flags than the model
  /// has; null if both are possible. Names that Keras made up say little: they count the layers of a Python session.
  static const Match* believed(const std::vector<Need>& needs, const Match& by_order, const Match& by_names) {
    const std::set<const StoredWeight*> named(by_names.begin(), by_names.end());
    const bool all_named = named.size() == needs.size() && !named.count(nullptr);
    const bool is_torn = tears_layers(needs, by_order);
    if (all_named ? by_names == by_order || !fits(needs, by_names) : !is_torn || !fits_in_some_order(needs, by_order))
      return &by_order;
    if (!all_named) return nullptr;
    bool is_given = false;  // by a user
    for (std::size_t i = 0; i < needs.size(); ++i)
      is_given |= by_names[i] != by_order[i] && !is_made_up_name(needs[i].layer->name, needs[i].layer->class_name);
    return is_torn || is_given || !fits(needs, by_order) ? &by_names : nullptr;
  }

  static const Shape& shape_of(const Need& need) { return need.slot->shape; }
  static bool fits(const std::vector<Need>& needs, const Match& match) {
    return std::ranges::equal(needs, match, {}, shape_of, &StoredWeight::shape);
  }
  static bool fits_in_some_order(const std::vector<Need>& needs, const Match& match) {
    return std::ranges::is_permutation(needs, match, {}, shape_of, &StoredWeight::shape);
  }

  /// Whether two layers would get weights that the file stores under one layer's name.
  static bool tears_layers(const std::vector<Need>& needs, const Match& match) {
    std::map<std::string, const LayerData*> owners;
    for (std::size_t i = 0; i < needs.size(); ++i) {
      const auto slash = match[i]->name.rfind('/');
      if (slash == std::string::npos) continue;
      const auto [owner, is_new] = owners.emplace(match[i]->name.substr(0, slash), needs[i].layer);
      if (!is_new && owner->second != needs[i].layer) return true;
    }
    return false;
  }

  static Error of_other_flags(const LayerData& holder, const std::vector<Need>& needs, const Match& by_order,
                              const Match& by_names) {
    std::size_t i = 0;
    while (i + 1 < needs.size() && by_order[i] == by_names[i]) ++i;
    return Error({.code = "weights-mismatch",
                  .what = fmt::format("the weights of '{}' stand in another order than the `trainable` flags of its "
                                      "layers say: '{}' where '{}' of '{}' is expected",
                                      holder.name, by_order[i]->name, needs[i].slot->name, needs[i].layer->name),
                  .where = by_order[i]->place,
                  .hint = "give the layers the `trainable` flags with which the weights were saved"});
  }

  /// The last two parts of a stored name are the layer and the weight: "block1_conv1/kernel:0", "base/bn1/gamma".
  static bool is_name_of(const Need& need, const StoredWeight* weight) {
    const std::string name = weight->name.substr(0, weight->name.rfind(':'));
    const auto last = name.rfind('/');
    if (last == name.npos) return false;
    const std::string path = name.substr(0, last), own = name.substr(last + 1);
    const bool same_layer = path == need.layer->name || text::ends_with(path, "/" + need.layer->name);
    // Before Keras 3 a DepthwiseConv2D calls its kernel depthwise_kernel.
    return same_layer && (own == need.slot->name || (need.slot->name == "kernel" && own == "depthwise_kernel"));
  }

  static const StoredWeight* by_name(const Need& need, const std::vector<StoredWeight>& stored) {
    for (const StoredWeight& weight : stored)
      if (is_name_of(need, &weight)) return &weight;
    return nullptr;
  }

  void bind(const LayerData& layer, WeightSlot& slot, const StoredWeight* stored) const {
    const auto problem = [&](Error::Parts parts) { slot.problem = std::make_shared<Error>(std::move(parts)); };
    const std::string weight = fmt::format("weight '{}' of layer '{}' ({})", slot.name, layer.name, layer.class_name);
    if (!stored && (model_.format.empty() || model_.format == "JSON")) {
      problem({.code = "weight-missing",
               .what = weight + " has not been loaded",
               .where = layer.place,
               .hint = model_.format == "JSON" ? "load_weights(file) first, or --weights FILE"
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
    } else if (is_byte(stored->dtype) && layer_type_of(layer) && layers::quantization_mode(layer).empty()) {
      problem({.code = "weight-quantized",
               .what = fmt::format("{} is quantised, and the layer's config does not say how", weight),
               .where = stored->place,
               .hint = "save the model before it is quantised"});
    } else if (model_.backend == "theano" && !layer.weights_in_order && is_convolution_kernel(layer, slot)) {
      slot.dtype = stored->dtype;
      slot.read = [read = stored->read] { return flipped(read()); };
    } else {
      slot.dtype = stored->dtype;
      slot.read = stored->read;
    }
  }

  static bool is_byte(DType dtype) { return dtype == DType::kInt8 || dtype == DType::kUInt8; }

  /// Theano convolves, TensorFlow correlates: Keras 2 flips these kernels when the backend changes.
  static bool is_convolution_kernel(const LayerData& layer, const WeightSlot& slot) {
    return text::ends_with(slot.name, "kernel") && text::starts_with(layer.class_name, "Conv");
  }

  /// (spatial.., I, O), flipped along all spatial axes.
  static Tensor flipped(const Tensor& kernel) {
    const int rank = kernel.shape().rank();
    const std::size_t block =
        static_cast<std::size_t>(kernel.shape().elements(rank - 2, rank)) * element_bytes(kernel.dtype());
    const auto positions = static_cast<std::size_t>(kernel.shape().elements(0, rank - 2));
    const auto* from = static_cast<const std::byte*>(kernel.bytes());
    Tensor result(kernel.shape(), kernel.dtype());
    auto* to = static_cast<std::byte*>(result.mutable_bytes());
    // Flipping every spatial axis of a row-major kernel reverses the order of its positions.
    for (std::size_t i = 0; i < positions; ++i) std::copy_n(from + (positions - 1 - i) * block, block, to + i * block);
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
