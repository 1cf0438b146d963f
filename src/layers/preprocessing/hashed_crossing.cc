// The hash of a combination of inputs, texts or whole numbers. (N) or (N, 1) each -> the same shape, or vectors
#include "layers/preprocessing/encoded.h"
#include "layers/registry.h"
#include "ops/hash.h"

namespace kerascope::layers {

std::span<const std::string_view> names_of(HashedCrossing::Mode) {
  static constexpr std::array<std::string_view, 2> kNames = {"int", "one_hot"};
  return kNames;
}

void fields(of<HashedCrossing> auto& layer, auto&& field) {
  field.required("num_bins", layer.num_bins);
  field("output_mode", layer.output_mode);
  field.ignored("sparse");  // require_dense reads it
}

Outputs build(const HashedCrossing& layer, Build& b) {
  require_dense(b, "sparse");
  b.require_at_least(1, "num_bins", layer.num_bins);
  b.require_inputs(2);
  const Shape& shape = b.shape();
  if (shape.rank() > 2 || (shape.rank() == 2 && shape[1] != 1))
    b.fail("shape-rank", fmt::format("layer '{}' ({}) needs inputs of shape (N) or (N, 1) and gets {}", b.layer().name,
                                     b.layer().class_name, shape.str()));
  std::vector<Value> inputs;
  for (int i = 0; i < b.inputs(); ++i) inputs.push_back(b.input(i));
  return encoded(b, ops::cross_hashed(b.graph, inputs, layer.num_bins), layer.num_bins,
                 static_cast<Discretization::Mode>(layer.output_mode));
}

const Register<HashedCrossing> registered{"HashedCrossing"};

}  // namespace kerascope::layers
