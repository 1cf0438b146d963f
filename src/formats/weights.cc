#include "formats/weights.h"

#include <fmt/format.h>

#include <map>

#include "base/text.h"
#include "formats/config.h"
#include "formats/keras_archive.h"
#include "formats/layer_groups.h"
#include "formats/open.h"
#include "formats/zip.h"
#include "kerascope/error.h"
#include "model/json.h"

namespace kerascope {
namespace {

/// Calls visit(group) for each layer's group below this one.
template <typename Visit>
void each_layer(const Hdf5File& file, const std::string& group, const std::string& container, const Visit& visit) {
  const std::string layers = group + "/" + container;
  if (!file.has_group(layers)) return;
  for (const std::string& name : file.members(layers)) {
    const std::string own = layers + "/" + name;
    visit(own);
    each_layer(file, own, container, visit);
  }
}

void gather_named(const Network& network, std::vector<StoredLayer>& layers) {
  for (const LayerData& layer : network.layers) {
    if (layer.network) gather_named(*layer.network, layers);
    if (!layer.weights.empty()) layers.push_back({layer.name, layer.weights});
  }
}

/// Empty if the file does not say, as in Keras 1.
std::string version_of(const Hdf5File& file, const std::string& group) {
  if (auto version = file.text(group, "keras_version")) return *std::move(version);
  return file.text("/", "keras_version").value_or(std::string());
}

Error no_weights(const std::string& path, const std::string& because) {
  return Error({.code = "weights-missing",
                .what = "the file holds no weights that Keras saved",
                .where = path,
                .because = because,
                .hint = "give a file of model.save_weights(\"name.weights.h5\") or model.save(\"name.keras\")"});
}

}  // namespace

std::vector<StoredLayer> stored_layers(const Hdf5File& file, const std::string& group) {
  std::vector<StoredLayer> layers;
  const auto names = file.texts(group, "layer_names");
  if (!names) return layers;
  const std::string root = group == "/" ? "" : group;
  for (const std::string& name : *names) {
    StoredLayer& layer = layers.emplace_back(StoredLayer{.name = name, .weights = {}});
    const std::string own = root + "/" + name;
    const auto weights = file.texts(own, "weight_names");
    if (!weights) continue;
    for (const std::string& weight : *weights) {
      // States of random number generators are not weights.
      if (weight.find("seed_generator") != weight.npos) continue;
      layer.weights.push_back(file.stored(own + "/" + weight, weight));
    }
  }
  return layers;
}

std::vector<std::string> weight_paths(const Hdf5File& file) {
  std::vector<std::string> paths;
  const std::string container = container_of(file);
  for (const StoredWeight& weight : weights_below(file, "/" + container))
    paths.push_back(container + "/" + weight.name);
  return paths;
}

std::vector<ListedWeights> listed_weights(const WeightsFile& file) {
  std::vector<ListedWeights> list;
  if (file.is_by_layer) {
    for (const StoredLayer& layer : file.layers)
      if (!layer.weights.empty()) list.push_back({layer.name, layer.name, layer.weights});
    return list;
  }
  const Hdf5File& hdf5 = *file.hdf5;
  const std::string container = container_of(hdf5);
  each_layer(hdf5, "", container, [&](const std::string& group) {
    if (hdf5.has_group(group + "/" + container)) return;  // a nested model
    std::vector<StoredWeight> weights = weights_below(hdf5, group);
    if (!weights.empty())
      list.push_back({group.substr(1), hdf5.text(group + "/vars", "name").value_or(""), std::move(weights)});
  });
  return list;
}

std::vector<StoredLayer> named_layers(const WeightsFile& file) {
  std::vector<StoredLayer> layers;
  if (!file.archive.empty()) {
    gather_named(open_model(file.archive).network, layers);
    return layers;
  }
  for (ListedWeights& layer : listed_weights(file)) {
    if (layer.name.empty())
      throw Error({.code = "weights-unnamed",
                   .what = "the file does not say what its layers are named",
                   .where = layer.group + " in " + file.path,
                   .because = "the Keras that wrote it files layers by class and order",
                   .hint = "load it by order, or save the weights again with a newer Keras"});
    layers.push_back({layer.name, std::move(layer.weights)});
  }
  return layers;
}

WeightsFile open_weights(const std::string& path) {
  if (path != "-" && is_keras_folder(path)) {
    WeightsFile file = open_weights(path + "/model.weights.h5");
    file.archive = path;
    file.keras_version = read_keras_folder(path).keras_version;
    return file;
  }
  const auto mapped = MappedFile::open(path);
  WeightsFile file{.path = mapped->name()};
  if (ZipArchive::recognises(mapped->bytes())) {
    const ZipArchive archive = ZipArchive::open(mapped);
    if (!archive.has("model.weights.h5")) throw no_weights(file.path, "the archive has no member 'model.weights.h5'");
    const ZipArchive::Member member = archive.member("model.weights.h5");
    const std::string place = "model.weights.h5 in " + file.path;
    file.hdf5 = std::make_shared<Hdf5File>(Hdf5File::open(member.file, member.offset, member.size, place));
    file.archive = path;
    if (archive.has("metadata.json")) file.keras_version = text_or(archive.json("metadata.json"), "keras_version", "3");
    return file;
  }
  if (!is_hdf5(mapped->bytes()))
    throw no_weights(file.path, mapped->bytes().empty() ? "it is empty" : "it is neither HDF5 nor a Keras archive");
  file.hdf5 = std::make_shared<Hdf5File>(Hdf5File::open(mapped, 0, mapped->size(), file.path));
  const std::string group = file.hdf5->has_group("/model_weights") ? "/model_weights" : "/";
  file.layers = stored_layers(*file.hdf5, group);
  file.is_by_layer = !file.layers.empty();
  file.backend = file.hdf5->text(group, "backend").value_or(file.hdf5->text("/", "backend").value_or(""));
  if (file.is_by_layer) {
    const std::string version = file.keras_version = version_of(*file.hdf5, group);
    if (version.empty() || version == "1" || text::starts_with(version, "1.")) throw of_keras_1(file.path);
  } else if (!file.hdf5->has_group(fmt::format("/{}", container_of(*file.hdf5)))) {
    throw no_weights(file.path, "its root has neither 'layer_names' nor 'layers'");
  }
  return file;
}

}  // namespace kerascope
