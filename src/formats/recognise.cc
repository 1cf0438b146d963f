#include "formats/recognise.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/text.h"

namespace kerascope {
namespace {

using namespace std::string_view_literals;

constexpr const char* kSaveInKeras = "load it in Python with Keras and save it there: model.save(\"name.keras\")";
constexpr const char* kGiveOriginal = "give the .keras or .h5 file of Keras from which it was converted";
constexpr const char* kNotFromKeras =
    "Kerascope opens models of Keras only; build the model in Keras, copy the weights, and model.save(\"name.keras\")";
constexpr const char* kUnpack = "unpack it and give the model that is in it";
constexpr const char* kInput = "the model comes first, then the picture or the arrays";

const Foreign kSavedModel = {"a SavedModel of TensorFlow", kSaveInKeras};
const Foreign kCheckpoint = {"a checkpoint of TensorFlow, which holds weights but no model",
                             "in Python: build the model, model.load_weights(checkpoint), model.save(\"name.keras\")"};
const Foreign kPyTorch = {"a file of PyTorch", kNotFromKeras};

struct Magic {
  std::size_t at;
  std::string_view bytes;
  Foreign is;
};

const Magic kMagics[] = {
    {4, "TFL3"sv, {"a TensorFlow Lite model", kGiveOriginal}},
    {0, "\xff\xd8\xff"sv, {"a picture", kInput}},
    {0, "\x89PNG"sv, {"a picture", kInput}},
    {0, "GIF8"sv, {"a picture", kInput}},
    {8, "WEBP"sv, {"a picture", kInput}},
    {0, "\x93NUMPY"sv, {"an array of NumPy (.npy)", kInput}},
    {0, "version https://git-lfs"sv, {"a Git LFS pointer", "fetch the file itself: git lfs pull"}},
    {0, "GGUF"sv, {"a GGUF file of llama.cpp", kNotFromKeras}},
    {0, "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"sv, kPyTorch},
    {0, "\x1f\x8b"sv, {"a gzip archive", kUnpack}},
    {0, "BZh"sv, {"a bzip2 archive", kUnpack}},
    {0,
     "\xfd"
     "7zXZ\0"sv,
     {"an xz archive", kUnpack}},
    {0, "\x28\xb5\x2f\xfd"sv, {"a Zstandard archive", kUnpack}},
    {0, "7z\xbc\xaf\x27\x1c"sv, {"a 7z archive", kUnpack}},
    {0, "Rar!\x1a\x07"sv, {"a RAR archive", kUnpack}},
    {257, "ustar"sv, {"a tar archive", kUnpack}},
    {0, "%PDF"sv, {"a PDF document", "give the model itself"}},
    {0, "MATLAB 5.0"sv, {"a file of MATLAB", "save its arrays as .npy"}},
    {0, "model_checkpoint_path:"sv, kCheckpoint},
    {0,
     "\x7f"
     "ELF"sv,
     {"a program", "give the model itself"}},
};

/// A field of a protobuf message.
struct ProtoField {
  std::uint64_t number = 0, wire = 0;
  std::string_view bytes;  ///< the content of a length-delimited field
};

std::optional<std::uint64_t> varint(std::string_view& rest) {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64 && !rest.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(rest[0]);
    rest.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

/// The first fields of a protobuf message; empty if the bytes are none. The last field may be truncated.
std::vector<ProtoField> proto_fields(std::string_view rest) {
  std::vector<ProtoField> fields;
  while (!rest.empty() && fields.size() < 64) {
    const auto key = varint(rest);
    if (!key || *key >> 3 == 0 || *key >> 3 > 1000) return {};
    ProtoField field{.number = *key >> 3, .wire = *key & 7, .bytes = {}};
    if (field.wire == 0) {
      if (!varint(rest)) return {};
    } else if (field.wire == 2) {
      const auto length = varint(rest);
      if (!length || *length > rest.size()) return {};
      field.bytes = rest.substr(0, *length);
      rest.remove_prefix(*length);
    } else if (field.wire == 1 || field.wire == 5) {
      const std::size_t size = field.wire == 1 ? 8 : 4;
      if (size > rest.size()) return {};
      rest.remove_prefix(size);
    } else {
      return {};
    }
    fields.push_back(field);
  }
  return fields;
}

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) { return c >= 0x20 && c < 0x7F; });
}

std::optional<Foreign> recognise_proto(std::string_view bytes) {
  const std::vector<ProtoField> fields = proto_fields(bytes);
  if (fields.empty()) return std::nullopt;
  const auto has = [&](std::uint64_t number, std::uint64_t wire) {
    return std::ranges::any_of(fields, [&](const ProtoField& f) { return f.number == number && f.wire == wire; });
  };
  // ModelProto: ir_version, .., graph = 7 or opset_import = 8.
  if (fields[0].number == 1 && fields[0].wire == 0 && (has(7, 2) || has(8, 2)))
    return Foreign{"an ONNX model", kGiveOriginal};
  // SavedModel: saved_model_schema_version = 1, meta_graphs = 2.
  if (fields[0].number == 1 && fields[0].wire == 0 && has(2, 2)) return kSavedModel;
  // GraphDef: node = 1, each with name = 1 and op = 2.
  if (fields[0].number == 1 && fields[0].wire == 2) {
    const std::vector<ProtoField> node = proto_fields(fields[0].bytes);
    if (node.size() >= 2 && node[0].number == 1 && is_name(node[0].bytes) && node[1].number == 2 &&
        is_name(node[1].bytes))
      return Foreign{"a frozen graph of TensorFlow", kGiveOriginal};
  }
  return std::nullopt;
}

/// Begins with the length of a JSON header, then the header.
bool is_safetensors(std::string_view bytes) {
  std::uint64_t length = 0;
  if (bytes.size() < 10) return false;
  std::memcpy(&length, bytes.data(), sizeof length);
  return length >= 2 && length <= bytes.size() - 8 && bytes[8] == '{' && (bytes[9] == '"' || bytes[9] == '}');
}

/// A LevelDB table, which holds the names of a checkpoint.
bool is_checkpoint_index(std::string_view bytes) { return bytes.ends_with("\x57\xfb\x80\x8b\x24\x75\x47\xdb"sv); }

std::optional<Foreign> recognise_text(std::string_view bytes) {
  std::string front(bytes.substr(0, 4096));
  std::ranges::replace_if(
      front, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  if (front.size() < bytes.size()) front.resize(front.rfind(' ') + 1);  // the last character may be truncated
  const std::string shown = text::printable(front);
  if (shown.empty() || shown.find("\\x") != shown.npos) return std::nullopt;
  const std::string start = text::lower(shown.substr(std::min(shown.find_first_not_of(' '), shown.size()), 200));
  if (start.starts_with("<!doctype html") || start.starts_with("<html") || start.find("<head>") != start.npos)
    return Foreign{"a web page (HTML)", "download the file itself; what was saved is the page that links to it"};
  if (start.starts_with("<?xml") || start.starts_with("<net"))
    return Foreign{"an XML file, such as OpenVINO's", kGiveOriginal};
  if (start.starts_with("backend:") || start.starts_with("class_name:"))
    return Foreign{"a model as YAML, which Keras once wrote", "write it as JSON in Python: model.to_json()"};
  return Foreign{"text", "give a model that Keras saved with model.save(\"name.keras\") or (\"name.h5\")"};
}

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

bool is_model_name(const std::string& name) {
  return text::ends_with(name, ".keras") || text::ends_with(name, ".h5") || text::ends_with(name, ".hdf5");
}

}  // namespace

std::optional<Foreign> recognise(std::span<const std::byte> bytes) {
  if (bytes.empty()) return std::nullopt;
  const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (const Magic& magic : kMagics)
    if (all.size() > magic.at && all.substr(magic.at).starts_with(magic.bytes)) return magic.is;
  if (all.size() > 2 && all[0] == '\x80' && all[1] >= 2 && all[1] <= 5)
    return Foreign{"a pickle of Python", "never open pickles of strangers; " + std::string(kSaveInKeras)};
  if (is_safetensors(all)) return Foreign{"a safetensors file, which holds weights but no model", kNotFromKeras};
  if (is_checkpoint_index(all)) return kCheckpoint;
  if (auto text = recognise_text(all)) return text;
  return recognise_proto(all);
}

std::optional<Foreign> recognise_archive(const std::vector<std::string>& members) {
  for (const std::string& member : members) {
    const std::string name = base_name(member);
    if (name == "data.pkl" || name == "constants.pkl") return kPyTorch;
    if (name == "saved_model.pb") return Foreign{"a zipped SavedModel of TensorFlow", kSaveInKeras};
    if (name == "config.json" || is_model_name(name))
      return Foreign{fmt::format("a zip archive that holds '{}'", member), kUnpack};
  }
  if (!members.empty() && std::ranges::all_of(members, [](const auto& name) { return text::ends_with(name, ".npy"); }))
    return Foreign{"an archive of NumPy's arrays (.npz)", kInput};
  return std::nullopt;
}

std::optional<Foreign> recognise_folder(const std::vector<std::string>& files) {
  const auto has = [&](const char* name) { return std::ranges::find(files, name) != files.end(); };
  if (has("saved_model.pb")) return Foreign{"a SavedModel folder of TensorFlow", kSaveInKeras};
  if (has("model.weights.h5"))
    return Foreign{"a folder with 'model.weights.h5' but without 'config.json'", "unpack the whole .keras file"};
  for (const std::string& file : files)
    if (text::ends_with(file, ".index") && has((file.substr(0, file.size() - 6) + ".data-00000-of-00001").c_str()))
      return kCheckpoint;
  std::vector<std::string> models;
  for (const std::string& file : files)
    if (is_model_name(file)) models.push_back(file);
  if (models.empty()) return std::nullopt;
  std::ranges::sort(models);
  const std::size_t shown = std::min<std::size_t>(models.size(), 4);
  return Foreign{"a folder",
                 fmt::format("give a file in it: {}{}",
                             text::join({models.begin(), models.begin() + static_cast<std::ptrdiff_t>(shown)}, ", "),
                             models.size() > shown ? ", .." : "")};
}

}  // namespace kerascope
