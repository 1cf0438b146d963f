// Layers of a program's own: a function computes them while the model is run.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kerascope/tensor.h"

namespace kerascope {

/// One call of such a layer.
struct CustomCall {
  std::string address;     ///< of the call: "encoder/gate", "gate@1"
  std::string class_name;  ///< "Gate", or "mine>Gate" if it is registered with Keras
  std::string config;      ///< the layer's config in the file, a JSON object
  /// Its arguments in the file, a JSON list of the positional ones and an object of the others; {"tensor": 1} stands
  /// for inputs[1]: [[{"tensor": 0}], {"training": false}]
  std::string arguments;
  /// What the file stores for the layer, in its order. An archive numbers weights, "0" and "cell/0"; HDF5 has names.
  std::span<const std::pair<std::string, Tensor>> weights;
  std::span<const Tensor> inputs;                ///< batch first
  std::span<const std::optional<Tensor>> masks;  ///< Keras's, one per input: bools (N, T), true where a step counts
  bool training = false;                         ///< the phase of this call
  bool is_trial = false;                         ///< the inputs are zeros, only to learn the shapes of the outputs
};

/// What a function computes for a call.
struct CustomOutputs {
  std::vector<Tensor> tensors;                    ///< at least one, batch first
  std::vector<std::optional<Tensor>> masks = {};  ///< Keras's, one per output; or none for all
};

/// Computes the outputs of a call. Their shapes and types may depend only on the shapes and types of the inputs, not on
/// numbers: to learn them, it is called with zeros as well. It must allow calls from several threads. What it
/// throws ends the run; when it learns a shape, that is the layer's problem instead.
using CustomLayer = std::function<CustomOutputs(const CustomCall& call)>;

/// The functions of a model.
struct CustomLayers {
  /// By the name of the class, with or without its package: "mine>Gate", "Gate". They come before Kerascope's own of
  /// that name, unless the file says that the class is Keras's.
  std::map<std::string, CustomLayer> by_class = {};
  /// For layers and operations that Kerascope cannot compute and that are not in `by_class`; may be empty.
  CustomLayer otherwise = {};
};

}  // namespace kerascope
