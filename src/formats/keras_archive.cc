#include "formats/keras_archive.h"

#include <fmt/format.h>

#include <map>

#include "base/text.h"
#include "formats/config.h"
#include "formats/weights.h"
#include "formats/zip.h"
#include "kerascope/error.h"
#include "model/json.h"

namespace kerascope {
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
  attach_by_path(Hdf5File::open(member.file, member.offset, member.size, "model.weights.h5 in " + path), model.network);
  return model;
}

}  // namespace kerascope
