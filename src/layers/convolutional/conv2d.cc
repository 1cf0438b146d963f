// (N, H, W, C) with kernel (kh, kw, C/groups, filters) -> (N, H', W', filters).
#include "kerascope/layers/convolutional.h"
#include "layers/convolutional/common.h"
#include "layers/registry.h"
#include "ops/ops.h"

namespace kerascope::layers {

void fields(of<Conv2D> auto& layer, auto&& field) {
  field.required("filters", layer.filters);
  conv_fields(layer, field);
  field("groups", layer.groups);
}

Outputs build(const Conv2D& layer, Build& b) {
  b.require_rank(4);
  const Value x = channels_last(b, b.input(), layer.data_format);
  const std::int64_t channels = b.graph.shape(x).back();
  if (layer.groups < 1 || channels % layer.groups || layer.filters % layer.groups)
    b.fail("config-type", fmt::format("layer '{}' (Conv2D) divides {} channels and {} filters into {} groups",
                                      b.layer().name, channels, layer.filters, layer.groups));
  require_positive(b, {layer.filters, layer.kernel_size[0], layer.kernel_size[1]});
  const Value kernel =
      b.weight("kernel", {layer.kernel_size[0], layer.kernel_size[1], channels / layer.groups, layer.filters});
  std::optional<Value> bias;
  if (layer.use_bias) bias = b.weight("bias", {layer.filters});
  ops::ConvOptions options = conv_options(layer);
  options.groups = layer.groups;
  return finished(b, ops::conv(b.graph, x, kernel, bias, options), layer);
}

const Register<Conv2D> registered{"Conv2D", "Convolution2D"};

}  // namespace kerascope::layers
