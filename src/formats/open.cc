#include "formats/open.h"

#include "base/file.h"
#include "base/text.h"
#include "formats/config.h"
#include "formats/hdf5_model.h"
#include "formats/keras_archive.h"
#include "formats/layer_groups.h"
#include "formats/recognise.h"
#include "formats/zip.h"
#include "kerascope/error.h"
#include "model/json.h"

namespace kerascope {
namespace {

[[noreturn]] void unknown(const std::string& path, std::span<const std::byte> bytes) {
  if (const auto foreign = recognise(bytes))
    throw Error({.code = "format-unknown",
                 .what = fmt::format("this is {}, not a model that Keras saved", foreign->what),
                 .where = path,
                 .hint = foreign->hint});
  throw Error({.code = "format-unknown",
               .what = bytes.empty() ? "the file is empty" : "this is neither an HDF5 file nor a Keras archive",
               .where = path,
               .hint = "give a model that Keras saved with model.save(\"name.keras\") or (\"name.h5\")"});
}

[[noreturn]] void unknown_folder(const std::string& path) {
  std::vector<std::string> files;
  std::error_code ignored;
  for (std::filesystem::directory_iterator entry(path, ignored), end; entry != end && files.size() < 10000;
       entry.increment(ignored))
    files.push_back(entry->path().filename().string());
  const auto foreign = recognise_folder(files);
  throw Error({.code = "format-unknown",
               .what = fmt::format("this is {}, not a model file", foreign ? foreign->what : "a folder"),
               .where = path,
               .hint = foreign ? foreign->hint : "save the model with model.save(\"name.keras\") and give that file"});
}

bool is_folder(const std::string& path) {
  std::error_code ignored;
  return path != "-" && std::filesystem::is_directory(path, ignored);
}

}  // namespace

bool is_hdf5(std::span<const std::byte> bytes) {
  // A user block has 512, 1024, 2048, .. bytes.
  constexpr std::string_view kSignature = "\x89HDF\r\n\x1a\n";
  for (std::size_t offset = 0; offset + kSignature.size() <= bytes.size(); offset = offset ? offset * 2 : 512)
    if (std::memcmp(bytes.data() + offset, kSignature.data(), kSignature.size()) == 0) return true;
  return false;
}

namespace {

/// Whether it looks like model.to_json(); it may begin with blanks.
bool is_json(std::span<const std::byte> bytes) {
  for (const std::byte byte : bytes.first(std::min<std::size_t>(bytes.size(), 512)))
    if (!std::isspace(static_cast<int>(byte))) return static_cast<char>(byte) == '{';
  return false;
}

/// An architecture without weights, as model.to_json() writes it.
ModelData read_json_model(const Json& description, const std::string& place) {
  if (description.contains("modelTopology"))
    throw Error({.code = "format-unsupported",
                 .what = "this is a model of TensorFlow.js, which Kerascope cannot open yet",
                 .where = place,
                 .hint = "give the .keras or .h5 from which it was converted"});
  if (text_or(description, "class_name", "").empty()) {
    const bool is_hugging_face = description.contains("model_type") || description.contains("architectures");
    throw Error({.code = "model-missing",
                 .what = is_hugging_face ? "this JSON is of a model of Hugging Face, not of Keras"
                                         : "this JSON describes no Keras model",
                 .where = place,
                 .because = "it has no 'class_name'",
                 .hint = "write it with model.to_json()"});
  }
  ModelData model;
  model.format = "JSON";
  // Keras 3 does not store its version, nor did the first versions of Keras 1.
  model.keras_version = text_or(description, "keras_version", is_keras_1(description) ? "1" : "3");
  model.backend = text_or(description, "backend", "");
  if (model.keras_major() < 2) throw of_keras_1(place);
  model.network = network_from_config(description, model.keras_major(), place);
  return model;
}

ModelData read_json_model(const std::shared_ptr<const MappedFile>& file) {
  const std::string_view text(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size());
  return read_json_model(parse_json(text, file->name()), file->name());
}

/// Nested models that are called several times multiply, so a small file can demand a huge number of calls.
void require_few_calls(const ModelData& model) {
  constexpr double kMost = 100'000;  // the largest network of keras.applications makes some 1,000
  if (const double calls = expanded_calls(model.network); calls > kMost)
    throw Error(
        {.code = "model-too-large",
         .what = fmt::format("one run of the model makes {:.3g} calls of layers, and the most is {:.0f}", calls, kMost),
         .where = model.path,
         .because = "nested models are called several times, level upon level"});
}

}  // namespace

bool is_model_file(const std::string& path) {
  if (is_folder(path)) return is_keras_folder(path);
  const auto file = MappedFile::open(path);
  if (ZipArchive::recognises(file->bytes())) return ZipArchive::open(file).has("config.json");
  return is_hdf5(file->bytes()) || is_json(file->bytes());
}

ModelData model_in_memory(const std::string& json, const std::vector<std::pair<std::string, Tensor>>& weights,
                          const std::string& keras_version) {
  const std::string place = "the model in memory";
  const Json description = parse_json(json, place);
  ModelData model = read_json_model(description, place);
  model.format = "memory";
  model.path = place;
  if (!keras_version.empty()) model.keras_version = keras_version;
  if (!weights.empty())
    attach_by_path(Hdf5File::of(weights, place), model.network, {.keras_major = model.keras_major()}, description);
  require_few_calls(model);
  return model;
}

ModelData open_model(const std::string& path) {
  if (is_folder(path)) {
    if (!is_keras_folder(path)) unknown_folder(path);
    ModelData model = read_keras_folder(path);
    model.path = path;
    return model;
  }
  const auto file = MappedFile::open(path);
  ModelData model = ZipArchive::recognises(file->bytes()) ? read_keras_archive(file)
                    : is_json(file->bytes())              ? read_json_model(file)
                    : is_hdf5(file->bytes())              ? read_hdf5_model(file)
                                                          : (unknown(file->name(), file->bytes()), ModelData());
  model.path = file->name();
  require_few_calls(model);
  return model;
}

}  // namespace kerascope
