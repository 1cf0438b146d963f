// x * scale + offset. (...) -> (...)
#include "kerascope/layers/preprocessing.h"
#include "layers/registry.h"
#include "ops/binary.h"
#include "ops/unary.h"

namespace kerascope::layers {

void fields(of<Rescaling> auto& layer, auto&& field) {
  field.required("scale", layer.scale);
  field("offset", layer.offset);
}

MaskRule mask_rule(const Rescaling&) { return MaskRule::kPasses; }

Outputs build(const Rescaling& layer, Build& b) {
  if (layer.scale.size() == 1 && layer.offset.size() == 1)
    return b.same_axes(
        ops::unary(b.graph, b.input(), ops::Unary::kAffine, {.a = layer.scale[0], .b = layer.offset[0]}));
  auto along_last_axis = [&](const std::vector<float>& numbers) {
    return b.constant({static_cast<std::int64_t>(numbers.size())}, numbers);
  };
  const Value scaled = ops::binary(b.graph, b.input(), along_last_axis(layer.scale), ops::Binary::kMultiply);
  return b.same_axes(ops::binary(b.graph, scaled, along_last_axis(layer.offset), ops::Binary::kAdd));
}

const Register<Rescaling> registered{"Rescaling"};

}  // namespace kerascope::layers
