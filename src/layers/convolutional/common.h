// What the convolution layers share.
#pragma once

#include "kerascope/layers/convolutional.h"
#include "layers/build.h"
#include "ops/conv.h"
#include "ops/spatial.h"

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

/// (kernel_size.., inputs, outputs)
template <std::size_t Rank>
Shape kernel_shape(const std::array<std::int64_t, Rank>& kernel_size, std::int64_t inputs, std::int64_t outputs) {
  std::vector<std::int64_t> sizes(kernel_size.begin(), kernel_size.end());
  sizes.insert(sizes.end(), {inputs, outputs});
  Shape shape(std::move(sizes));
  shape.elements();  // throws if no memory can hold it, before such numbers are multiplied
  return shape;
}

template <typename ConvLayer>
void require_conv_sizes(const Build& build, const ConvLayer& layer) {
  if constexpr (requires { layer.filters; }) build.require_at_least(1, "filters", layer.filters);
  if constexpr (requires { layer.depth_multiplier; })
    build.require_at_least(1, "depth_multiplier", layer.depth_multiplier);
  build.require_at_least(1, "kernel_size", layer.kernel_size);
  build.require_at_least(1, "strides", layer.strides);
  build.require_at_least(1, "dilation_rate", layer.dilation_rate);
}

/// Checks the layer's sizes. The input with channels last.
template <template <int> typename ConvLayer, int Rank>
Value conv_input(Build& build, const ConvLayer<Rank>& layer) {
  require_conv_sizes(build, layer);
  build.require_rank(Rank + 2);
  return channels_last(build, build.input(), layer.data_format);
}

/// Only Keras on Theano, and the depthwise convolutions of Keras 3, accept strides and dilation together.
template <typename ConvLayer>
void require_strides_or_dilation(const Build& build, const ConvLayer& layer) {
  if (std::ranges::max(layer.strides) > 1 && std::ranges::max(layer.dilation_rate) > 1 &&
      build.model().backend != "theano")
    build.fail("config-type", fmt::format("layer '{}' ({}) has strides ({}) and dilation_rate ({}), of which only one "
                                          "may be above 1",
                                          build.layer().name, build.layer().class_name, fmt::join(layer.strides, ", "),
                                          fmt::join(layer.dilation_rate, ", ")));
}

/// The output in the layer's own axis order, after its activation.
template <template <int> typename ConvLayer, int Rank>
Outputs finished(Build& build, Value y, const ConvLayer<Rank>& layer) {
  const std::string axes = map_axes(layer.data_format, Rank);
  return activated(build, from_channels_last(build, y, layer.data_format), layer.activation, axes);
}

}  // namespace kerascope::layers
