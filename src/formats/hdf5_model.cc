#include "formats/hdf5_model.h"

#include <map>

#include "base/text.h"
#include "formats/config.h"
#include "formats/layer_groups.h"
#include "formats/weights.h"
#include "kerascope/error.h"
#include "model/json.h"

namespace kerascope {
namespace {

constexpr const char* kWeights = "/model_weights";

/// Gives weights to layers by name; if names differ from the file's own configuration, by order, as Keras does.
void attach_weights(const Hdf5File& file, Network& network, const std::string& path) {
  std::vector<StoredLayer> stored = stored_layers(file, kWeights);
  if (!file.texts(kWeights, "layer_names"))
    throw Error({.code = "model-missing",
                 .what = "the file has a configuration but no weights",
                 .where = path,
                 .hint = "save the whole model with model.save(\"name.h5\")"});
  std::map<std::string, LayerData*> by_name;
  for (LayerData& layer : network.layers) by_name[layer.name] = &layer;
  bool all_known = true;
  for (const StoredLayer& layer : stored) all_known &= layer.weights.empty() || by_name.count(layer.name);
  if (all_known) {
    for (StoredLayer& layer : stored)
      if (!layer.weights.empty()) by_name.at(layer.name)->weights = std::move(layer.weights);
    return;
  }
  const std::size_t first = network.input_layer_in_file ? 0 : 1;
  if (stored.size() != network.layers.size() - first)
    throw Error({.code = "weights-mismatch",
                 .what = fmt::format("the file stores weights of {} layers, its configuration has {}", stored.size(),
                                     network.layers.size()),
                 .where = std::string(kWeights) + " in " + path});
  std::vector<NamedPair> names;
  for (std::size_t i = 0; i < stored.size(); ++i)
    if (!stored[i].weights.empty()) names.emplace_back(&network.layers[i + first], stored[i].name);
  if (const std::string why = disagreement(names); !why.empty())
    throw Error({.code = "weights-mismatch",
                 .what = why,
                 .where = std::string(kWeights) + " in " + path,
                 .because = "the file lists its weights in another order than its layers",
                 .hint = "save the model again with model.save(\"name.keras\")"});
  for (std::size_t i = 0; i < stored.size(); ++i) network.layers[i + first].weights = std::move(stored[i].weights);
}

}  // namespace

ModelData read_hdf5_model(std::shared_ptr<const MappedFile> mapped) {
  const std::string path = mapped->name();
  const Hdf5File file = Hdf5File::open(mapped, 0, mapped->size(), path);
  ModelData model;
  model.format = "HDF5";
  const auto config = file.text("/", "model_config");
  if (!config) {
    const bool weights_only = file.texts("/", "layer_names").has_value() || file.has_group("/" + container_of(file));
    throw Error(
        {.code = weights_only ? "weights-only" : "model-missing",
         .what = weights_only ? "the file holds weights but no model" : "the HDF5 file holds no Keras model",
         .where = path,
         .because = weights_only ? "it was written by save_weights, which leaves the architecture out"
                                 : "its root has no attribute 'model_config'",
         .hint = weights_only
                     ? "give the architecture, too: MODEL.json --weights FILE, with what model.to_json() gives; "
                       "or list what it holds: kerascope layers FILE"
                     : "save the whole model in Python: model.save(\"model.keras\")"});
  }
  model.keras_version = file.text("/", "keras_version").value_or(file.text(kWeights, "keras_version").value_or(""));
  model.backend = file.text("/", "backend").value_or(file.text(kWeights, "backend").value_or(""));
  if (model.keras_major() < 2) throw of_keras_1(path);
  model.network = network_from_config(parse_json(*config, "model_config in " + path), model.keras_major(), path);
  attach_weights(file, model.network, path);
  if (const auto training = file.text("/", "training_config"))
    model.training = parse_json(*training, "training_config in " + path);
  return model;
}

}  // namespace kerascope
