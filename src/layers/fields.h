// Reads a layer's config into its struct: one list of keys a layer, errors that name the key.
#pragma once

#include <concepts>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "kerascope/layers/common.h"
#include "model/model.h"

namespace kerascope {

/// A `fields` function serves reading (and, later, writing) through one template: `of<ReLU> auto& layer`.
template <typename T, typename L>
concept of = std::same_as<std::remove_cvref_t<T>, L>;

/// The same for a layer of any number of spatial axes: `of_rank<MaxPooling> auto& layer`.
template <typename T, template <int> typename L>
concept of_rank = requires(std::remove_cvref_t<T> layer) {
  []<int Rank>(const L<Rank>&) {}(layer);
};

class FieldReader {
 public:
  FieldReader(const Layer& layer, int keras_major) : layer_(layer), keras_major_(keras_major) {}

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
  /// @throws Error{config-type}: the key has `found`, where `wanted` is due.
  [[noreturn]] void fail(const char* key, const Json& found, const std::string& wanted) const;

 private:
  const Json* take(const char* key);
  [[noreturn]] void fail_missing(const char* key) const;

  void read(const Json& json, const char* key, bool& value) const;
  void read(const Json& json, const char* key, float& value) const;
  void read(const Json& json, const char* key, std::int64_t& value) const;
  void read(const Json& json, const char* key, layers::Padding& value) const;
  void read(const Json& json, const char* key, layers::SequencePadding& value) const;
  void read(const Json& json, const char* key, layers::DataFormat& value) const;
  void read(const Json& json, const char* key, Interpolation& value) const;
  void read(const Json& json, const char* key, layers::ActivationFunction& value) const;
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
  template <std::size_t Rank>
  void read(const Json& json, const char* key, std::array<std::array<std::int64_t, 2>, Rank>& value) const {
    read_borders(json, key, value);
  }
  void read_borders(const Json& json, const char* key, std::span<std::array<std::int64_t, 2>> borders) const;
  template <typename T>
  void read(const Json& json, const char* key, std::optional<T>& value) const {
    read(json, key, value.emplace());
  }

  const Layer& layer_;
  int keras_major_;
  std::set<std::string> known_;
};

}  // namespace kerascope
