// Weights into a model: by order or by name, all or nothing.
#include "api/load_weights.h"

#include <fmt/format.h>

#include <set>

#include "api/state.h"
#include "base/text.h"
#include "formats/weights.h"

namespace kerascope {

using namespace api;

namespace {

/// Fits a file's weights to a copy of a model.
class Loader {
 public:
  Loader(const ModelData& model, const WeightsFile& file)
      : file_(file), model_(model), assembly_(assemble_open(model_, {.with_weights = false}).assembly) {
    // How the lists in the file are ordered depends on who wrote it and not on the model.
    model_.format = file.is_by_layer ? "HDF5" : "Keras archive";
    model_.backend = file.backend;
    model_.keras_version = file.keras_version;
  }

  /// As many layers with weights on both sides, one by one.
  void by_order() {
    if (!file_.is_by_layer) {
      clear(model_.network);
      attach_by_path(*file_.hdf5, model_.network);
      mark(model_.network);
      require_all_paths_used();
      return;
    }
    std::vector<LayerData*> needing;
    for (LayerData& layer : model_.network.layers)
      if (needs(layer) > 0) needing.push_back(&layer);
    std::vector<const StoredLayer*> stored;
    for (const StoredLayer& layer : file_.layers)
      if (!layer.weights.empty()) stored.push_back(&layer);
    for (std::size_t i = 0; i < std::max(needing.size(), stored.size()); ++i) {
      if (i >= stored.size())
        mismatch("'{}' gets nothing", needing[i]->name);
      else if (i >= needing.size())
        mismatch("nothing takes what is stored for '{}'", stored[i]->name);
      else
        give(*needing[i], *stored[i]);
    }
  }

  void by_name() {
    const std::vector<StoredLayer> named = file_.is_by_layer ? file_.layers : named_layers(file_);
    std::map<std::string, const StoredLayer*> by_name;
    for (const StoredLayer& layer : named)
      if (!layer.weights.empty()) by_name[layer.name] = &layer;
    give_by_name(model_.network, by_name);
    for (const auto& [name, layer] : by_name)
      if (!used_.count(name)) result_.unused.push_back(name);
    if (result_.loaded.empty())
      throw Error({.code = "weights-mismatch",
                   .what = fmt::format("no layer of '{}' has the name of one in the file", model_.network.name),
                   .where = file_.path,
                   .because = "the file names " + listed(result_.unused) + ", the model " + listed(result_.missing),
                   .hint = "load by order"});
  }

  /// The model with its new weights. @throws Error{weights-mismatch}
  Network finish(const std::string& other_way) {
    bind_weights(model_, given_needs());
    settle(model_.network);
    if (!mismatches_.empty())
      throw Error({.code = "weights-mismatch",
                   .what = fmt::format("the weights do not fit '{}': {} mismatch{}", model_.network.name,
                                       mismatches_.size(), mismatches_.size() == 1 ? "" : "es"),
                   .where = file_.path,
                   .because = text::join(mismatches_, "; "),
                   .hint = "define the model as it was when its weights were saved" + other_way});
    return std::move(model_.network);
  }
  LoadedWeights result() && { return std::move(result_); }

 private:
  template <typename... Args>
  void mismatch(fmt::format_string<Args...> format, Args&&... args) {
    std::string message = fmt::format(format, std::forward<Args>(args)...);
    // What is wrong with a nested model as a whole is said at each of its weights.
    if (mismatches_.empty() || mismatches_.back() != message) mismatches_.push_back(std::move(message));
  }

  static std::string listed(const std::vector<std::string>& names) {
    if (names.empty()) return "none";
    return names.size() <= 8 ? text::join(names, ", ")
                             : fmt::format("{}, .. {} ({} in all)", names[0], names.back(), names.size());
  }

  /// How many weights a layer and, in a nested model, all below ask for.
  std::size_t needs(const LayerData& layer) const {
    if (!layer.network) {
      const auto found = assembly_.needs.find(&layer);
      return found == assembly_.needs.end() ? 0 : found->second.order.size();
    }
    std::size_t sum = 0;
    for (const LayerData& inner : layer.network->layers) sum += needs(inner);
    return sum;
  }

  static void clear(Network& network) {
    for (LayerData& layer : network.layers) {
      layer.weights.clear();
      layer.weights_in_order = false;
      if (layer.network) clear(*layer.network);
    }
  }

  /// All layers below have been given what the file has for them.
  void mark(const Network& network) {
    for (const LayerData& layer : network.layers) {
      given_.insert(&layer);
      if (layer.network) mark(*layer.network);
      if (!layer.network && !layer.weights.empty()) result_.loaded.push_back(layer.name);
      if (!layer.network && layer.weights.size() > needs(layer)) too_many(layer, layer.weights.size());
    }
  }

  void too_many(const LayerData& layer, std::size_t stored) {
    mismatch("{} weights are stored for '{}', which has {}", stored, layer.name, needs(layer));
  }

  void give(LayerData& layer, const StoredLayer& stored) {
    if (layer.network) clear(*layer.network);
    layer.weights = stored.weights;
    layer.weights_in_order = false;
    given_.insert(&layer);
    if (layer.network) mark(*layer.network);
    if (stored.weights.size() != needs(layer))
      mismatch("{} weights are stored for '{}' (as '{}'), which has {}", stored.weights.size(), layer.name, stored.name,
               needs(layer));
    result_.loaded.push_back(layer.name);
  }

  void give_by_name(Network& network, const std::map<std::string, const StoredLayer*>& by_name) {
    for (LayerData& layer : network.layers) {
      if (needs(layer) == 0) continue;
      const auto found = by_name.find(layer.name);
      if (found != by_name.end()) {
        give(layer, *found->second);
        used_.insert(layer.name);
      } else if (layer.network && !file_.is_by_layer) {
        give_by_name(*layer.network, by_name);
      } else {
        result_.missing.push_back(layer.name);
      }
    }
  }

  void require_all_paths_used() {
    std::set<std::string> used;
    gather_places(model_.network, used);
    std::size_t unused = 0;
    std::string first;
    for (const std::string& path : weight_paths(*file_.hdf5)) {
      if (used.count(path)) continue;
      if (unused++ == 0) first = path;
    }
    if (unused > 0) mismatch("nothing takes {} more weights in the file, the first of them {}", unused, first);
  }

  static void gather_places(const Network& network, std::set<std::string>& places) {
    for (const LayerData& layer : network.layers) {
      for (const StoredWeight& weight : layer.weights) {
        const std::string& place = weight.place;  // "/layers/dense/vars/0 in .."
        places.insert(place.substr(1, place.find(" in ") - 1));
      }
      if (layer.network) gather_places(*layer.network, places);
    }
  }

  /// Those of the layers that were given something; of the others nobody asks.
  std::map<const LayerData*, LayerWeights>& given_needs() {
    std::erase_if(assembly_.needs, [&](const auto& need) { return !given_.count(need.first); });
    return assembly_.needs;
  }

  /// Puts what was bound into the layers.
  void settle(Network& network) {
    for (LayerData& layer : network.layers) {
      if (layer.network) {
        settle(*layer.network);
        if (given_.count(&layer)) layer.weights.clear();
        continue;
      }
      const auto found = assembly_.needs.find(&layer);
      if (found == assembly_.needs.end()) continue;
      std::vector<StoredWeight> bound;
      for (const std::string& name : found->second.order) {
        const WeightSlot& slot = *found->second.slots.at(name);
        if (slot.problem)
          mismatch("{}", slot.problem->parts().what);
        else
          bound.push_back({.name = name, .place = file_.path, .shape = slot.shape, .read = slot.read});
      }
      layer.weights = std::move(bound);
      layer.weights_in_order = true;
    }
  }

  const WeightsFile& file_;
  ModelData model_;
  Assembly assembly_;  ///< points into model_
  std::set<const LayerData*> given_;
  std::set<std::string> used_;
  std::vector<std::string> mismatches_;
  LoadedWeights result_;
};

}  // namespace

Network api::with_weights(const ModelData& model, const std::string& path, const LoadWeightsOptions& options,
                          LoadedWeights& loaded) {
  const WeightsFile file = open_weights(path);
  Loader loader(model, file);
  if (options.by_name)
    loader.by_name();
  else
    loader.by_order();
  Network network = loader.finish(options.by_name ? "" : ", or load by name");
  loaded = std::move(loader).result();
  return network;
}

LoadedWeights Model::load_weights(const std::string& path, const LoadWeightsOptions& options) {
  LoadedWeights loaded;
  state_->take_weights(with_weights(*state_->data(), path, options, loaded));
  return loaded;
}

}  // namespace kerascope
