// Models: loaded from a file or defined in code; their layers and handles to what these give.
#pragma once

#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <typeindex>
#include <typeinfo>
#include <vector>

#include "kerascope/activations.h"
#include "kerascope/error.h"
#include "kerascope/export.h"
#include "kerascope/run.h"
#include "kerascope/shape.h"

namespace kerascope {

class Layer;
class Model;

namespace api {
struct LayerState;
struct ModelState;
struct Node;
struct Access;

/// A layer's struct whose C++ type says which layer it is.
struct AnyLayer {
  std::type_index type;
  const void* layer;
};
}  // namespace api

/// The size of an axis that a model leaves open, as Keras's None.
inline constexpr std::int64_t kOpen = -1;

/// A tensor that a model will compute: an output of one call of one layer (Keras's KerasTensor). Cheap to copy.
class KERASCOPE_API KerasTensor {
 public:
  /// The address in its model; for a layer that is in no model yet, its name.
  std::string name() const;
  /// Batch first; kOpen where a size is not fixed.
  const Shape& shape() const;

 private:
  friend struct api::Access;
  KerasTensor() = default;
  std::shared_ptr<const api::Node> node_;  ///< of a model that was defined in code ..
  int output_ = 0;
  std::shared_ptr<api::ModelState> model_;  ///< .. or a place in a model
  std::string address_;
  Shape shape_;
};

/// What every layer has beside its own arguments.
struct LayerOptions {
  std::string name = {};   ///< empty: its class's with a number, as Keras counts: "conv2d", "conv2d_1"
  Shape input_shape = {};  ///< of a Sequential's first layer, without the batch; kOpen for a size that is not fixed
  bool trainable = true;   ///< false: a frozen batch normalization keeps its moving statistics in the training phase
};

/// A weight as it is stored; `read` gives its numbers, converted to float32.
struct Weight {
  std::string name;  ///< Keras's: "kernel"
  Shape shape;
  Tensor numbers;
};

/// A handle to a layer. Copies mean the same layer.
class KERASCOPE_API Layer {
 public:
  std::string name() const;
  std::string class_name() const;  ///< Keras's: "Conv2D"
  /// What it gives when it is called on this: a call more of the same layer, which shares its weights.
  /// @throws Error{shape-mismatch, ...} where the input does not suit it.
  KerasTensor operator()(const KerasTensor& input) const;
  KerasTensor operator()(const std::vector<KerasTensor>& inputs) const;
  /// The same for a layer with several outputs.
  std::vector<KerasTensor> call(const std::vector<KerasTensor>& inputs) const;

  /// An output of its call number `call`. @throws Error{call-missing} before it was called
  KerasTensor output(int index = 0, int call = 0) const;
  std::vector<KerasTensor> outputs(int call = 0) const;
  /// How often it was called.
  int calls() const;

  /// Its weights in the order in which Keras creates them; empty before they were loaded. Reads them from the file.
  /// Of a nested model: all of its layers'.
  std::vector<Weight> weights() const;
  /// Of a nested model: as Model::layers; otherwise none.
  std::vector<Layer> layers() const;

 private:
  friend struct api::Access;
  Layer() = default;
  std::shared_ptr<api::LayerState> state_;  ///< of a model that was defined in code ..
  std::shared_ptr<api::ModelState> model_;  ///< .. or a layer in a model
  std::string address_;
};

/// An input of a functional model (keras.Input).
/// @param shape  without the batch; kOpen for a size that is not fixed
KERASCOPE_API KerasTensor Input(const Shape& shape, const std::string& name = "");

namespace api {
KERASCOPE_API Layer make_layer(const AnyLayer& layer, const LayerOptions& options);
}

/// A layer to be called: `auto conv = ks::layer(kl::Conv2D{.filters = 8, .kernel_size = {3, 3}}); auto y = conv(x);`
/// @throws Error{layer-unknown} for a struct that is none of kerascope::layers
template <typename L>
Layer layer(const L& layer, const LayerOptions& options = {}) {
  return api::make_layer({typeid(L), &layer}, options);
}

struct LoadWeightsOptions {
  /// Layers by their names, whatever their order; what only one side has is left alone. Otherwise the layers that have
  /// weights follow each other in the file as in the model, and names do not matter.
  bool by_name = false;
};

/// What load_weights did, by layer name.
struct LoadedWeights {
  std::vector<std::string> loaded;
  std::vector<std::string> missing;  ///< in the model only (by_name)
  std::vector<std::string> unused;   ///< in the file only (by_name)
};

/// A trained network. A handle: copies share all but what load_weights then changes. Reading and running one Model from
/// many threads is safe.
///
/// There is no compile(): optimizer, loss and metrics say how a model is trained, and Kerascope does not train.
class KERASCOPE_API Model {
 public:
  /// A functional model (keras.Model): every layer between inputs and outputs, in Keras's order.
  /// @throws Error{graph-disconnected} if an output needs an input that is not given
  Model(std::vector<KerasTensor> inputs, std::vector<KerasTensor> outputs, const std::string& name = "");

  std::string name() const;
  std::string class_name() const;     ///< "Functional", "Sequential"
  std::string keras_version() const;  ///< of the Keras that wrote the file; of a model defined in code "3"

  std::vector<KerasTensor> inputs() const;
  std::vector<KerasTensor> outputs() const;

  /// The outermost layers, as Keras's model.layers; those of a nested model are its Layer::layers().
  std::vector<Layer> layers() const;
  /// By name, path or index: "block1_conv1", "resnet50/conv1_conv", "-1".
  /// @throws Error{layer-not-found, layer-ambiguous, layer-index}
  Layer layer(std::string_view address) const;
  /// As Keras's model.get_layer(index=..); negative numbers count from the end.
  Layer layer(int index) const;

  /// All layers at every depth, or the wanted ones, in one pass.
  /// @param inputs  one a model input, batch first; a missing batch axis is added
  /// @throws Error{input-count, input-shape, layer-not-found, weight-missing, ...}
  Activations run(std::span<const Tensor> inputs, const RunOptions& options = {}) const;
  Activations run(const Tensor& input, const RunOptions& options = {}) const;
  Activations run(std::initializer_list<Tensor> inputs, const RunOptions& options = {}) const;

  /// The model's outputs alone (Keras's predict).
  std::vector<Tensor> predict(const Tensor& input, const CallOptions& options = {}) const;
  std::vector<Tensor> predict(std::span<const Tensor> inputs, const CallOptions& options = {}) const;

  /// The model as a layer of another one, also called several times.
  KerasTensor operator()(const KerasTensor& input) const;
  std::vector<KerasTensor> operator()(const std::vector<KerasTensor>& inputs) const;

  /// A table for people, as Keras's: each layer's address, class, output shape and parameters.
  std::string summary() const;

  /// Weights from a full model or a file of weights alone: .h5 of Keras 2 and 3, .weights.h5, .keras. All or nothing.
  /// Weights are mapped, and read when they are needed. Handles that share layers with this model see them, too.
  /// @throws Error{weights-mismatch} that lists all that does not fit
  LoadedWeights load_weights(const std::string& path, const LoadWeightsOptions& options = {});

  /// Writes a .keras archive that Keras 3 opens and that gives the same outputs; a model of an older Keras is written
  /// as Keras 3 would. Training configuration and regularisers are left out, and equal models give equal files.
  /// @throws Error{save-unsupported, weight-missing, output-unwritable}
  void save(const std::string& path) const;

 protected:
  Model() = default;
  friend struct api::Access;
  std::shared_ptr<api::ModelState> state_;
};

/// A stack of layers, each with one input and one output.
///
///     ks::Sequential net;
///     net.add(kl::Conv2D{.filters = 64, .kernel_size = {3, 3}}, {.input_shape = {64, 64, 1}});
///     auto conv1out = net.add(kl::Activation{"relu"});
class KERASCOPE_API Sequential : public Model {
 public:
  explicit Sequential(const std::string& name = "");

  /// Adds a layer behind the others and gives its handle.
  /// @throws Error{input-shape-missing} if nobody said what the first layer gets; what Layer::operator() throws
  template <typename L>
  requires(!std::derived_from<L, Model> && !std::same_as<L, Layer>) Layer
      add(const L& layer, const LayerOptions& options = {}) {
    return add(api::make_layer({typeid(L), &layer}, options), options.input_shape);
  }
  Layer add(const Layer& layer, const Shape& input_shape = {});
  /// A nested model.
  Layer add(const Model& model);
};

/// A trained model from a file that any Keras wrote: .h5, .keras; told by its content.
/// Costs an index of the file; weights are read when they are needed.
/// @throws Error{file-missing, format-unknown, model-missing, model-opaque, config-invalid, ...}
KERASCOPE_API Model load(const std::string& path);

}  // namespace kerascope
