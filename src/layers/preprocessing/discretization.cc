// Numbers -> the numbers of their bins, or vectors of these. (..) -> (..)
#include <algorithm>

#include "layers/preprocessing/encoded.h"
#include "layers/registry.h"
#include "ops/bucketize.h"
#include "ops/cast.h"

namespace kerascope::layers {

std::span<const std::string_view> names_of(Discretization::Mode) {
  static constexpr std::array<std::string_view, 4> kNames = {"int", "one_hot", "multi_hot", "count"};
  return kNames;
}

void fields(of<Discretization> auto& layer, auto&& field) {
  // Before TensorFlow 2.6 one key was either.
  if (field.raw("bins").is_number())
    field.formerly("bins", layer.num_bins);
  else
    field.formerly("bins", layer.bin_boundaries);
  field("bin_boundaries", layer.bin_boundaries);
  field("num_bins", layer.num_bins);
  field("output_mode", layer.output_mode);
  field.ignored("epsilon");  // of adapt
  field.ignored("sparse");   // require_dense reads it
}

Outputs build(const Discretization& layer, Build& b) {
  require_dense(b, "sparse");
  if (layer.bin_boundaries.empty())
    b.fail("layer-unsupported",
           fmt::format("layer '{}' ({}) has no bin_boundaries: Keras 2 does not store those that it learnt (adapt)",
                       b.layer().name, b.layer().class_name));
  if (!std::ranges::is_sorted(layer.bin_boundaries))
    b.refuse("bin_boundaries", fmt::format("[{}]", fmt::join(layer.bin_boundaries, ", ")), "ascending");
  Value bins = ops::bucketize(b.graph, b.input(), layer.bin_boundaries);
  if (b.keras_major() < 3) bins = ops::cast(b.graph, bins, DType::kInt64);
  return encoded(b, bins, std::ssize(layer.bin_boundaries) + 1, layer.output_mode);
}

const Register<Discretization> registered{"Discretization"};

}  // namespace kerascope::layers
