// (N, H, W, C) with kernel (kh, kw, C/groups, filters) -> (N, H', W', filters).
#include "ops/conv.h"
#include "layers/convolutional/common.h"
#include "layers/registry.h"

namespace kerascope::layers {

void fields(of_rank<Conv> auto& layer, auto&& field) {
  field.required("filters", layer.filters);
  conv_fields(layer, field);
  field("groups", layer.groups);
}

template <int Rank>
Outputs build(const Conv<Rank>& layer, Build& b) {
  const Value x = conv_input(b, layer);
  require_strides_or_dilation(b, layer);
  const std::int64_t channels = b.graph.shape(x).back();
  b.require_at_least(1, "groups", layer.groups);
  if (channels % layer.groups || layer.filters % layer.groups)
    b.fail("config-type", fmt::format("layer '{}' ({}) divides {} channels and {} filters into {} groups",
                                      b.layer().name, b.layer().class_name, channels, layer.filters, layer.groups));
  const Value kernel = b.weight("kernel", kernel_shape(layer.kernel_size, channels / layer.groups, layer.filters));
  std::optional<Value> bias;
  if (layer.use_bias) bias = b.weight("bias", {layer.filters});
  ops::ConvOptions options = conv_options(layer);
  options.groups = layer.groups;
  return finished(b, ops::conv(b.graph, x, kernel, bias, options), layer);
}

const Register<Conv1D> registered_1d{"Conv1D", "Convolution1D"};
const Register<Conv2D> registered_2d{"Conv2D", "Convolution2D"};
const Register<Conv3D> registered_3d{"Conv3D", "Convolution3D"};

}  // namespace kerascope::layers
