// (N, H, W, C) with kernel (kh, kw, C, M) -> (N, H', W', C * M).
#include "kerascope/layers/convolutional.h"
#include "layers/convolutional/common.h"
#include "layers/registry.h"

namespace kerascope::layers {

void fields(of<DepthwiseConv2D> auto& layer, auto&& field) {
  conv_fields(layer, field);
  field("depth_multiplier", layer.depth_multiplier);
  field.ignored("groups");   // tf.keras writes it, always 1
  field.ignored("filters");  // Keras 2.0 to 2.2 write null
}

Outputs build(const DepthwiseConv2D& layer, Build& b) {
  b.require_rank(4);
  const Value x = channels_last(b, b.input(), layer.data_format);
  const std::int64_t channels = b.graph.shape(x).back();
  require_positive(b, {layer.depth_multiplier, layer.kernel_size[0], layer.kernel_size[1]});
  // Its name before Keras 3: depthwise_kernel.
  const Value kernel =
      b.weight("kernel", {layer.kernel_size[0], layer.kernel_size[1], channels, layer.depth_multiplier});
  std::optional<Value> bias;
  if (layer.use_bias) bias = b.weight("bias", {channels * layer.depth_multiplier});
  return finished(b, ops::depthwise_conv(b.graph, x, kernel, bias, conv_options(layer)), layer);
}

const Register<DepthwiseConv2D> registered{"DepthwiseConv2D"};

}  // namespace kerascope::layers
