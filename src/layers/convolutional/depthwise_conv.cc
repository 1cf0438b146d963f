// (N, H, W, C) with kernel (kh, kw, C, M) -> (N, H', W', C * M).
#include "layers/convolutional/common.h"
#include "layers/registry.h"
#include "ops/conv.h"

namespace kerascope::layers {

void fields(of_rank<DepthwiseConv> auto& layer, auto&& field) {
  conv_fields(layer, field);
  field("depth_multiplier", layer.depth_multiplier);
  field.ignored("groups");   // tf.keras writes it, always 1
  field.ignored("filters");  // Keras 2.0 to 2.2 write null
}

template <int Rank>
Outputs build(const DepthwiseConv<Rank>& layer, Build& b) {
  const Value x = conv_input(b, layer);
  const std::int64_t channels = b.graph.shape(x).back();
  // Its name before Keras 3: depthwise_kernel.
  const Value kernel = b.weight("kernel", kernel_shape(layer.kernel_size, channels, layer.depth_multiplier));
  std::optional<Value> bias;
  if (layer.use_bias) bias = b.weight("bias", {channels * layer.depth_multiplier});
  return finished(b, ops::depthwise_conv(b.graph, x, kernel, bias, conv_options(layer)), layer);
}

const Register<DepthwiseConv1D> registered_1d{"DepthwiseConv1D"};
const Register<DepthwiseConv2D> registered_2d{"DepthwiseConv2D"};

}  // namespace kerascope::layers
