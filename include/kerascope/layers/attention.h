// keras.layers: attention. N is the batch, T the steps of the query, S those of key and value, C channels.
//
//     const auto attended = ks::layer(kl::MultiHeadAttention{.num_heads = 8, .key_dim = 64});
#pragma once

#include "kerascope/layers/common.h"

namespace kerascope::layers {

/// Attention of several heads (Vaswani et al. 2017). Query (N, T, C), value (N, S, C') and key (N, S, C''; by default
/// the value) are each projected for every head; its scores are softmax(Q . K^T / sqrt(key_dim)), its result is scores
/// . V; the results of all heads are projected to the output (N, T, C). More axes between N and C are allowed, see
/// `attention_axes`. Can be tapped: query, key and value (N, T, heads, key_dim), scores (N, heads, T, S). Weights:
/// query_dense, key_dense and value_dense, each with kernel (C, heads, key_dim) and bias (heads, key_dim), and
/// output_dense with kernel (heads, value_dim, C) and bias (C).
struct MultiHeadAttention {
  std::int64_t num_heads = 0;             ///< required
  std::int64_t key_dim = 0;               ///< required: the size of each head's queries and keys
  std::optional<std::int64_t> value_dim;  ///< the size of each head's values; nothing: key_dim
  float dropout = 0;                      ///< of the scores
  bool use_bias = true;
  std::vector<std::int64_t> output_shape;      ///< the output's axes behind T; empty: the query's C
  std::vector<std::int64_t> attention_axes;    ///< which ones are T and S; empty: all between N and C
  std::optional<std::int64_t> sliding_window;  ///< a step attends to those less than so many steps away
  bool use_gate = false;                ///< a further projection of the query, _gate_dense, gates each head's result
  bool softmax_robust_masking = false;  ///< Keras 2 only
};

/// MultiHeadAttention whose keys and values have fewer heads, each for several heads of the query (Ainslie et al.
/// 2023). Query (N, T, C), value and key (N, S, C') -> (N, T, C). Can be tapped: query (N, T, heads, head_dim), key and
/// value (N, S, key and value heads, head_dim), scores (N, heads, T, S). Weights as MultiHeadAttention's.
struct GroupQueryAttention {
  std::int64_t head_dim = 0;             ///< required: the size of each head
  std::int64_t num_query_heads = 0;      ///< required: a multiple of num_key_value_heads
  std::int64_t num_key_value_heads = 0;  ///< required
  float dropout = 0;                     ///< of the scores
  bool use_bias = true;
  std::optional<std::int64_t> sliding_window;  ///< as MultiHeadAttention's
  bool use_gate = false;                       ///< as MultiHeadAttention's
};

/// Luong's attention, called with a list: query (N, T, C), value (N, S, C') and key (N, S, C; by default the value) ->
/// (N, T, C'). Its scores are softmax(Q . K^T), or of w * sum(tanh(q + k)) for "concat". Can be tapped: scores (N, T,
/// S). Weights: scale and, for "concat", concat_score_weight, each one number.
struct Attention {
  bool use_scale = false;          ///< multiplies the scores ("concat": q + k) by a learnt number
  std::string score_mode = "dot";  ///< or "concat"
  float dropout = 0;               ///< of the scores
  bool causal = false;             ///< Keras 2 only: step t attends to steps up to t
};

/// Bahdanau's attention, called as Attention: its scores are softmax(sum(scale * tanh(q + k))). Weights: scale (C).
struct AdditiveAttention {
  bool use_scale = true;
  float dropout = 0;    ///< of the scores
  bool causal = false;  ///< Keras 2 only: step t attends to steps up to t
};

}  // namespace kerascope::layers
