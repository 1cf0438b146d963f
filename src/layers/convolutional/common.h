// What the convolution layers share.
#pragma once

#include "layers/build.h"
#include "ops/ops.h"

namespace kerascope::layers {

inline ops::Padding op_padding(Padding padding) {
  return padding == Padding::kSame ? ops::Padding::kSame : ops::Padding::kValid;
}

/// The keys that every convolution layer has.
void conv_fields(auto& layer, auto&& field) {
  field.required("kernel_size", layer.kernel_size);
  field("strides", layer.strides);
  field("padding", layer.padding);
  field("data_format", layer.data_format);
  field("dilation_rate", layer.dilation_rate);
  field("activation", layer.activation);
  field("use_bias", layer.use_bias);
}

template <typename ConvLayer>
ops::ConvOptions conv_options(const ConvLayer& layer) {
  return {.strides = {layer.strides[0], layer.strides[1]},
          .dilations = {layer.dilation_rate[0], layer.dilation_rate[1]},
          .padding = op_padding(layer.padding)};
}

inline void require_positive(const Build& build, std::initializer_list<std::int64_t> sizes) {
  for (std::int64_t size : sizes)
    if (size < 1)
      build.fail("config-type", fmt::format("layer '{}' ({}) has a size of {}, which must be at least 1",
                                            build.layer().name, build.layer().class_name, size));
}

/// Back in the layer's own axis order, then its activation.
template <typename ConvLayer>
Outputs finished(Build& build, Value y, const ConvLayer& layer) {
  const std::string axes = map_axes(layer.data_format);
  return activated(build, from_channels_last(build, y, layer.data_format), layer.activation, axes);
}

}  // namespace kerascope::layers
