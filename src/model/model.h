// The content of a model file as plain data: layers, their configs, the calls that connect them, weights by handle.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "kerascope/custom_layer.h"
#include "kerascope/tensor.h"

namespace kerascope {

using Json = nlohmann::json;

/// A weight in the file; read when a plan needs it.
struct StoredWeight {
  std::string name;   ///< its name in the file: "conv1/kernel:0" or, in an archive, "vars/0"
  std::string place;  ///< for messages: "/model_weights/conv1/conv1/kernel:0 in vgg16.h5"
  Shape shape;
  DType dtype = DType::kFloat32;
  std::function<Tensor()> read;  ///< checked against `shape` and `dtype`; throws Error with the place
};

/// One tensor of a network: an output of one call of one of its layers.
struct TensorRef {
  int layer = 0;   ///< index in Network::layers
  int call = 0;    ///< index among that layer's calls
  int output = 0;  ///< index among that call's outputs
  bool operator==(const TensorRef&) const = default;
};

/// One use of a layer (Keras's node).
struct Call {
  std::vector<TensorRef> inputs;  ///< all tensors among the arguments, in order
  /// The arguments as in the file; {"tensor": 1} stands for inputs[1], also inside lists.
  Json positional = Json::array();
  Json keywords = Json::object();  ///< {"training": false}
  /// The outputs' shapes as the file states them, batch first, -1 for an open size; empty if it does not.
  std::vector<std::vector<std::int64_t>> output_shapes;
};

struct Network;

/// An owned network, or none; a copy is deep.
class NestedNetwork {
 public:
  NestedNetwork() = default;
  NestedNetwork(Network network);  // NOLINT: implicit, as it only holds this
  NestedNetwork(const NestedNetwork& other);
  NestedNetwork(NestedNetwork&&) noexcept = default;
  NestedNetwork& operator=(NestedNetwork other) noexcept;
  ~NestedNetwork();

  explicit operator bool() const { return network_ != nullptr; }
  Network& operator*() { return *network_; }
  Network* operator->() { return network_.get(); }
  const Network& operator*() const { return *network_; }
  const Network* operator->() const { return network_.get(); }

 private:
  std::unique_ptr<Network> network_;
};

struct LayerData {
  std::string class_name;  ///< "Conv2D"; with the package of registered custom classes: "Custom>SpatialGate"
  std::string module;      ///< "keras.layers" or a user's own; empty if the file does not say
  std::string name;
  Json config;
  std::string place;          ///< for messages: "config.layers[41]"
  bool is_operation = false;  ///< a node that keras.ops made, which `model.layers` does not list
  bool trainable = true;
  std::vector<Call> calls;  ///< empty for InputLayers
  NestedNetwork network;    ///< set for nested models
  /// What the file stores for this layer, in the file's order. In an HDF5 file a nested model holds all weights of
  /// its layers in one list (trainable ones first); in an archive each layer holds its own, in creation order.
  std::vector<StoredWeight> weights;
  /// True: `weights` are this layer's own, in the order in which Keras creates them, not the file's.
  bool weights_in_order = false;
};

/// A Sequential or functional model, at the top or nested.
struct Network {
  std::string class_name;  ///< "Sequential", "Functional" (also what older files call "Model"), or the user's
  std::string name;
  bool is_sequential = false;
  std::vector<LayerData> layers;  ///< in the file's order; a Sequential always starts with its InputLayer
  std::vector<TensorRef> inputs, outputs;
  /// The keys, if the outputs are a dict, in the order of `outputs`; otherwise empty.
  std::vector<std::string> output_names;
  bool input_layer_in_file = true;  ///< false if a Sequential's file has none and one was added
};

/// Immutable once it is loaded; may be shared between threads.
struct ModelData {
  std::string path;           ///< as the user gave it
  std::string format;         ///< "HDF5" or "Keras archive"
  std::string keras_version;  ///< "2.1.6", "2.12.0", "3.15.1"
  std::string backend;        ///< "tensorflow", "theano", ...; empty if the file does not say
  Network network;
  Json training;  ///< the training configuration, or null
  CustomLayers custom_layers = {};

  int keras_major() const;  ///< 1 if the file states no version
  /// True for Keras 3 and for tf.keras (version 2.4 or above, or ending in "-tf"): there a frozen batch normalization
  /// uses its moving statistics in the training phase; in Keras up to 2.3 it does not.
  bool freezes_statistics() const;
};

/// The name that Keras derives from a class: "GlobalAveragePooling2D" -> "global_average_pooling2d".
std::string snake_case(std::string_view class_name);

/// Whether a module belongs to Keras itself, in any of its packages.
bool is_keras_module(std::string_view module);

/// The default roles of a tensor's axes, by rank without the batch axis: 1 "C", 2 "TC", 3 "HWC".
std::string usual_axes(int rank_without_batch);

/// An input of the model: the InputLayer's name, and its shape in the file (-1 for unknown sizes).
struct ModelInput {
  std::string name;
  std::vector<std::int64_t> shape;  ///< batch first; empty if the file states none
  std::string axes;                 ///< roles without the batch axis: "HWC" or "CHW"
  DType dtype = DType::kFloat32;    ///< of what is fed; bfloat16, which NumPy does not have, is fed as float32

  /// The roles of the axes of a sample for this input, whose own rank may be unknown.
  std::string axes_of(const Shape& sample) const;
};
std::vector<ModelInput> model_inputs(const ModelData& model);

/// The number of layer calls in one run, including those inside each call of a nested model.
double expanded_calls(const Network& network);

/// The number of parameters in the file for this layer, including all layers of a nested model.
std::int64_t parameter_count(const LayerData& layer);

}  // namespace kerascope
