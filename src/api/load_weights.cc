// Loads weights into a model: by order or by name, all or nothing.
#include "api/load_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "api/state.h"
#include "base/memory.h"
#include "base/text.h"
#include "formats/layer_groups.h"
#include "formats/open.h"
#include "formats/weights.h"

namespace kerascope {

using namespace api;

namespace {

/// Gives a file's weights to a copy of a model.
class Loader {
 public:
  Loader(const ModelData& model, const WeightsFile& file)
      : file_(file), model_(model), assembly_(assemble_open(model_, {.with_weights = false}).assembly) {
    writer_ = {.keras_major = model.keras_major(), .is_certain = !file.keras_version.empty()};
    // The order of lists in the file depends on the Keras that wrote it, not on the model.
    model_.format = file.is_by_layer ? "HDF5" : "Keras archive";
    model_.backend = file.backend;
    model_.keras_version = file.keras_version;
    if (writer_.is_certain) writer_.keras_major = model_.keras_major();
  }

  void by_order() {
    if (!file_.is_by_layer)
      by_path();
    else if (is_open(model_.network))
      around_unknown_layers();
    else
      one_by_one();
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
                   .hint = "load by order (without --by-name)"});
  }

  /// The network with its new weights. @throws Error{weights-mismatch}
  Network finish(const std::string& other_way) {
    bind_weights(model_, given_needs());
    settle(model_.network);
    if (!mismatches_.empty())
      throw Error({.code = "weights-mismatch",
                   .what = fmt::format("the weights do not fit '{}': {} mismatch{}", model_.network.name,
                                       mismatches_.size(), mismatches_.size() == 1 ? "" : "es"),
                   .where = file_.path,
                   .because = text::join(mismatches_, "\n"),
                   .hint = "define the model as it was when its weights were saved" + other_way});
    return std::move(model_.network);
  }
  LoadedWeights result() && { return std::move(result_); }

 private:
  /// Matches groups that are named by class and order.
  void by_path() {
    clear(model_.network);
    std::vector<NamedPair> names = attach_by_path(*file_.hdf5, model_.network, writer_);
    if (!file_.archive.empty()) names = names_in_archive(std::move(names));
    require_agreement(names);
    mark(model_.network);
    require_all_paths_used();
  }

  /// Matches the layers with weights one by one; both sides must have equally many.
  void one_by_one() {
    std::vector<LayerData*> needing;
    for (LayerData& layer : model_.network.layers)
      if (needs(layer) > 0) needing.push_back(&layer);
    std::vector<const StoredLayer*> stored;
    for (const StoredLayer& layer : file_.layers)
      if (!layer.weights.empty()) stored.push_back(&layer);
    std::vector<NamedPair> names;
    for (std::size_t i = 0; i < std::max(needing.size(), stored.size()); ++i) {
      if (i >= stored.size()) {
        mismatch("'{}' gets nothing", needing[i]->name);
      } else if (i >= needing.size()) {
        mismatch("nothing takes what is stored for '{}'", stored[i]->name);
      } else {
        give(*needing[i], *stored[i]);
        names.emplace_back(needing[i], stored[i]->name);
      }
    }
    if (needing.size() == stored.size()) require_agreement(names);
  }

  /// For models with unknown layers, whose numbers of weights only the file tells: matches by position, as the file
  /// also lists layers without weights, or else by name.
  void around_unknown_layers() {
    std::map<std::string, const StoredLayer*> by_name;
    for (const StoredLayer& layer : file_.layers)
      if (!layer.weights.empty()) by_name[layer.name] = &layer;
    std::vector<std::pair<LayerData*, const StoredLayer*>> pairs = by_place();
    if (pairs.empty())
      for (LayerData& layer : model_.network.layers)
        if (const auto found = by_name.find(layer.name); found != by_name.end() && may_take(layer, *found->second))
          pairs.emplace_back(&layer, found->second);
    std::set<const LayerData*> given;
    for (const auto& [layer, stored] : pairs) given.insert(layer);
    const bool is_complete = std::ranges::all_of(
        model_.network.layers, [&](const LayerData& layer) { return needs(layer) == 0 || given.count(&layer); });
    if (pairs.size() != by_name.size() || !is_complete)
      throw Error({.code = "weights-ambiguous",
                   .what = fmt::format("neither places nor names tell which layers of '{}' the weights belong to",
                                       model_.network.name),
                   .where = file_.path,
                   .because = "it has layers that Kerascope does not know, which may have any number of weights",
                   .hint = "give the whole model: model.save(\"name.keras\")"});
    for (const auto& [layer, stored] : pairs) give(*layer, *stored);
  }

  /// Pairs layers with the file's by position; empty if the file lists other layers.
  std::vector<std::pair<LayerData*, const StoredLayer*>> by_place() {
    for (const bool with_inputs : {true, false})
      for (const bool with_operations : {true, false}) {
        std::vector<LayerData*> layers;
        for (LayerData& layer : model_.network.layers)
          if ((with_inputs || layer.class_name != "InputLayer") && (with_operations || !layer.is_operation))
            layers.push_back(&layer);
        if (layers.size() != file_.layers.size()) continue;
        std::vector<std::pair<LayerData*, const StoredLayer*>> pairs;
        std::vector<NamedPair> names;
        bool fits = true;
        for (std::size_t i = 0; i < layers.size(); ++i) {
          fits &= may_take(*layers[i], file_.layers[i]);
          if (file_.layers[i].weights.empty()) continue;
          pairs.emplace_back(layers[i], &file_.layers[i]);
          names.emplace_back(layers[i], file_.layers[i].name);
        }
        if (fits && disagreement(names).empty()) return pairs;
      }
    return {};
  }

  bool may_take(const LayerData& layer, const StoredLayer& stored) const {
    if (layer.class_name == "InputLayer") return stored.weights.empty();
    return is_open(layer) || stored.weights.size() == needs(layer);
  }

  void require_agreement(const std::vector<NamedPair>& names) {
    if (const std::string why = disagreement(names); !why.empty()) mismatch("{}", why);
  }

  /// Adds layer names from the archive's configuration, if its groups store none.
  std::vector<NamedPair> names_in_archive(std::vector<NamedPair> stored) const {
    std::map<std::string, std::string> by_place;
    try {
      gather_owners(open_model(file_.archive).network, by_place);
    } catch (const Error&) {
      return stored;  // the archive's model cannot be opened
    }
    std::vector<NamedPair> names;
    add_owners(model_.network, by_place, names);
    return names;
  }
  static void gather_owners(const Network& network, std::map<std::string, std::string>& by_place) {
    for (const LayerData& layer : network.layers) {
      for (const StoredWeight& weight : layer.weights) by_place.emplace(weight.place, layer.name);
      if (layer.network) gather_owners(*layer.network, by_place);
    }
  }
  static void add_owners(const Network& network, const std::map<std::string, std::string>& by_place,
                         std::vector<NamedPair>& names) {
    for (const LayerData& layer : network.layers) {
      if (layer.network) add_owners(*layer.network, by_place, names);
      if (layer.weights.empty()) continue;
      if (const auto owner = by_place.find(layer.weights[0].place); owner != by_place.end())
        names.emplace_back(&layer, owner->second);
    }
  }

  template <typename... Args>
  void mismatch(fmt::format_string<Args...> format, Args&&... args) {
    std::string message = text::printable(fmt::format(format, std::forward<Args>(args)...));
    // An error of a nested model as a whole repeats at each of its weights.
    if (mismatches_.empty() || mismatches_.back() != message) mismatches_.push_back(std::move(message));
  }

  static std::string listed(const std::vector<std::string>& names) {
    if (names.empty()) return "none";
    return names.size() <= 8 ? text::join(names, ", ")
                             : fmt::format("{}, .. {} ({} in all)", names[0], names.back(), names.size());
  }

  /// Whether a layer's declared weights are known: not if Kerascope cannot compute it, or its input is unknown.
  bool is_known(const LayerData& layer) const {
    if (layer.class_name == "InputLayer" || layer.is_operation) return true;
    const auto found = assembly_.needs.find(&layer);
    return found != assembly_.needs.end() && found->second.is_known;
  }

  /// Whether the number of weights of a layer, or of a layer inside a nested model, is unknown.
  bool is_open(const LayerData& layer) const { return layer.network ? is_open(*layer.network) : !is_known(layer); }
  bool is_open(const Network& network) const {
    return std::ranges::any_of(network.layers, [this](const LayerData& layer) { return is_open(layer); });
  }

  /// How many weights a layer, or all layers in a nested model, declare.
  std::size_t needs(const LayerData& layer) const {
    if (!layer.network) {
      const auto found = assembly_.needs.find(&layer);
      return found == assembly_.needs.end() || !found->second.is_known ? 0 : found->second.order.size();
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

  /// Records that all layers of the network have got the file's weights.
  void mark(const Network& network) {
    for (const LayerData& layer : network.layers) {
      given_.insert(&layer);
      if (layer.network) mark(*layer.network);
      if (!layer.network && !layer.weights.empty()) result_.loaded.push_back(layer.name);
      if (!layer.network && is_known(layer) && layer.weights.size() > needs(layer))
        mismatch("{} weights are stored for '{}', which has {}", layer.weights.size(), layer.name, needs(layer));
    }
  }

  void give(LayerData& layer, const StoredLayer& stored) {
    if (layer.network) clear(*layer.network);
    layer.weights = stored.weights;
    layer.weights_in_order = false;
    given_.insert(&layer);
    if (layer.network) mark(*layer.network);
    if (!is_open(layer) && stored.weights.size() != needs(layer))
      mismatch("{} weights are stored for '{}' (as '{}'), which has {}", stored.weights.size(), layer.name, stored.name,
               needs(layer));
    result_.loaded.push_back(layer.name);
  }

  void give_by_name(Network& network, const std::map<std::string, const StoredLayer*>& by_name) {
    for (LayerData& layer : network.layers) {
      if (needs(layer) == 0 && !is_open(layer)) continue;
      const auto found = by_name.find(layer.name);
      if (found != by_name.end()) {
        give(layer, *found->second);
        used_.insert(layer.name);
      } else if (layer.network && !file_.is_by_layer) {
        give_by_name(*layer.network, by_name);
      } else if (needs(layer) > 0) {
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

  /// The declared weights of only those layers that got some from the file.
  std::map<const LayerData*, LayerWeights>& given_needs() {
    std::erase_if(assembly_.needs, [&](const auto& need) { return !given_.count(need.first); });
    return assembly_.needs;
  }

  /// Stores the matched weights in the layers. Weights of unknown layers, which cannot be checked, and lists of nested
  /// models that contain such a layer, stay as in the file.
  void settle(Network& network, bool is_inside_list = false) {
    for (LayerData& layer : network.layers) {
      if (layer.network) {
        const bool is_list = !layer.weights.empty() && given_.count(&layer);
        settle(*layer.network, is_inside_list || (is_list && is_open(layer)));
        if (is_list && !is_open(layer)) layer.weights.clear();
        continue;
      }
      const auto found = assembly_.needs.find(&layer);
      if (found == assembly_.needs.end() || !found->second.is_known) continue;
      std::vector<StoredWeight> bound;
      for (const std::string& name : found->second.order) {
        const WeightSlot& slot = *found->second.slots.at(name);
        if (slot.problem)
          mismatch("{}", slot.problem->parts().what);
        else
          bound.push_back(
              {.name = name, .place = file_.path, .shape = slot.shape, .dtype = slot.dtype, .read = slot.read});
      }
      if (is_inside_list) continue;
      layer.weights = std::move(bound);
      layer.weights_in_order = true;
    }
  }

  const WeightsFile& file_;
  ModelData model_;
  Assembly assembly_;  ///< points into model_
  Writer writer_;
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
  Network network = loader.finish(options.by_name ? "" : ", or load by name (--by-name)");
  loaded = std::move(loader).result();
  return network;
}

LoadedWeights Model::load_weights(const std::string& path, const LoadWeightsOptions& options) try {
  LoadedWeights loaded;
  state_->take_weights(with_weights(*state_->data(), path, options, loaded));
  return loaded;
} catch (const std::bad_alloc&) {
  throw want_of_memory();
}

}  // namespace kerascope
