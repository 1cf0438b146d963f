// Encodes whole numbers as vectors of zeros and ones, or of counts. (N, T) -> (N, num_tokens)
#include "layers/preprocessing/encoded.h"
#include "layers/registry.h"
#include "model/json.h"
#include "ops/categories.h"
#include "ops/reshape.h"

namespace kerascope::layers {

std::span<const std::string_view> names_of(CategoryMode) {
  static constexpr std::array<std::string_view, 3> kNames = {"one_hot", "multi_hot", "count"};
  return kNames;
}

void fields(of<CategoryEncoding> auto& layer, auto&& field) {
  if (field.has("max_tokens"))
    field.formerly("max_tokens", layer.num_tokens);
  else
    field.required("num_tokens", layer.num_tokens);
  if (field.raw("output_mode") == "binary")
    layer.output_mode = CategoryMode::kMultiHot;  // as Keras 2 called it
  else
    field("output_mode", layer.output_mode);
  field.ignored("sparse");  // the same numbers, stored without the zeros
}

Value encoded(Build& b, Value x, std::int64_t depth, CategoryMode mode, std::optional<Value> weights) {
  const Shape& shape = b.graph.shape(x);
  const ops::CategoriesOptions options = {.depth = depth, .counts = mode == CategoryMode::kCount};
  if (mode == CategoryMode::kOneHot) {
    // One vector per number; it replaces a last axis of size 1.
    std::vector<std::int64_t> sizes = shape.sizes();
    if (sizes.size() < 2 || sizes.back() != 1) sizes.push_back(1);
    return ops::categories(b.graph, ops::reshape(b.graph, x, Shape(sizes)), {}, options);
  }
  if (shape.rank() < 2)
    b.fail("shape-rank", fmt::format("layer '{}' ({}) needs an input with 2 axes and gets {}", b.layer().name,
                                     b.layer().class_name, shape.str()));
  // Keras joins the numbers along axis 1, even if there are more axes.
  if (weights) weights = axes_last(b, *weights, {1});
  return ops::categories(b.graph, axes_last(b, x, {1}), weights, options);
}

Outputs encoded(Build& b, Value numbers, std::int64_t depth, Discretization::Mode mode) {
  if (mode == Discretization::Mode::kInt) return b.same_axes(numbers);
  return b.usual(encoded(b, numbers, depth, static_cast<CategoryMode>(static_cast<int>(mode) - 1)));
}

void require_dense(const Build& b, const char* key) {
  const Json& given = member(b.layer().config, key);
  if (given.is_null() || given == false) return;
  if (given != true) b.refuse(key, given.dump(), "true or false");
  b.fail("layer-unsupported", fmt::format("layer '{}' ({}) gives {} tensors, and Kerascope computes dense ones only",
                                          b.layer().name, b.layer().class_name, key));
}

Outputs build(const CategoryEncoding& layer, Build& b) {
  b.require_at_least(1, "num_tokens", layer.num_tokens);
  std::optional<Value> weights;
  if (layer.output_mode == CategoryMode::kCount && b.inputs() > 1) weights = b.input(1);
  return b.usual(encoded(b, b.input(), layer.num_tokens, layer.output_mode, weights));
}

const Register<CategoryEncoding> registered{"CategoryEncoding"};

}  // namespace kerascope::layers
