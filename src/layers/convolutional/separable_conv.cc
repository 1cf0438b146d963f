// A depthwise convolution, then a 1 x 1 convolution. (N, H, W, C) -> (N, H', W', filters).
#include "layers/convolutional/common.h"
#include "layers/registry.h"
#include "ops/conv.h"

namespace kerascope::layers {

void fields(of_rank<SeparableConv> auto& layer, auto&& field) {
  field.required("filters", layer.filters);
  conv_fields(layer, field);
  field("depth_multiplier", layer.depth_multiplier);
  field.ignored("groups");  // tf.keras writes it, always 1
  field.ignored("rank");
}

template <int Rank>
Outputs build(const SeparableConv<Rank>& layer, Build& b) {
  const Value x = conv_input(b, layer);
  if constexpr (Rank == 1)
    if (layer.padding == SequencePadding::kCausal && b.keras_major() >= 3)
      b.refuse("padding", "causal", "valid or same");
  const std::int64_t channels = b.graph.shape(x).back();
  const Value depthwise =
      b.weight("depthwise_kernel", kernel_shape(layer.kernel_size, channels, layer.depth_multiplier));
  const Value pointwise =
      b.weight("pointwise_kernel", kernel_shape(each<Rank>(1), channels * layer.depth_multiplier, layer.filters));
  std::optional<Value> bias;
  if (layer.use_bias) bias = b.weight("bias", {layer.filters});
  const Value deep = ops::depthwise_conv(b.graph, x, depthwise, {}, conv_options(layer));
  return finished(b, ops::conv(b.graph, deep, pointwise, bias, {}), layer);
}

const Register<SeparableConv1D> registered_1d{"SeparableConv1D", "SeparableConvolution1D"};
const Register<SeparableConv2D> registered_2d{"SeparableConv2D", "SeparableConvolution2D"};

}  // namespace kerascope::layers
