// A depthwise convolution, then a 1 x 1 convolution. (N, H, W, C) -> (N, H', W', filters).
#include "kerascope/layers/convolutional.h"
#include "layers/convolutional/common.h"
#include "layers/registry.h"

namespace kerascope::layers {

void fields(of<SeparableConv2D> auto& layer, auto&& field) {
  field.required("filters", layer.filters);
  conv_fields(layer, field);
  field("depth_multiplier", layer.depth_multiplier);
  field.ignored("groups");  // tf.keras writes it, always 1
  field.ignored("rank");
}

Outputs build(const SeparableConv2D& layer, Build& b) {
  b.require_rank(4);
  const Value x = channels_last(b, b.input(), layer.data_format);
  const std::int64_t channels = b.graph.shape(x).back();
  require_positive(b, {layer.filters, layer.depth_multiplier, layer.kernel_size[0], layer.kernel_size[1]});
  const Value depthwise =
      b.weight("depthwise_kernel", {layer.kernel_size[0], layer.kernel_size[1], channels, layer.depth_multiplier});
  const Value pointwise = b.weight("pointwise_kernel", {1, 1, channels * layer.depth_multiplier, layer.filters});
  std::optional<Value> bias;
  if (layer.use_bias) bias = b.weight("bias", {layer.filters});
  const Value deep = ops::depthwise_conv(b.graph, x, depthwise, {}, conv_options(layer));
  return finished(b, ops::conv(b.graph, deep, pointwise, bias, {}), layer);
}

const Register<SeparableConv2D> registered{"SeparableConv2D"};

}  // namespace kerascope::layers
