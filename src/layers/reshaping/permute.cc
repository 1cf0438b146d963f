// (N, ...) -> (N, ...), the axes in another order.
#include "kerascope/layers/reshaping.h"
#include "layers/registry.h"
#include "ops/transpose.h"

namespace kerascope::layers {

void fields(of<Permute> auto& layer, auto&& field) { field.required("dims", layer.dims); }

Outputs build(const Permute& layer, Build& b) {
  const auto count = static_cast<std::int64_t>(layer.dims.size());
  std::vector<int> axes = {0};
  std::string roles;
  for (std::int64_t dim : layer.dims) {
    if (dim < 1 || dim > count || std::ranges::count(layer.dims, dim) > 1)
      b.fail("config-type", fmt::format("'dims' of layer '{}' (Permute) is {}, not the numbers 1 to {} in some order",
                                        b.layer().name, Shape(layer.dims).str(), count));
    axes.push_back(static_cast<int>(dim));
  }
  b.require_rank(static_cast<int>(count) + 1);
  for (std::int64_t dim : layer.dims) roles += b.axes()[static_cast<std::size_t>(dim - 1)];
  return b.with_axes(ops::transpose(b.graph, b.input(), axes), roles);
}

const Register<Permute> registered{"Permute"};

}  // namespace kerascope::layers
