// The inputs joined along an axis.
#include "ops/concatenate.h"
#include "kerascope/layers/merging.h"
#include "layers/merging/common.h"
#include "layers/registry.h"
#include "ops/reshape.h"

namespace kerascope::layers {

void fields(of<Concatenate> auto& layer, auto&& field) { field("axis", layer.axis); }

namespace {

/// Expands each input's mask to the size of the input and joins them like the inputs. A step counts if any of its
/// features counts; before Keras 3, if all do.
std::optional<Value> joined_mask(Build& b, int axis) {
  std::vector<Value> masks;
  bool any = false;
  for (int i = 0; i < b.inputs(); ++i) {
    const Shape& shape = b.shape(i);
    Tensor ones(shape, DType::kBool);
    std::ranges::fill(ones.mutable_elements<bool>(), true);
    Value mask = b.graph.constant(ones);
    if (b.mask(i)) {
      any = true;
      std::vector<std::int64_t> sizes = b.graph.shape(*b.mask(i)).sizes();
      sizes.resize(static_cast<std::size_t>(shape.rank()), 1);
      mask = ops::logical(b.graph, mask, ops::reshape(b.graph, *b.mask(i), Shape(sizes)), ops::Logical::kAnd);
    }
    masks.push_back(mask);
  }
  if (!any) return {};
  const Value joined = ops::concatenate(b.graph, masks, axis);
  const auto quantifier = b.keras_major() >= 3 ? ops::Quantifier::kAny : ops::Quantifier::kAll;
  return ops::quantify(b.graph, joined, quantifier, {b.graph.shape(joined).rank() - 1});
}

}  // namespace

MaskRule mask_rule(const Concatenate&) { return MaskRule::kOwn; }

Outputs build(const Concatenate& layer, Build& b) {
  require_list(b);
  std::vector<Value> parts;
  for (int i = 0; i < b.inputs(); ++i) parts.push_back(b.input(i));
  const int axis = b.axis(layer.axis, b.shape().rank());
  Outputs outputs = b.same_axes(ops::concatenate(b.graph, parts, axis));
  outputs[0].mask = joined_mask(b, axis);
  return outputs;
}

const Register<Concatenate> registered{"Concatenate"};

}  // namespace kerascope::layers
