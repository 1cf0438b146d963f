// (N, ...) -> (N, product)
#include "kerascope/layers/reshaping.h"
#include "layers/registry.h"
#include "ops/reshape.h"
#include "ops/transpose.h"

namespace kerascope::layers {

void fields(of<Flatten> auto& layer, auto&& field) { field("data_format", layer.data_format); }

Outputs build(const Flatten& layer, Build& b) {
  Value x = b.input();
  const int rank = b.shape().rank();
  if (layer.data_format == DataFormat::kChannelsFirst && rank > 2) {
    std::vector<int> axes = {0};
    for (int axis = 2; axis < rank; ++axis) axes.push_back(axis);
    axes.push_back(1);
    x = ops::transpose(b.graph, x, axes);
  }
  return b.with_axes(ops::reshape(b.graph, x, {b.shape()[0], b.shape().elements(1, rank)}), "C");
}

const Register<Flatten> registered{"Flatten"};

}  // namespace kerascope::layers
