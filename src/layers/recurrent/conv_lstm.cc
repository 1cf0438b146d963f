// LSTM with convolutions in place of its products. (N, T, H, W, C) -> (N, H', W', filters)
#include "layers/convolutional/common.h"
#include "layers/recurrent/lstm.h"
#include "layers/registry.h"
#include "layers/regularization/common.h"

namespace kerascope::layers {
namespace {

struct Weights {
  Value kernel, recurrent_kernel;
  std::optional<Value> bias;
};

/// Asks for them in Keras's order, whichever graph reads them first.
template <int Rank>
Weights weights(const ConvLSTM<Rank>& layer, Build& b, std::int64_t channels) {
  const std::int64_t width = 4 * layer.filters;
  Weights all = {
      .kernel = b.weight("kernel", kernel_shape(layer.kernel_size, channels, width)),
      .recurrent_kernel = b.weight("recurrent_kernel", kernel_shape(layer.kernel_size, layer.filters, width)),
      .bias = {}};
  if (layer.use_bias) all.bias = b.weight("bias", {width});
  return all;
}

/// In the training phase. Keras drops nothing with a share of 1.
float dropout_of(const Build& b, float share) { return b.random() && share < 1 ? share : 0; }

/// The states have the layer's axis order, as an activation may depend on it.
template <int Rank>
Step step(const ConvLSTM<Rank>& layer, Build& b, Value slice, Value h, Value c) {
  const DataFormat format = layer.data_format;
  const Value x = channels_last(b, slice, format);
  const Weights own = weights(layer, b, b.graph.shape(x).back());
  const Value of_input =
      product_of_parts(b, x, own.kernel, dropout_of(b, layer.dropout), 4,
                       [&](Value v, Value kernel) { return ops::conv(b.graph, v, kernel, {}, conv_options(layer)); });
  const Value of_state = product_of_parts(
      b, channels_last(b, h, format), own.recurrent_kernel, dropout_of(b, layer.recurrent_dropout), 0,
      [&](Value v, Value kernel) { return ops::conv(b.graph, v, kernel, {}, {.padding = ops::Padding::kSame}); });
  Value z = plus(b, of_input, of_state);
  if (own.bias) z = plus(b, z, *own.bias);
  const auto sum = [&](std::int64_t part) {
    return from_channels_last(b, columns(b, z, part * layer.filters, layer.filters), format);
  };
  return lstm_step(layer, b, c, sum, map_axes(format, Rank));
}

/// The shape of a state, from a convolution in a graph that is never run.
template <int Rank>
Shape state_shape(const ConvLSTM<Rank>& layer, Build& b) {
  Graph trial;
  InnerGraph nowhere{.graph = trial, .weights = {}};
  Build cell = b.within("cell", &nowhere);
  const Value x = channels_last(cell, trial.input("step", step_shape(b, b.shape())), layer.data_format);
  const Value part = columns(cell, weights(layer, cell, trial.shape(x).back()).kernel, 0, layer.filters);
  const Value state = ops::conv(trial, x, part, {}, conv_options(layer));
  return trial.shape(from_channels_last(cell, state, layer.data_format));
}

}  // namespace

void fields(of_rank<ConvLSTM> auto& layer, auto&& field) {
  field.required("filters", layer.filters);
  conv_fields(layer, field);
  gate_fields(layer, field);
  dropout_fields(layer, field);
  over_time_fields(layer, field);
}

template <int Rank>
MaskRule mask_rule(const ConvLSTM<Rank>&) {
  return MaskRule::kOwn;
}

template <int Rank>
Outputs build(const ConvLSTM<Rank>& layer, Build& b) {
  require_conv_sizes(b, layer);
  require_share(b, "dropout", layer.dropout);
  require_share(b, "recurrent_dropout", layer.recurrent_dropout);
  b.require_rank(Rank + 3);
  require_strides_or_dilation(b, layer);
  kernel_shape(layer.kernel_size, layer.filters, layer.filters);  // small enough to be multiplied by 4
  OverTime options = over_time_options(layer);
  if (b.keras_major() < 3) options.zero_output_for_mask = false;  // Keras 2 stores it, but computes without it
  const Shape state = state_shape(layer, b);
  // A step has enough positions for its convolution: computing all steps' before the scan would only take memory.
  Outputs outputs = over_time(b, options, b.input(), {state, state},
                              [&](InnerGraph& inner, Value slice, const std::vector<Value>& states) {
                                Build of_step = b.within("cell", &inner);
                                return step(layer, of_step, slice, states[0], states[1]);
                              });
  for (Output& output : outputs) output.axes = map_axes(layer.data_format, Rank);
  if (layer.return_sequences) outputs[0].axes.insert(0, "T");
  return outputs;
}

const Register<ConvLSTM1D> registered_1d{"ConvLSTM1D"};
const Register<ConvLSTM2D> registered_2d{"ConvLSTM2D"};
const Register<ConvLSTM3D> registered_3d{"ConvLSTM3D"};

}  // namespace kerascope::layers
