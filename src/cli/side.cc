#include "cli/side.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "base/file.h"
#include "base/text.h"
#include "export/npz.h"
#include "formats/open.h"
#include "formats/weights.h"
#include "formats/zip.h"
#include "inputs/array.h"
#include "inputs/npy_header.h"
#include "kerascope/error.h"
#include "layers/assemble_open.h"

namespace kerascope::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kNpy = ".npy";

std::string without_extension(const std::string& name) { return name.substr(0, name.size() - kNpy.size()); }

/// "conv10" after "conv2": runs of digits compare as numbers.
bool comes_before(const std::string& one, const std::string& other) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::size_t i = 0, j = 0;
  while (i < one.size() && j < other.size()) {
    if (!is_digit(one[i]) || !is_digit(other[j])) {
      if (one[i] != other[j]) return one[i] < other[j];
      ++i, ++j;
      continue;
    }
    const auto run = [&](const std::string& text, std::size_t& at) {
      while (at < text.size() && text[at] == '0') ++at;
      const std::size_t begin = at;
      while (at < text.size() && is_digit(text[at])) ++at;
      return text.substr(begin, at - begin);
    };
    const std::string a = run(one, i), b = run(other, j);
    if (a != b) return a.size() != b.size() ? a.size() < b.size() : a < b;
  }
  if (i < one.size() || j < other.size()) return j < other.size();
  return one < other;
}

void sort_by_name(std::vector<api::Side::Entry>& entries) {
  std::ranges::sort(entries, comes_before, &api::Side::Entry::address);
}

Tensor tensor_of(std::span<const std::byte> bytes, const std::string& place) {
  try {
    return parse_npy(bytes).tensor;
  } catch (const Error& error) {
    throw error.inside(place);
  }
}

api::Side side_of_folder(const fs::path& folder) {
  api::Side side{.order = api::Side::Order::kByName};
  for (const auto& entry : fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied)) {
    if (!entry.is_regular_file() || entry.path().extension() != kNpy) continue;
    const std::string path = entry.path(), name = entry.path().lexically_relative(folder).generic_string();
    side.entries.push_back({.address = address_from_file_name(without_extension(name)), .axes = "", .tensor = [=] {
                              return tensor_of(MappedFile::open(path)->bytes(), path);
                            }});
  }
  sort_by_name(side.entries);
  return side;
}

api::Side side_of_archive(const std::shared_ptr<const MappedFile>& file) {
  api::Side side;
  const auto archive = std::make_shared<ZipArchive>(ZipArchive::open(file));
  for (const std::string& name : archive->names()) {
    if (!text::ends_with(name, kNpy)) continue;
    side.entries.push_back({.address = without_extension(name), .axes = "", .tensor = [=] {
                              const ZipArchive::Member member = archive->member(name);
                              return tensor_of(std::as_bytes(std::span(member.text())),
                                               "'" + name + "' in " + file->name());
                            }});
  }
  return side;
}

/// A pattern without a slash matches the last part of an address, as elsewhere.
bool is_chosen(const std::string& address, const std::string& pattern) {
  const auto slash = address.rfind('/');
  return text::matches(pattern, address) || (pattern.find('/') == pattern.npos && slash != address.npos &&
                                             text::matches(pattern, address.substr(slash + 1)));
}

void keep_chosen(api::Side& side, const std::vector<std::string>& layers) {
  std::vector<std::string> patterns, addresses;
  for (const api::Side::Entry& entry : side.entries) addresses.push_back(entry.address);
  for (const std::string& request : layers) {
    const bool is_address = std::find(addresses.begin(), addresses.end(), request) != addresses.end();
    for (const std::string& pattern : is_address ? std::vector{request} : text::split(request, ',')) {
      patterns.push_back(pattern);
      if (std::none_of(addresses.begin(), addresses.end(),
                       [&](const auto& address) { return address == pattern || is_chosen(address, pattern); }))
        throw Error({.code = "layer-not-found",
                     .what = fmt::format("no array is named '{}'", pattern),
                     .where = side.name,
                     .because = "arrays are chosen by their names or by patterns such as 'conv*'",
                     .hint = text::did_you_mean(pattern, addresses)});
    }
  }
  std::erase_if(side.entries, [&](const api::Side::Entry& entry) {
    return std::none_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
      return entry.address == pattern || is_chosen(entry.address, pattern);
    });
  });
}

/// "conv2d_1" for "layers/conv2d_1", "base/dense" for "layers/base/layers/dense".
std::string without_containers(const std::string& group) {
  std::vector<std::string> parts = text::split(group, '/');
  std::erase_if(parts,
                [](const std::string& part) { return part == "layers" || part == "_layer_checkpoint_dependencies"; });
  return text::join(parts, "/");
}

}  // namespace

bool holds_arrays(const std::string& path) {
  std::error_code ignored;
  if (path != "-" && fs::is_directory(path, ignored)) return !fs::exists(fs::path(path) / "saved_model.pb", ignored);
  const auto file = MappedFile::open(path);
  if (!ZipArchive::recognises(file->bytes())) return is_npy(file->bytes());
  return !ZipArchive::open(file).has("config.json");
}

api::Side side_of_arrays(const std::string& path, const std::vector<std::string>& layers) {
  std::error_code ignored;
  api::Side side;
  if (path != "-" && fs::is_directory(path, ignored)) {
    side = side_of_folder(path);
  } else if (const auto file = MappedFile::open(path); ZipArchive::recognises(file->bytes())) {
    side = side_of_archive(file);
  } else {
    side.entries.push_back(
        {.address = "array", .axes = "", .tensor = [=] { return tensor_of(file->bytes(), file->name()); }});
  }
  side.name = path;
  api::put_insides_first(side.entries);
  if (side.entries.empty())
    throw Error({.code = "array-invalid",
                 .what = "there is no array (.npy) in it",
                 .where = path,
                 .hint = "`kerascope capture MODEL INPUT -o out.npz` writes all layers' outputs"});
  if (!layers.empty()) keep_chosen(side, layers);
  return side;
}

bool holds_only_weights(const std::string& path) {
  const auto file = MappedFile::open(path);
  return is_hdf5(file->bytes()) && !Hdf5File::open(file, 0, file->size(), file->name()).text("/", "model_config");
}

api::Side side_of_weights(const Request& request, const std::string& name) {
  const ModelData model = read_model(request);
  const Assembly assembly = assemble_open(model).assembly;
  for (const std::string& line : assembly.notes) note(request, "note", line);
  return {.name = name,
          .entries = api::weight_entries(model, assembly, request.layers),
          .order = api::Side::Order::kAsComputed};
}

api::Side side_of_weights_file(const std::string& path, const std::vector<std::string>& layers) {
  api::Side side{.name = path};
  const WeightsFile file = open_weights(path);
  const auto add = [&](const std::string& address, const StoredWeight& weight) {
    side.entries.push_back({.address = address, .axes = "", .tensor = weight.read});
  };
  if (file.is_by_layer) {
    for (const StoredLayer& layer : file.layers)
      for (const StoredWeight& weight : layer.weights) add(api::address_of_stored(layer.name, weight.name), weight);
  } else {
    side.order = api::Side::Order::kByName;
    for (const std::string& place : weight_paths(*file.hdf5)) {
      const auto vars = place.rfind("/vars/");
      const std::string group = place.substr(0, vars), number = place.substr(vars + 6);
      const auto named = file.hdf5->text("/" + group + "/vars", "name");
      add(named.value_or(without_containers(group)) + "/" + number, file.hdf5->stored("/" + place, place));
    }
  }
  if (side.order == api::Side::Order::kByName) sort_by_name(side.entries);
  if (!layers.empty()) keep_chosen(side, layers);
  return side;
}

RunSide side_of_run(const Request& request, const std::string& name) {
  PreparedRun prepared = prepare_run(request, /*with_outputs=*/!request.quiet);
  const CompiledFunction::Result result = run(request, prepared);
  RunSide side{.side = {.name = name, .entries = {}, .order = api::Side::Order::kAsComputed},
               .is_partial = tell_skipped(request, prepared.fed(), prepared.batch.skipped()),
               .predictions = prediction_lines(request, prepared, result.outputs),
               .prediction_json = prediction_json(request, prepared, result.outputs)};
  for (const std::size_t place : prepared.function().order_of_computation()) {
    const Activation& activation = result.activations[place];
    side.side.entries.push_back({.address = activation.address,
                                 .axes = activation.axes,
                                 .tensor = [tensor = activation.tensor] { return tensor; },
                                 .assumes = activation.assumes});
  }
  return side;
}

}  // namespace kerascope::cli
