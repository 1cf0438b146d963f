// What the convolution layers share.
#pragma once

#include "kerascope/layers/convolutional.h"
#include "layers/build.h"
#include "ops/ops.h"

namespace kerascope::layers {

inline ops::Padding op_padding(Padding padding) {
  return padding == Padding::kSame ? ops::Padding::kSame : ops::Padding::kValid;
}
inline ops::Padding op_padding(SequencePadding padding) {
  return padding == SequencePadding::kCausal ? ops::Padding::kCausal
         : padding == SequencePadding::kSame ? ops::Padding::kSame
                                             : ops::Padding::kValid;
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
  return {.strides = {layer.strides.begin(), layer.strides.end()},
          .dilations = {layer.dilation_rate.begin(), layer.dilation_rate.end()},
          .padding = op_padding(layer.padding)};
}

/// (kernel_size.., inputs, outputs), each at least 1.
template <std::size_t Rank>
Shape kernel_shape(const Build& build, const std::array<std::int64_t, Rank>& kernel_size, std::int64_t inputs,
                   std::int64_t outputs) {
  std::vector<std::int64_t> sizes(kernel_size.begin(), kernel_size.end());
  sizes.insert(sizes.end(), {inputs, outputs});
  for (std::int64_t size : sizes)
    if (size < 1)
      build.fail("config-type", fmt::format("layer '{}' ({}) has a size of {}, which must be at least 1",
                                            build.layer().name, build.layer().class_name, size));
  Shape shape(std::move(sizes));
  shape.elements();  // refuses what no memory can hold, before such numbers are multiplied
  return shape;
}

/// The input with its channels last.
template <template <int> typename ConvLayer, int Rank>
Value conv_input(Build& build, const ConvLayer<Rank>& layer) {
  build.require_rank(Rank + 2);
  return channels_last(build, build.input(), layer.data_format);
}

/// Back in the layer's own axis order, then its activation.
template <template <int> typename ConvLayer, int Rank>
Outputs finished(Build& build, Value y, const ConvLayer<Rank>& layer) {
  const std::string axes = map_axes(layer.data_format, Rank);
  return activated(build, from_channels_last(build, y, layer.data_format), layer.activation, axes);
}

}  // namespace kerascope::layers
