// (N, H, W, C) with kernel (kh, kw, filters, C) -> (N, H', W', filters).
#include "ops/conv_transpose.h"
#include "layers/convolutional/common.h"
#include "layers/registry.h"

namespace kerascope::layers {

void fields(of_rank<ConvTranspose> auto& layer, auto&& field) {
  field.required("filters", layer.filters);
  conv_fields(layer, field);
  field("output_padding", layer.output_padding);
  field.ignored("groups");  // tf.keras writes it, always 1
}

template <int Rank>
Outputs build(const ConvTranspose<Rank>& layer, Build& b) {
  const Value x = conv_input(b, layer);
  require_strides_or_dilation(b, layer);
  const std::int64_t channels = b.graph.shape(x).back();
  const Value kernel = b.weight("kernel", kernel_shape(layer.kernel_size, layer.filters, channels));
  std::optional<Value> bias;
  if (layer.use_bias) bias = b.weight("bias", {layer.filters});
  ops::ConvTransposeOptions options = {.strides = {layer.strides.begin(), layer.strides.end()},
                                       .dilations = {layer.dilation_rate.begin(), layer.dilation_rate.end()},
                                       .padding = op_padding(layer.padding),
                                       .output_padding = {}};
  if (layer.output_padding) options.output_padding.emplace(layer.output_padding->begin(), layer.output_padding->end());
  // Keras 2 stores it, but computes without it.
  if (Rank == 3 && b.keras_major() < 3) options.dilations.clear();
  return finished(b, ops::conv_transpose(b.graph, x, kernel, bias, options), layer);
}

const Register<Conv1DTranspose> registered_1d{"Conv1DTranspose", "Convolution1DTranspose"};
const Register<Conv2DTranspose> registered_2d{"Conv2DTranspose", "Convolution2DTranspose", "Deconvolution2D"};
const Register<Conv3DTranspose> registered_3d{"Conv3DTranspose", "Convolution3DTranspose", "Deconvolution3D"};

}  // namespace kerascope::layers
