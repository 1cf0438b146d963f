#include "layers/fields.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "base/text.h"
#include "layers/registry.h"
#include "model/class_description.h"
#include "model/json.h"

namespace kerascope {
namespace {

/// Keys that every layer may have, and keys that only training reads.
bool belongs_to_every_layer(const std::string& key) {
  static const std::set<std::string> kKeys = {
      "name",      "trainable",    "dtype",       "batch_input_shape",    "batch_shape", "input_shape",
      "input_dim", "input_length", "input_dtype", "activity_regularizer", "autocast",    "batch_size",
      "sparse",    "ragged"};
  return kKeys.count(key) || text::ends_with(key, "_initializer") || text::ends_with(key, "_regularizer") ||
         text::ends_with(key, "_constraint");
}

constexpr std::string_view kPaddings[] = {"valid", "same", "causal"};
constexpr std::string_view kDataFormats[] = {"channels_last", "channels_first"};

}  // namespace

std::span<const std::string_view> names_of(layers::Padding) { return std::span(kPaddings).first(2); }
std::span<const std::string_view> names_of(layers::SequencePadding) { return kPaddings; }
std::span<const std::string_view> names_of(layers::DataFormat) { return kDataFormats; }
std::span<const std::string_view> names_of(Interpolation) { return kInterpolationNames; }

const Json* FieldReader::take(const char* key) {
  known_.insert(key);
  if (!layer_.config.is_object()) return nullptr;
  const auto found = layer_.config.find(key);
  return found == layer_.config.end() ? nullptr : &*found;
}

std::vector<std::string> FieldReader::unknown() const {
  std::vector<std::string> keys;
  if (layer_.config.is_object())
    for (const auto& [key, value] : layer_.config.items())
      if (!known_.count(key) && !belongs_to_every_layer(key)) keys.push_back(key);
  return keys;
}

std::string arguments_text(const Json& config) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : config.items()) keys.push_back(key);
  return keys.empty() ? "it has none" : "it has " + text::join(keys, ", ");
}

std::vector<std::string> FieldReader::notes() const {
  std::vector<std::string> notes;
  for (const std::string& key : unknown())
    notes.push_back(
        fmt::format("'{}' of layer '{}' ({}) is not known and was passed over", key, layer_.name, layer_.class_name));
  return notes;
}

void FieldReader::fail(const char* key, const Json& found, const std::string& wanted) const {
  std::string shown = json_text(found);
  if (shown.size() > 60) shown = shown.substr(0, 57) + "...";
  throw Error(
      {.code = "config-type",
       .what = fmt::format("'{}' of layer '{}' ({}) is {}, not {}", key, layer_.name, layer_.class_name, shown, wanted),
       .where = layer_.place});
}

void FieldReader::fail_missing(const char* key) const {
  throw Error({.code = "config-missing",
               .what = fmt::format("layer '{}' ({}) has no '{}', which it needs", layer_.name, layer_.class_name, key),
               .where = layer_.place});
}

void FieldReader::read(const Json& json, const char* key, bool& value) const {
  // Old files hold 0 and 1 for some bools.
  if (json.is_number_integer() && (json == 0 || json == 1))
    value = json == 1;
  else if (json.is_boolean())
    value = json.get<bool>();
  else
    fail(key, json, "true or false");
}

void FieldReader::read(const Json& json, const char* key, float& value) const {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  // Keras saves NumPy's numbers as {"type": "ndarray", ...} or {"value": x, "dtype": ..}.
  if (json.is_number())
    value = json.get<float>();
  else if (json == "Infinity")
    value = kInfinity;
  else if (json == "-Infinity")
    value = -kInfinity;
  else if (json == "NaN")
    value = std::nanf("");
  else if (json.is_object() && json.contains("config") && json["config"].is_object() &&
           json["config"].contains("value") && json["config"]["value"].is_number())
    value = json["config"]["value"].get<float>();
  else
    fail(key, json, "a number");
}

void FieldReader::read(const Json& json, const char* key, std::int64_t& value) const {
  constexpr std::int64_t kMost = std::int64_t{1} << 40;
  if (json.is_number_float() && json.get<double>() == std::floor(json.get<double>()) &&
      std::abs(json.get<double>()) < static_cast<double>(kMost))
    value = static_cast<std::int64_t>(json.get<double>());
  else if (json.is_number_integer())
    value = json.get<std::int64_t>();
  else
    fail(key, json, "a whole number");
  if (value > kMost || value < -kMost) fail(key, json, "a sensible size");
}

std::size_t FieldReader::read_name(const Json& json, const char* key, std::span<const std::string_view> names) const {
  const auto found = std::ranges::find_if(names, [&](std::string_view name) { return json == name; });
  if (found == names.end()) fail(key, json, fmt::format("one of {}", fmt::join(names, ", ")));
  return static_cast<std::size_t>(found - names.begin());
}

void FieldReader::read(const Json& json, const char* key, layers::ActivationFunction& value) const {
  if (json.is_string()) {
    value = {.name = json.get<std::string>(), .config = ""};
  } else if (json.is_object() && text_or(json, "class_name", "") == "function") {
    value = {.name = text_or(json, "registered_name", ""), .config = ""};
    if (value.name.empty() || member(json, "config").is_string()) value.name = text_or(json, "config", "");
  } else if (json.is_object() && json.contains("class_name") && json["class_name"].is_string()) {
    value = {.name = json["class_name"].get<std::string>(), .config = member(json, "config").dump()};
  } else {
    fail(key, json, "the name of an activation");
  }
}

void FieldReader::read(const Json& json, const char* key, layers::LayerConfig& value) const {
  const Json& config = member(json, "config");
  if (!config.is_object() || !member(json, "class_name").is_string()) fail(key, json, "a layer");
  value = layers::LayerConfig(class_name_of(json), config.dump());
  value.module = text_or(json, "module", "");
  value.name = text_or(config, "name", "");
}

void FieldReader::read(const Json& json, const char* key, std::vector<layers::LayerConfig>& value) const {
  value.clear();
  if (!json.is_array()) fail(key, json, "a list of layers");
  for (const Json& item : json) read(item, key, value.emplace_back());
}

void FieldReader::read(const Json& json, const char* key, std::string& value) const {
  if (!json.is_string()) fail(key, json, "a text");
  value = json.get<std::string>();
}

void FieldReader::read(const Json& json, const char* key, std::vector<std::string>& value) const {
  value.clear();
  if (!json.is_array()) fail(key, json, "a list of texts");
  for (const Json& item : json) read(item, key, value.emplace_back());
}

void FieldReader::read_sizes(const Json& json, const char* key, std::span<std::int64_t> sizes) const {
  std::vector<std::int64_t> given;
  if (json.is_number() || json.is_array()) read(json, key, given);
  if (given.size() == 1) given.resize(sizes.size(), given[0]);
  if (given.size() != sizes.size())
    fail(key, json, sizes.size() == 1 ? "a whole number" : fmt::format("one or {} whole numbers", sizes.size()));
  std::copy(given.begin(), given.end(), sizes.begin());
}

void FieldReader::read(const Json& json, const char* key, std::vector<float>& value) const {
  value.clear();
  // A list may be nested: an array that has axes of size 1 beside the axis of its numbers.
  std::function<void(const Json&)> gather = [&](const Json& item) {
    if (item.is_array())
      for (const Json& inner : item) gather(inner);
    else
      read(item, key, value.emplace_back());
  };
  if (json.is_object() && member(member(json, "config"), "value").is_array())
    gather(json["config"]["value"]);
  else
    gather(json);
}

void FieldReader::read(const Json& json, const char* key, std::vector<std::int64_t>& value) const {
  value.clear();
  if (json.is_array())
    for (const Json& item : json) read(item, key, value.emplace_back());
  else
    read(json, key, value.emplace_back());
}

void FieldReader::read(const Json& json, const char* key, std::vector<std::optional<std::int64_t>>& value) const {
  value.clear();
  if (json.is_number_integer()) return read(json, key, value.emplace_back().emplace());
  if (!json.is_array()) fail(key, json, "a list of sizes");
  for (const Json& item : json) {
    value.emplace_back();
    if (!item.is_null()) read(item, key, value.back().emplace());
  }
}

void FieldReader::read_borders(const Json& json, const char* key, std::span<layers::Border> borders) const {
  const auto border = [&](const Json& ends) {
    std::array<std::int64_t, 2> numbers;
    read(ends, key, numbers);
    return layers::Border(numbers[0], numbers[1]);
  };
  if (json.is_number() || (borders.size() == 1 && json.is_array() && json.size() == 2)) {
    std::ranges::fill(borders, border(json));
  } else if (json.is_array() && json.size() == borders.size()) {
    std::ranges::transform(json, borders.begin(), border);
  } else {
    fail(key, json, borders.size() == 1 ? "one number or two" : "one number, one for each axis, or a pair for each");
  }
}

void FieldReader::single_axis(const char* key, std::int64_t& value) {
  std::vector<std::int64_t> axes = {value};
  (*this)(key, axes);
  if (axes.size() != 1) fail(key, raw(key), "one axis");
  value = axes[0];
}

FieldWriter::FieldWriter(std::string_view class_name) : config(Json::object()), class_name_(class_name) {}
FieldWriter::~FieldWriter() = default;

void FieldWriter::axes(const char* key, const std::vector<std::int64_t>& value) {
  config[key] = value.size() == 1 ? Json(value[0]) : Json(value);
}

void FieldWriter::axes_or_none(const char* key, const std::vector<std::int64_t>& value) {
  axes(key, value);
  if (value.empty()) config[key] = nullptr;
}

void FieldWriter::one_or_many(const char* key, const std::vector<float>& value) {
  value.size() == 1 ? put(key, value[0]) : put(key, value);
}

const Json& FieldWriter::raw(const char*) const {
  static const Json kNull;
  return kNull;
}

/// The shortest decimal number that is read back as this float, as Python would write it: 0.3, not 0.30000001192092896.
Json FieldWriter::written(float value) const {
  if (!std::isfinite(value)) throw error(fmt::format("is {}, not a finite number", value));
  return Json::parse(fmt::format("{}", value));
}

Json FieldWriter::written(const layers::LayerConfig& value) const {
  Json held = Json::parse(value.config, nullptr, false);
  if (!held.is_object()) throw error(fmt::format("has the config '{}', not a JSON object", value.config));
  if (!value.name.empty()) held["name"] = value.name;
  Json json = described_class(value.class_name, value.module);
  json["config"] = std::move(held);
  return json;
}

void FieldWriter::put(const char* key, bool value) { config[key] = value; }
void FieldWriter::put(const char* key, std::int64_t value) { config[key] = value; }
void FieldWriter::put(const char* key, const std::string& value) { config[key] = value; }

void FieldWriter::put(const char* key, float value) {
  key_ = key;
  config[key] = written(value);
}

void FieldWriter::put(const char* key, const layers::LayerConfig& value) {
  key_ = key;
  config[key] = written(value);
}

void FieldWriter::put(const char* key, const layers::ActivationFunction& value) {
  key_ = key;
  if (value.config.empty()) {
    config[key] = value.name;
    return;
  }
  LayerData layer;
  layer.name = key;
  layer.class_name = value.name;
  layer.config = Json::parse(value.config, nullptr, false);
  if (!layer.config.is_object()) throw error(fmt::format("has the config '{}', not a JSON object", value.config));
  if (const LayerType* type = find_layer_type(value.name)) {
    FieldReader fields(layer, /*keras_major=*/3);
    const Json today = type->today(fields);
    for (const std::string& name : fields.unknown())
      unknown = error(fmt::format("gives {} the argument '{}', which it does not have", value.name, name),
                      arguments_text(today));
  }
  config[key] = {
      {"module", "keras.layers"}, {"class_name", value.name}, {"config", layer.config}, {"registered_name", nullptr}};
}

void FieldWriter::put_name(const char* key, std::int64_t number, std::span<const std::string_view> names) {
  key_ = key;
  if (number < 0 || number >= std::ssize(names))
    throw error(fmt::format("is enumerator {}, not one of {}", number, fmt::join(names, ", ")));
  config[key] = names[static_cast<std::size_t>(number)];
}

void FieldWriter::put_sizes(const char* key, std::span<const std::int64_t> sizes) {
  config[key] = std::vector(sizes.begin(), sizes.end());
}

void FieldWriter::put_borders(const char* key, std::span<const layers::Border> borders) {
  Json pairs = Json::array();
  for (const layers::Border& border : borders) pairs.push_back({border.before, border.after});
  config[key] = borders.size() == 1 ? pairs[0] : pairs;
}

void FieldWriter::put_null(const char* key) { config[key] = nullptr; }

void FieldWriter::put_list_if_null(const char* key) {
  if (config[key].is_null()) config[key] = Json::array();
}

void FieldWriter::put(const char* key, const std::vector<std::int64_t>& values) {
  config[key] = values.empty() ? Json() : Json(values);
}

void FieldWriter::put(const char* key, const std::vector<std::string>& values) {
  config[key] = values.empty() ? Json() : Json(values);
}

void FieldWriter::put(const char* key, const std::vector<std::optional<std::int64_t>>& values) {
  Json list;
  for (const auto& value : values) list.push_back(value ? Json(*value) : Json());
  config[key] = std::move(list);
}

void FieldWriter::put(const char* key, const std::vector<float>& values) {
  key_ = key;
  Json list;
  for (const float value : values) list.push_back(written(value));
  config[key] = std::move(list);
}

void FieldWriter::put(const char* key, const std::vector<layers::LayerConfig>& values) {
  key_ = key;
  Json list;
  for (const layers::LayerConfig& value : values) list.push_back(written(value));
  config[key] = std::move(list);
}

Error FieldWriter::error(const std::string& what, const std::string& hint) const {
  return Error({.code = "config-type", .what = fmt::format("'{}' of a {} {}", key_, class_name_, what), .hint = hint});
}

}  // namespace kerascope
