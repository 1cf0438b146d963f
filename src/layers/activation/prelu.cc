// x where x > 0, else alpha * x with a trained alpha. (N, ...) -> (N, ...)
#include "kerascope/layers/activation.h"
#include "layers/registry.h"
#include "ops/binary.h"

namespace kerascope::layers {

void fields(of<PReLU> auto& layer, auto&& field) { field("shared_axes", layer.shared_axes); }

MaskRule mask_rule(const PReLU&) { return MaskRule::kPasses; }

Outputs build(const PReLU& layer, Build& b) {
  Shape alpha = b.shape().slice(1, b.shape().rank());
  // shared_axes count from 1. Smaller numbers count from the end, like indices of Python's lists.
  for (std::int64_t axis : layer.shared_axes) alpha[b.axis(axis - 1, alpha.rank())] = 1;
  return b.same_axes(ops::binary(b.graph, b.input(), b.weight("alpha", alpha), ops::Binary::kPrelu));
}

const Register<PReLU> registered{"PReLU"};

}  // namespace kerascope::layers
