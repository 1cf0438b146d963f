#include "formats/keras_archive.h"

#include <fmt/format.h>

#include <map>

#include "base/text.h"
#include "formats/config.h"
#include "formats/hdf5.h"
#include "formats/zip.h"
#include "kerascope/error.h"
#include "model/json.h"

namespace kerascope {
namespace {

/// vars/0, vars/1, .. of one object.
std::vector<StoredWeight> own_weights(const Hdf5File& file, const std::string& group) {
  std::vector<StoredWeight> weights;
  for (std::size_t i = 0;; ++i) {
    const std::string name = fmt::format("vars/{}", i);
    const std::string path = fmt::format("{}/{}", group, name);
    if (!file.dataset(path)) return weights;
    weights.push_back(file.stored(path, name));
  }
}

/// A layer's place in the weights counts equal class names in the order of `model.layers`.
void attach_weights(const Hdf5File& file, Network& network, const std::string& group) {
  std::map<std::string, int> seen;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    LayerData& layer = network.layers[i];
    if (layer.is_operation || (network.is_sequential && i == 0)) continue;
    const std::string name = snake_case(layer.class_name);
    const int count = seen[name]++;
    const std::string own = fmt::format("{}/layers/{}{}", group, name, count ? fmt::format("_{}", count) : "");
    if (layer.network)
      attach_weights(file, *layer.network, own);
    else
      layer.weights = own_weights(file, own);
  }
}

}  // namespace

ModelData read_keras_archive(std::shared_ptr<const MappedFile> mapped) {
  const std::string path = mapped->name();
  const ZipArchive archive = ZipArchive::open(mapped);
  if (!archive.has("config.json"))
    throw Error({.code = "model-missing",
                 .what = "the zip archive holds no Keras model",
                 .where = path,
                 .because = "it has no member 'config.json'",
                 .hint = "give a file that Keras saved with model.save(\"name.keras\")"});
  ModelData model;
  model.format = "Keras archive";
  const Json metadata = archive.has("metadata.json")
                            ? parse_json(archive.member("metadata.json").text(), "metadata.json in " + path)
                            : Json();
  model.keras_version = text_or(metadata, "keras_version", "3");
  const Json config = parse_json(archive.member("config.json").text(), "config.json in " + path);
  model.network = network_from_config(config, model.keras_major(), "config.json in " + path);
  if (const Json& training = member(config, "compile_config"); training.is_object() && !training.empty())
    model.training = training;
  if (!archive.has("model.weights.h5"))
    throw Error({.code = "format-unsupported",
                 .what = archive.has("model.weights.npz") ? "the archive stores its weights as .npz, which Kerascope "
                                                            "cannot read yet"
                                                          : "the archive holds a configuration but no weights",
                 .where = path,
                 .hint = "save the model again with model.save(\"name.keras\")"});
  const ZipArchive::Member member = archive.member("model.weights.h5");
  attach_weights(Hdf5File::open(member.file, member.offset, member.size, "model.weights.h5 in " + path), model.network,
                 "");
  return model;
}

}  // namespace kerascope
