// What a model file says, as plain data: layers, their configs, the calls that connect them, weights by handle.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "kerascope/tensor.h"

namespace kerascope {

using Json = nlohmann::json;

/// A weight as it lies in the file; read when a plan needs it.
struct StoredWeight {
  std::string name;   ///< as the file names it: "conv1/kernel:0" or, in an archive, "vars/0"
  std::string place;  ///< for messages: "/model_weights/conv1/conv1/kernel:0 in vgg16.h5"
  Shape shape;
  std::function<Tensor()> read;  ///< float32, checked against `shape`; throws Error with the place
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
  std::vector<TensorRef> inputs;  ///< all tensors of the arguments, in order
  /// The arguments as the file has them; {"tensor": 1} stands for inputs[1], wherever it lies in lists.
  Json positional = Json::array();
  Json keywords = Json::object();  ///< {"training": false}
  /// What the file says of its outputs' shapes, batch first, -1 for an open size; empty if it says nothing.
  std::vector<std::vector<std::int64_t>> output_shapes;
};

struct Network;

/// A network of its own, or none; a copy copies it.
class NestedNetwork {
 public:
  NestedNetwork() = default;
  NestedNetwork(Network network);  // NOLINT: what it holds
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
  std::string module;      ///< "keras.layers", a user's own; empty in files that do not say
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
  /// They are this layer's own and stand in the order in which Keras creates them, whatever the file's.
  bool weights_in_order = false;
};

/// A Sequential or functional model, at the top or nested.
struct Network {
  std::string class_name;  ///< "Sequential", "Functional" (also what older files call "Model"), or the user's
  std::string name;
  bool is_sequential = false;
  std::vector<LayerData> layers;  ///< in the file's order; a Sequential always starts with its InputLayer
  std::vector<TensorRef> inputs, outputs;
  /// The names under which a dict of outputs is known, empty otherwise; same order as outputs.
  std::vector<std::string> output_names;
  bool input_layer_in_file = true;  ///< false where a Sequential's file names none and one was added
};

/// Immutable once it is loaded; may be shared between threads.
struct ModelData {
  std::string path;           ///< as the user gave it
  std::string format;         ///< "HDF5" or "Keras archive"
  std::string keras_version;  ///< "2.1.6", "2.12.0", "3.15.1"
  std::string backend;        ///< "tensorflow", "theano", ...; empty where the file does not say
  Network network;
  Json training;  ///< the training configuration, null without one

  int keras_major() const;  ///< 1 where no version is said
  /// True for Keras 3, and for tf.keras, whose versions are 2.4 and above or end in "-tf". There a frozen batch
  /// normalization keeps its moving statistics in the training phase; in Keras up to 2.3 it does not.
  bool freezes_statistics() const;
};

/// The name that Keras derives from a class: "GlobalAveragePooling2D" -> "global_average_pooling2d".
std::string snake_case(std::string_view class_name);

/// Whether Keras itself, in any of its packages, defines what a module holds.
bool is_keras_module(std::string_view module);

/// The roles of a tensor's axes where nobody says else, by rank without the batch axis: 1 "C", 2 "TC", 3 "HWC".
std::string usual_axes(int rank_without_batch);

/// An input of the model: the InputLayer's name and what the file says of its shape (-1 where it says nothing).
struct ModelInput {
  std::string name;
  std::vector<std::int64_t> shape;  ///< batch first; empty where the file says nothing at all
  std::string axes;                 ///< roles without the batch axis: "HWC" or "CHW"
  DType dtype = DType::kFloat32;    ///< what is computed with: every floating-point type is computed as float32
};
std::vector<ModelInput> model_inputs(const ModelData& model);

/// How many calls of layers one run makes, those inside each call of a nested model included.
double expanded_calls(const Network& network);

/// How many numbers the file holds for this layer and, in nested models, all layers below.
std::int64_t parameter_count(const LayerData& layer);

}  // namespace kerascope
