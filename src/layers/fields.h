// A layer's config and its struct: one list of keys a layer reads and writes it; errors name the key.
#pragma once

#include <concepts>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "kerascope/error.h"
#include "kerascope/layers/common.h"
#include "model/model.h"

namespace kerascope {

/// A `fields` function serves reading and writing through one template: `of<ReLU> auto& layer`.
template <typename T, typename L>
concept of = std::same_as<std::remove_cvref_t<T>, L>;

/// The same for a layer of any number of spatial axes: `of_rank<MaxPooling> auto& layer`.
template <typename T, template <int> typename L>
concept of_rank = requires(std::remove_cvref_t<T> layer) {
  []<int Rank>(const L<Rank>&) {}(layer);
};

template <typename E>
concept Enumeration = std::is_enum_v<E>;

/// Keras's names for an enumeration's values, in their order.
std::span<const std::string_view> names_of(layers::Padding);
std::span<const std::string_view> names_of(layers::SequencePadding);
std::span<const std::string_view> names_of(layers::DataFormat);
std::span<const std::string_view> names_of(Interpolation);

class FieldReader {
 public:
  FieldReader(const LayerData& layer, int keras_major) : layer_(layer), keras_major_(keras_major) {}

  /// A key that may be missing; the member then keeps its default. null is a missing value, too.
  template <typename T>
  void operator()(const char* key, T& value) {
    if (const Json* found = take(key); found && !found->is_null()) read(*found, key, value);
  }

  /// @throws Error{config-missing} naming the key.
  template <typename T>
  void required(const char* key, T& value) {
    const Json* found = take(key);
    if (!found || found->is_null()) fail_missing(key);
    read(*found, key, value);
  }

  /// A name that only older files use.
  template <typename T>
  void formerly(const char* key, T& value) {
    (*this)(key, value);
  }
  /// One axis or several; what is one axis is a plain number in the file.
  void axes(const char* key, std::vector<std::int64_t>& value) { (*this)(key, value); }
  /// The same where null means none at all, unlike a missing key.
  void axes_or_none(const char* key, std::vector<std::int64_t>& value) {
    (*this)(key, value);
    if (has(key) && raw(key).is_null()) value.clear();
  }
  /// Keras's None is a value of its own, unlike a missing key.
  template <typename T>
  void or_none(const char* key, std::optional<T>& value) {
    (*this)(key, value);
    if (has(key) && raw(key).is_null()) value.reset();
  }
  /// A single axis; tf.keras 1 and 2 write some as a list of one.
  void single_axis(const char* key, std::int64_t& value);
  /// Numbers; a single one is written without its list.
  void one_or_many(const char* key, std::vector<float>& value) { (*this)(key, value); }

  /// A key of training or of Keras's own book-keeping, without influence on the output.
  void ignored(const char* key) { known_.insert(key); }
  /// The key's value as it stands; null if it is missing.
  const Json& raw(const char* key) {
    static const Json kNull;
    const Json* found = take(key);
    return found ? *found : kNull;
  }
  /// True also where the key's value is null.
  bool has(const char* key) const { return layer_.config.is_object() && layer_.config.contains(key); }
  int keras_major() const { return keras_major_; }

  /// Keys that no field asked for, apart from those that every layer has.
  std::vector<std::string> unknown() const;
  /// The same as sentences.
  std::vector<std::string> notes() const;
  /// @throws Error{config-type}: the key has `found`, where `wanted` is due.
  [[noreturn]] void fail(const char* key, const Json& found, const std::string& wanted) const;

 private:
  const Json* take(const char* key);
  [[noreturn]] void fail_missing(const char* key) const;

  void read(const Json& json, const char* key, bool& value) const;
  void read(const Json& json, const char* key, float& value) const;
  void read(const Json& json, const char* key, std::int64_t& value) const;
  void read(const Json& json, const char* key, layers::ActivationFunction& value) const;
  void read(const Json& json, const char* key, layers::LayerConfig& value) const;
  void read(const Json& json, const char* key, std::vector<layers::LayerConfig>& value) const;
  void read(const Json& json, const char* key, std::string& value) const;
  void read(const Json& json, const char* key, std::vector<std::string>& value) const;
  template <Enumeration E>
  void read(const Json& json, const char* key, E& value) const {
    value = static_cast<E>(read_name(json, key, names_of(value)));
  }
  std::size_t read_name(const Json& json, const char* key, std::span<const std::string_view> names) const;
  /// One number stands for all axes.
  template <std::size_t Rank>
  void read(const Json& json, const char* key, std::array<std::int64_t, Rank>& value) const {
    read_sizes(json, key, value);
  }
  void read_sizes(const Json& json, const char* key, std::span<std::int64_t> sizes) const;
  void read(const Json& json, const char* key, std::vector<float>& value) const;
  void read(const Json& json, const char* key, std::vector<std::int64_t>& value) const;
  void read(const Json& json, const char* key, std::vector<std::optional<std::int64_t>>& value) const;
  /// One number, one for each axis, or a pair for each; for a single axis a number or a pair.
  template <int Rank>
  void read(const Json& json, const char* key, layers::Borders<Rank>& value) const {
    read_borders(json, key, value);
  }
  void read_borders(const Json& json, const char* key, std::span<layers::Border> borders) const;
  template <typename T>
  void read(const Json& json, const char* key, std::optional<T>& value) const {
    read(json, key, value.emplace());
  }

  const LayerData& layer_;
  int keras_major_;
  std::set<std::string> known_;
};

/// Writes a layer's config as Keras 3 does. @throws Error{config-type} for a value that no config can hold
class FieldWriter {
 public:
  explicit FieldWriter(std::string_view class_name) : class_name_(class_name) {}

  Json config = Json::object();
  /// What is wrong with an activation's config where Keras would not know what it says; files may hold that.
  std::optional<Error> unknown;

  template <typename T>
  void operator()(const char* key, const T& value) {
    key_ = key;
    config[key] = written(value);
  }
  template <typename T>
  void required(const char* key, const T& value) {
    (*this)(key, value);
    if (config[key].is_null()) config[key] = Json::array();
  }
  template <typename T>
  void formerly(const char*, const T&) {}
  void axes(const char* key, const std::vector<std::int64_t>& value) {
    config[key] = value.size() == 1 ? Json(value[0]) : Json(value);
  }
  void axes_or_none(const char* key, const std::vector<std::int64_t>& value) {
    axes(key, value);
    if (value.empty()) config[key] = nullptr;
  }
  void one_or_many(const char* key, const std::vector<float>& value) {
    value.size() == 1 ? (*this)(key, value[0]) : (*this)(key, value);
  }
  void single_axis(const char* key, std::int64_t value) { config[key] = value; }
  template <typename T>
  void or_none(const char* key, const std::optional<T>& value) {
    (*this)(key, value);
  }
  void ignored(const char*) {}
  bool has(const char*) const { return false; }
  Json raw(const char*) const { return nullptr; }

 private:
  Json written(bool value) const { return value; }
  Json written(std::int64_t value) const { return value; }
  Json written(float value) const;
  Json written(const layers::ActivationFunction& value);
  Json written(const layers::LayerConfig& value) const;
  Json written(const std::string& value) const { return value; }
  template <Enumeration E>
  Json written(E value) const {
    const auto names = names_of(value);
    const auto number = static_cast<std::int64_t>(value);
    if (number < 0 || number >= std::ssize(names)) fail_enumerator(number, names);
    return names[static_cast<std::size_t>(number)];
  }
  template <std::size_t Rank>
  Json written(const std::array<std::int64_t, Rank>& value) const {
    return value;
  }
  Json written(const layers::Border& value) const { return {value.before, value.after}; }
  template <int Rank>
  Json written(const layers::Borders<Rank>& value) const {
    return Rank == 1 ? written(value[0]) : written(std::vector(value.begin(), value.end()));
  }
  template <typename T>
  Json written(const std::optional<T>& value) const {
    return value ? written(*value) : Json();
  }
  /// An empty list is one that was not given.
  template <typename T>
  Json written(const std::vector<T>& values) const {
    Json list;
    for (const T& value : values) list.push_back(written(value));
    return list;
  }
  Error error(const std::string& what, const std::string& hint = "") const;
  [[noreturn]] void fail_enumerator(std::int64_t number, std::span<const std::string_view> names) const;

  std::string_view class_name_;
  const char* key_ = "";
};

}  // namespace kerascope
