#include "formats/keras_archive.h"

#include <fmt/format.h>

#include <filesystem>
#include "base/text.h"
#include "formats/config.h"
#include "formats/layer_groups.h"
#include "formats/recognise.h"
#include "formats/zip.h"
#include "kerascope/error.h"
#include "model/json.h"

namespace kerascope {
namespace {

namespace fs = std::filesystem;

/// The files of a saved model, in an archive or in a folder.
class Parts {
 public:
  virtual ~Parts() = default;
  virtual bool has(const std::string& name) const = 0;
  virtual Json json(const std::string& name) const = 0;
  virtual ZipArchive::Member member(const std::string& name) const = 0;
};

class Archive : public Parts {
 public:
  explicit Archive(std::shared_ptr<const MappedFile> file) : archive_(ZipArchive::open(std::move(file))) {}
  bool has(const std::string& name) const override { return archive_.has(name); }
  Json json(const std::string& name) const override { return archive_.json(name); }
  ZipArchive::Member member(const std::string& name) const override { return archive_.member(name); }
  std::vector<std::string> names() const { return archive_.names(); }

 private:
  ZipArchive archive_;
};

class Folder : public Parts {
 public:
  explicit Folder(fs::path path) : path_(std::move(path)) {}
  bool has(const std::string& name) const override {
    std::error_code ignored;
    return fs::is_regular_file(path_ / name, ignored);
  }
  Json json(const std::string& name) const override {
    const ZipArchive::Member whole = member(name);
    return parse_json(whole.text(), whole.file->name());
  }
  ZipArchive::Member member(const std::string& name) const override {
    const auto file = MappedFile::open(path_ / name);
    return {file, 0, file->size()};
  }

 private:
  fs::path path_;
};

ModelData read_parts(const Parts& parts, const std::string& path) {
  ModelData model;
  model.format = "Keras archive";
  const Json metadata = parts.has("metadata.json") ? parts.json("metadata.json") : Json();
  model.keras_version = text_or(metadata, "keras_version", "3");
  const Json config = parts.json("config.json");
  model.network = network_from_config(config, model.keras_major(), "config.json in " + path);
  if (const Json& training = member(config, "compile_config"); training.is_object() && !training.empty())
    model.training = training;
  if (!parts.has("model.weights.h5"))
    throw Error({.code = "format-unsupported",
                 .what = parts.has("model.weights.npz") ? "the archive stores its weights as .npz, which Kerascope "
                                                          "cannot read yet"
                                                        : "the archive holds a configuration but no weights",
                 .where = path,
                 .hint = "save the model again with model.save(\"name.keras\")"});
  const ZipArchive::Member member = parts.member("model.weights.h5");
  const Hdf5File weights = Hdf5File::open(member.file, member.offset, member.size, "model.weights.h5 in " + path);
  const auto vocabulary_of = [&](const std::string& group) -> std::optional<std::string> {
    const std::string name = fmt::format("assets{}/vocabulary.txt", group);
    return parts.has(name) ? std::optional(std::string(parts.member(name).text())) : std::nullopt;
  };
  const auto names = attach_by_path(weights, model.network,
                                    {.keras_major = model.keras_major(), .vocabulary_of = vocabulary_of}, config);
  if (const std::string why = disagreement(names); !why.empty())
    throw Error({.code = "weights-mismatch",
                 .what = why,
                 .where = weights.name(),
                 .because = "its configuration was changed after it was saved, or its weights were",
                 .hint = "save the model again with model.save(\"name.keras\")"});
  return model;
}

}  // namespace

ModelData read_keras_archive(std::shared_ptr<const MappedFile> mapped) {
  const std::string path = mapped->name();
  const Archive archive(std::move(mapped));
  if (!archive.has("config.json")) {
    const auto foreign = recognise_archive(archive.names());
    throw Error({.code = foreign ? "format-unknown" : "model-missing",
                 .what = foreign ? fmt::format("this is {}, not a model that Keras saved", foreign->what)
                                 : "the zip archive holds no Keras model",
                 .where = path,
                 .because = "it has no member 'config.json'",
                 .hint = foreign ? foreign->hint : "give a file that Keras saved with model.save(\"name.keras\")"});
  }
  return read_parts(archive, path);
}

ModelData read_keras_folder(const std::string& path) { return read_parts(Folder(path), path); }

bool is_keras_folder(const std::string& path) {
  const Folder folder(path);
  return folder.has("config.json") && (folder.has("metadata.json") || folder.has("model.weights.h5"));
}

}  // namespace kerascope
