// Texts or whole numbers -> numbers of buckets by their hash, or vectors of these. (..) -> (..)
#include "layers/preprocessing/encoded.h"
#include "layers/registry.h"
#include "ops/hash.h"
#include "ops/reshape.h"

namespace kerascope::layers {

std::span<const std::string_view> names_of(Discretization::Mode);

void fields(of<Hashing> auto& layer, auto&& field) {
  field.required("num_bins", layer.num_bins);
  number_or("mask_value", layer.mask_value, field);
  field("salt", layer.salt);
  field("output_mode", layer.output_mode);
  field.ignored("sparse");  // require_dense reads it
}

Outputs build(const Hashing& layer, Build& b) {
  require_dense(b, "sparse");
  b.require_at_least(1, "num_bins", layer.num_bins);
  if (layer.salt.size() > 2) b.refuse("salt", fmt::format("{} numbers", layer.salt.size()), "one or two");
  Value x = b.input();
  const bool is_text = b.graph.dtype(x) == DType::kString;
  const auto& mask = layer.mask_value;
  if (mask && is_text != std::holds_alternative<std::string>(*mask))
    b.refuse("mask_value", is_text ? "a number" : "a text", is_text ? "a text as the input" : "a number as the input");
  // Keras drops a last axis of size 1 here, and `encoded` one more.
  const Shape& shape = b.shape();
  if (layer.output_mode == Discretization::Mode::kOneHot && shape.rank() > 1 && shape[shape.rank() - 1] == 1) {
    std::vector<std::int64_t> sizes = shape.sizes();
    sizes.pop_back();
    x = ops::reshape(b.graph, x, Shape(sizes));
  }
  ops::HashOptions options = {.first = 0, .count = layer.num_bins};
  if (mask && layer.num_bins > 1) {
    options = {.first = 1, .count = layer.num_bins - 1};
    if (is_text)
      options.zero_text = std::get<std::string>(*mask);
    else
      options.zero_number = std::get<std::int64_t>(*mask);
  }
  if (!layer.salt.empty())
    options.key = {static_cast<std::uint64_t>(layer.salt.front()), static_cast<std::uint64_t>(layer.salt.back())};
  return encoded(b, ops::hashed(b.graph, x, options), layer.num_bins, layer.output_mode);
}

const Register<Hashing> registered{"Hashing"};

}  // namespace kerascope::layers
