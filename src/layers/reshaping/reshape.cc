// (N, ...) -> (N, target_shape...)
#include "kerascope/layers/reshaping.h"
#include "layers/registry.h"
#include "ops/ops.h"

namespace kerascope::layers {

void fields(of<Reshape> auto& layer, auto&& field) { field.required("target_shape", layer.target_shape); }

Outputs build(const Reshape& layer, Build& b) {
  const std::int64_t elements = b.shape().elements(1, b.shape().rank());
  std::vector<std::int64_t> sizes = {b.shape()[0]};
  sizes.insert(sizes.end(), layer.target_shape.begin(), layer.target_shape.end());
  std::int64_t known = 1;
  std::int64_t* open = nullptr;
  for (std::size_t i = 1; i < sizes.size(); ++i) {
    if (sizes[i] == -1 && !open)
      open = &sizes[i];
    else if (sizes[i] >= 0 && (sizes[i] == 0 || known <= elements / std::max<std::int64_t>(sizes[i], 1)))
      known *= sizes[i];
    else
      known = -1;
    if (known < 0) break;
  }
  if (open && known > 0 && elements % known == 0)
    *open = elements / known;
  else if (open || known != elements)
    b.fail("shape-mismatch", fmt::format("layer '{}' (Reshape) makes {} of an input of shape {}, which has {} numbers",
                                         b.layer().name, Shape(layer.target_shape).str(), b.shape().str(), elements));
  return b.usual(ops::reshape(b.graph, b.input(), Shape(sizes)));
}

const Register<Reshape> registered{"Reshape"};

}  // namespace kerascope::layers
