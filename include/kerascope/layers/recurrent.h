// keras.layers: recurrent layers, their cells, and wrappers that run a layer over time. N is the batch, T the steps.
//
//     const auto both = ks::layer(kl::Bidirectional{.layer = kl::LSTM{.units = 32, .return_sequences = true}});
//     const auto deep = ks::layer(kl::RNN{.cell = kl::StackedRNNCells{.cells = {kl::LSTMCell{.units = 8},
//                                                                              kl::LSTMCell{.units = 4}}}});
#pragma once

#include "kerascope/layers/common.h"

namespace kerascope::layers {

/// One step of a long short-term memory (Hochreiter and Schmidhuber 1997): x (N, I), states h and c (N, units).
/// i, f, o = recurrent_activation(x . W + h . U + b), each with its part of the weights; c' = f c + i activation(..);
/// h' = o activation(c'). Weights: kernel (I, 4 units), recurrent_kernel (units, 4 units), bias (4 units), each with
/// its parts in the order i, f, c, o.
struct LSTMCell {
  std::int64_t units = 0;  ///< required
  ActivationFunction activation = {"tanh", ""};
  ActivationFunction recurrent_activation = {"sigmoid", ""};
  bool use_bias = true;
  float dropout = 0;            ///< of the input, one mask for all steps
  float recurrent_dropout = 0;  ///< of h, one mask per gate for all steps
};

/// An LSTMCell over time. (N, T, I) -> (N, units). Can be tapped: input_gate, forget_gate, candidate, output_gate,
/// cell_state and hidden_state of all steps, (N, T, units) each. Weights are the cell's.
struct LSTM {
  std::int64_t units = 0;  ///< required
  ActivationFunction activation = {"tanh", ""};
  ActivationFunction recurrent_activation = {"sigmoid", ""};
  bool use_bias = true;
  float dropout = 0, recurrent_dropout = 0;  ///< as in LSTMCell
  bool return_sequences = false;             ///< the outputs of all steps (N, T, units), instead of the last one's
  bool return_state = false;                 ///< the states after the last step are further outputs
  bool go_backwards = false;                 ///< from the last step to the first; outputs in the order of computation
  bool stateful = false;                     ///< without effect: each run begins with states of 0
  bool unroll = false;                       ///< without effect on the numbers
  bool zero_output_for_mask = false;         ///< a masked step gives 0, instead of the output of the step before
};

/// One step of a gated recurrent unit (Cho et al. 2014): x (N, I), state h (N, units). z, r = recurrent_activation(x .
/// W + h . U + b), each with its part of the weights; with `reset_after` n = activation(x . W + b + r (h . U + b')),
/// otherwise n = activation(x . W + b + (r h) . U); h' = z h + (1 - z) n. Weights: kernel (I, 3 units),
/// recurrent_kernel (units, 3 units), bias (2, 3 units), or without `reset_after` (3 units), each with its parts in the
/// order z, r, n.
struct GRUCell {
  std::int64_t units = 0;  ///< required
  ActivationFunction activation = {"tanh", ""};
  ActivationFunction recurrent_activation = {"sigmoid", ""};
  bool use_bias = true;
  float dropout = 0, recurrent_dropout = 0;  ///< as in LSTMCell
  bool reset_after = true;                   ///< the reset gate acts behind the product with U
};

/// A GRUCell over time. (N, T, I) -> (N, units). Can be tapped: update_gate, reset_gate, candidate and hidden_state of
/// all steps, (N, T, units) each. The other arguments are those of LSTM. Weights are the cell's.
struct GRU {
  std::int64_t units = 0;  ///< required
  ActivationFunction activation = {"tanh", ""};
  ActivationFunction recurrent_activation = {"sigmoid", ""};
  bool use_bias = true;
  float dropout = 0, recurrent_dropout = 0;
  bool return_sequences = false, return_state = false, go_backwards = false, stateful = false, unroll = false;
  bool reset_after = true;
  bool zero_output_for_mask = false;
};

/// One step of a plain recurrent cell: x (N, I), state h (N, units); h' = activation(x . W + h . U + b). Weights:
/// kernel (I, units), recurrent_kernel (units, units), bias (units).
struct SimpleRNNCell {
  std::int64_t units = 0;  ///< required
  ActivationFunction activation = {"tanh", ""};
  bool use_bias = true;
  float dropout = 0, recurrent_dropout = 0;  ///< as in LSTMCell
};

/// A SimpleRNNCell over time. (N, T, I) -> (N, units). The other arguments are those of LSTM. Weights are the cell's.
struct SimpleRNN {
  std::int64_t units = 0;  ///< required
  ActivationFunction activation = {"tanh", ""};
  bool use_bias = true;
  float dropout = 0, recurrent_dropout = 0;
  bool return_sequences = false, return_state = false, go_backwards = false, stateful = false, unroll = false;
  bool zero_output_for_mask = false;
};

/// An LSTM whose products are convolutions (Shi et al. 2015): those with W have all arguments of Conv, those with U are
/// kSame with strides 1, so that the states keep their size. (N, T, H, W, C) -> (N, H', W', filters), with H' as in
/// Conv. Gates and states can be tapped as in LSTM, (N, T, H', W', filters) each. The other arguments are those of
/// LSTM. Required: filters and kernel_size. Weights: kernel (kh, kw, C, 4 filters), recurrent_kernel (kh, kw, filters,
/// 4 filters), bias (4 filters), each with its parts in the order i, f, c, o.
template <int Rank>
struct ConvLSTM {
  std::int64_t filters = 0;
  Size<Rank> kernel_size = each<Rank>(0);
  Size<Rank> strides = each<Rank>(1);
  Padding padding = Padding::kValid;
  DataFormat data_format = DataFormat::kChannelsLast;  ///< of a step: (N, T, C, H, W) with kChannelsFirst
  Size<Rank> dilation_rate = each<Rank>(1);
  ActivationFunction activation = {"tanh", ""};
  ActivationFunction recurrent_activation = {"sigmoid", ""};
  bool use_bias = true;
  float dropout = 0, recurrent_dropout = 0;  ///< one mask per gate for all steps
  bool return_sequences = false, return_state = false, go_backwards = false, stateful = false, unroll = false;
  bool zero_output_for_mask = false;
};
using ConvLSTM1D = ConvLSTM<1>;
using ConvLSTM2D = ConvLSTM<2>;
using ConvLSTM3D = ConvLSTM<3>;

/// Any cell over time. (N, T, ..) -> (N, ..) Weights are the cell's; the other arguments are those of LSTM.
struct RNN {
  LayerConfig cell;  ///< required
  bool return_sequences = false, return_state = false, go_backwards = false, stateful = false, unroll = false;
  bool zero_output_for_mask = false;
};

/// Cells that are run one after the other at each step; a cell by itself. Weights are those of the cells.
struct StackedRNNCells {
  std::vector<LayerConfig> cells;  ///< required
};

/// A recurrent layer that reads forwards, and one that reads backwards. Weights are those of the two.
struct Bidirectional {
  enum class MergeMode { kConcat, kSum, kMul, kAve };
  LayerConfig layer;                                         ///< required
  std::optional<MergeMode> merge_mode = MergeMode::kConcat;  ///< nothing: two outputs
  std::optional<LayerConfig> backward_layer;                 ///< nothing: as `layer`, the other way
};

/// A layer that is called on each step by itself. (N, T, ..) -> (N, T, ..) Weights are the layer's.
struct TimeDistributed {
  LayerConfig layer;  ///< required
};

}  // namespace kerascope::layers
