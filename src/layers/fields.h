// Reads a layer's struct from its config and writes it back, by one list of keys per layer. Errors name the key.
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

/// A `fields` function is one template for reading and writing: its parameter is `of<ReLU> auto& layer`.
template <typename T, typename L>
concept of = std::same_as<std::remove_cvref_t<T>, L>;

/// The same for a layer of any number of spatial axes: `of_rank<MaxPooling> auto& layer`.
template <typename T, template <int> typename L>
concept of_rank = requires(std::remove_cvref_t<T> layer) {
  []<int Rank>(const L<Rank>&) {}(layer);
};

template <typename E>
concept Enumeration = std::is_enum_v<E>;

/// Keras's names for an enumeration's values, in the order of the values.
std::span<const std::string_view> names_of(layers::Padding);
std::span<const std::string_view> names_of(layers::SequencePadding);
std::span<const std::string_view> names_of(layers::DataFormat);
std::span<const std::string_view> names_of(Interpolation);

/// For a hint, the keys of a layer's whole config: "it has activation, units"; "it has none".
std::string arguments_text(const Json& config);

class FieldReader {
 public:
  FieldReader(const LayerData& layer, int keras_major) : layer_(layer), keras_major_(keras_major) {}

  /// A key that may be missing; the member then keeps its default. null counts as missing.
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
  /// One axis or several; a single axis is a plain number in the file.
  void axes(const char* key, std::vector<std::int64_t>& value) { (*this)(key, value); }
  /// The same for a key where null means "no axes", while a missing key means the default.
  void axes_or_none(const char* key, std::vector<std::int64_t>& value) {
    (*this)(key, value);
    if (has(key) && raw(key).is_null()) value.clear();
  }
  /// For a key where null (Keras's None) is a value of its own, while a missing key means the default.
  template <typename T>
  void or_none(const char* key, std::optional<T>& value) {
    (*this)(key, value);
    if (has(key) && raw(key).is_null()) value.reset();
  }
  /// A single axis; tf.keras 1 and 2 write some as a list of one.
  void single_axis(const char* key, std::int64_t& value);
  /// Numbers; a single one is not in a list.
  void one_or_many(const char* key, std::vector<float>& value) { (*this)(key, value); }

  /// A key that has no influence on the output: only training or Keras's own book-keeping reads it.
  void ignored(const char* key) { known_.insert(key); }
  /// The key's value as the file has it; null if it is missing.
  const Json& raw(const char* key) {
    static const Json kNull;
    const Json* found = take(key);
    return found ? *found : kNull;
  }
  /// True also if the key's value is null.
  bool has(const char* key) const { return layer_.config.is_object() && layer_.config.contains(key); }
  int keras_major() const { return keras_major_; }

  /// The config's keys that no field asked for, except those that every layer has.
  std::vector<std::string> unknown() const;
  /// One sentence for each of them.
  std::vector<std::string> notes() const;
  /// @throws Error{config-type}: "the key is `found`, not `wanted`"
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
  /// One number, one per axis, or a pair per axis. If there is a single axis: a number or a pair.
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
/// Nothing here is inline: code that makes JSON would double the time that each layer's file takes to compile.
class FieldWriter {
 public:
  explicit FieldWriter(std::string_view class_name);
  ~FieldWriter();

  Json config;
  /// Set if an activation's config has arguments that Keras would refuse. Files may hold such a config, code may not.
  std::optional<Error> unknown;

  template <typename T>
  void operator()(const char* key, const T& value) {
    put(key, value);
  }
  template <typename T>
  void required(const char* key, const T& value) {
    put(key, value);
    put_list_if_null(key);
  }
  template <typename T>
  void formerly(const char*, const T&) {}
  void axes(const char* key, const std::vector<std::int64_t>& value);
  void axes_or_none(const char* key, const std::vector<std::int64_t>& value);
  void one_or_many(const char* key, const std::vector<float>& value);
  void single_axis(const char* key, std::int64_t value) { put(key, value); }
  template <typename T>
  void or_none(const char* key, const std::optional<T>& value) {
    put(key, value);
  }
  void ignored(const char*) {}
  bool has(const char*) const { return false; }
  const Json& raw(const char*) const;

 private:
  void put(const char* key, bool value);
  void put(const char* key, std::int64_t value);
  void put(const char* key, float value);
  void put(const char* key, const layers::ActivationFunction& value);
  void put(const char* key, const layers::LayerConfig& value);
  void put(const char* key, const std::string& value);
  template <Enumeration E>
  void put(const char* key, E value) {
    put_name(key, static_cast<std::int64_t>(value), names_of(value));
  }
  void put_name(const char* key, std::int64_t number, std::span<const std::string_view> names);
  template <std::size_t Rank>
  void put(const char* key, const std::array<std::int64_t, Rank>& value) {
    put_sizes(key, value);
  }
  void put_sizes(const char* key, std::span<const std::int64_t> sizes);
  template <int Rank>
  void put(const char* key, const layers::Borders<Rank>& value) {
    put_borders(key, value);
  }
  void put_borders(const char* key, std::span<const layers::Border> borders);
  template <typename T>
  void put(const char* key, const std::optional<T>& value) {
    value ? put(key, *value) : put_null(key);
  }
  void put_null(const char* key);
  /// An empty list counts as not given: null.
  void put(const char* key, const std::vector<std::int64_t>& values);
  void put(const char* key, const std::vector<std::optional<std::int64_t>>& values);
  void put(const char* key, const std::vector<float>& values);
  void put(const char* key, const std::vector<std::string>& values);
  void put(const char* key, const std::vector<layers::LayerConfig>& values);
  void put_list_if_null(const char* key);

  Json written(float value) const;
  Json written(const layers::LayerConfig& value) const;
  Error error(const std::string& what, const std::string& hint = "") const;

  std::string_view class_name_;
  const char* key_ = "";
};

}  // namespace kerascope
