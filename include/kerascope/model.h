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

/// The size of an axis that a model leaves open, as Keras's None: Input({ks::kOpen, ks::kOpen, 3}).
inline constexpr std::int64_t kOpen = -1;

/// A tensor that a model will compute: an output of one call of one layer (keras.KerasTensor). It has no numbers; a
/// Function that is made to it gives them. Copies are the same tensor. Keeps what it was computed from alive.
class KERASCOPE_API KerasTensor {
 public:
  KerasTensor(const KerasTensor&) = default;  // and no moves, so that no handle is ever empty
  KerasTensor& operator=(const KerasTensor&) = default;

  /// The address in a loaded model. In code the layer's name, or its class's ("conv2d") where it was given none.
  std::string name() const;
  /// Batch first; kOpen where a size is not fixed, as the batch's is.
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
  /// Without '/'. Empty: its class's with a number in the order in which layers were made, as Keras counts, but within
  /// each model: "conv2d", "conv2d_1".
  std::string name = {};
  Shape input_shape = {};  ///< of a Sequential's first layer, without the batch; kOpen for a size that is not fixed
  bool trainable = true;   ///< false: a frozen batch normalization keeps its moving statistics in the training phase
};

/// A weight of a layer.
struct Weight {
  std::string name;  ///< Keras 3's: "kernel"
  Shape shape;       ///< in Keras's order: (kh, kw, C, filters) of a Conv2D's kernel
  Tensor numbers;    ///< float32, whatever the file holds; a view of the file where it can be
};

/// A handle to a layer, from Model::layer and Model::layers, Sequential::add or ks::layer. Copies mean the same layer.
/// Handles stay valid without their model; reading through them is safe from many threads, calling a layer is not.
///
///     for (const ks::Layer& one : model.layers())
///       std::cout << one.name() << ' ' << one.class_name() << ' ' << one.output().shape().str() << '\n';
class KERASCOPE_API Layer {
 public:
  Layer(const Layer&) = default;
  Layer& operator=(const Layer&) = default;

  /// The last part of its address. In code the given name, or its class's ("conv2d") where it was given none.
  std::string name() const;
  std::string class_name() const;  ///< Keras's: "Conv2D"
  /// What it gives when it is called on this: a call more of the same layer, which shares its weights. Only of a layer
  /// in code, and on tensors in code. A call is forgotten when nobody holds its output or what is computed of it.
  ///
  ///     const ks::Layer conv = ks::layer(kl::Conv2D{.filters = 8, .kernel_size = {3, 3}});
  ///     const ks::KerasTensor maps = conv(ks::Input({32, 32, 3}));  // (-1, 30, 30, 8)
  ///
  /// Cost: its shapes are inferred; nothing is computed.
  /// @throws Error{shape-mismatch, shape-rank, axis-invalid} where the input does not suit it, Error{config-type,
  ///         activation-unknown, size-too-large} where its own arguments are wrong, Error{call-invalid} for a wrong
  ///         number of inputs or outputs, a layer of a loaded model, or a tensor of one
  KerasTensor operator()(const KerasTensor& input) const;
  KerasTensor operator()(const std::vector<KerasTensor>& inputs) const;
  /// The same for a layer, as a nested model, with several outputs.
  std::vector<KerasTensor> call(const std::vector<KerasTensor>& inputs) const;

  /// An output of its call number `call`, both from 0.
  /// @throws Error{call-missing} before it was called, or so often, Error{call-invalid} where it has fewer outputs
  KerasTensor output(int index = 0, int call = 0) const;
  /// All outputs of a call. @throws Error{call-missing, call-invalid}
  std::vector<KerasTensor> outputs(int call = 0) const;
  /// How often it was called; in a loaded model at least 1.
  int calls() const;

  /// Its weights in the order in which Keras creates them (Keras's layer.weights); empty before they were loaded, and
  /// without those that the file does not hold in the right shape. Of a nested model: all of its layers'.
  ///
  ///     const ks::Weight kernel = model.layer("conv1").weights()[0];  // (3, 3, 1, 64)
  ///
  /// Reads them from the file at each call; what is float32 there is mapped, not copied.
  /// @throws Error{weight-type} where the file holds text instead of numbers
  std::vector<Weight> weights() const;
  /// Of a nested model: as Model::layers, of its first call where there are several (model.layer("block@1/conv") is in
  /// another); otherwise none.
  std::vector<Layer> layers() const;

 private:
  friend struct api::Access;
  Layer() = default;
  std::shared_ptr<api::LayerState> state_;  ///< of a model that was defined in code ..
  std::shared_ptr<api::ModelState> model_;  ///< .. or a layer in a model
  std::string address_;
};

/// An input of a functional model (keras.Input), float32.
/// @param shape  without the batch; kOpen for a size that is not fixed
/// @param name   without '/'; empty: "input_layer", with a number where there are several
/// @throws Error{input-shape} for a size below 1 that is not kOpen, Error{name-invalid}
KERASCOPE_API KerasTensor Input(const Shape& shape, const std::string& name = "");

namespace api {
KERASCOPE_API Layer make_layer(const AnyLayer& layer, const LayerOptions& options);
}

/// A layer to be called, of a struct of kerascope::layers. It has no weights before a model that holds it loads them.
///
///     const auto add = ks::layer(kl::Add{}, {.name = "sum"});
///     const ks::KerasTensor left = ks::Input({8, 8, 3}), right = ks::Input({8, 8, 3});
///     const ks::Model model({left, right}, {add({left, right})});
///
/// @throws Error{layer-unknown} for a struct that is none of kerascope::layers, Error{name-invalid} for a name with
/// '/'. What is wrong with its arguments is said when it is called.
template <typename L>
Layer layer(const L& layer, const LayerOptions& options = {}) {
  return api::make_layer({typeid(L), &layer}, options);
}

/// How the layers of a file and those of a model find each other.
struct LoadWeightsOptions {
  /// Layers by their names, whatever their order; what only one side has is left alone. Otherwise the layers that have
  /// weights follow each other in the file as in the model. Their names may have changed since; if one is that of
  /// another layer of the model, nothing is loaded. Within a nested model of an .h5, whose list is ordered by the
  /// `trainable` flags with which it was saved, names also tell if those were others.
  bool by_name = false;
};

/// What load_weights did, by layer name.
struct LoadedWeights {
  std::vector<std::string> loaded;   ///< those that have new weights
  std::vector<std::string> missing;  ///< in the model only (by_name)
  std::vector<std::string> unused;   ///< in the file only (by_name)
};

/// A trained network. A handle: copies are the same model. Reading and running one Model from many threads is safe;
/// runs of one shape, phase and choice of layers wait for each other. load_weights and Sequential::add are for one
/// thread. A Sequential without layers throws Error{model-empty}, one with two layers of a name Error{name-taken},
/// wherever it is read or run.
///
/// There is no compile(): optimizer, loss and metrics say how a model is trained, and Kerascope does not train.
///
///     const ks::Model net = ks::load("digits.keras");
///     std::cout << net.summary();
///     const ks::Tensor digit = net.predict(ks::read_image("digit.png", net))[0];  // (1, 10)
class KERASCOPE_API Model {
 public:
  Model(const Model&) = default;
  Model& operator=(const Model&) = default;

  /// A functional model (keras.Model): every layer between inputs and outputs, in Keras's order, which weights by order
  /// follow. The layers are shared with what else was made of them; also tensors in the middle may be inputs.
  ///
  ///     const ks::KerasTensor x = ks::Input({32, 32, 3}, "image");
  ///     const ks::KerasTensor y = ks::layer(kl::Flatten{})(ks::layer(kl::MaxPooling2D{})(x));
  ///     const ks::Model pooled({x}, {y}, "pooled");
  ///
  /// @param name  without '/'; empty: "functional", with a number where a model has several
  /// @throws Error{graph-disconnected} if an output needs an input that is not given, there are no inputs or outputs,
  /// or a tensor lies in a loaded model; Error{name-invalid}
  Model(std::vector<KerasTensor> inputs, std::vector<KerasTensor> outputs, const std::string& name = "");

  std::string name() const;           ///< the model's own, Keras's: "sequential"
  std::string class_name() const;     ///< "Functional", "Sequential", or a user's own
  std::string keras_version() const;  ///< of the Keras that wrote the file; of a model defined in code "3"

  /// What it is fed, in the order in which tensors are given to run().
  std::vector<KerasTensor> inputs() const;
  /// What it computes, in the order in which predict() gives it.
  std::vector<KerasTensor> outputs() const;

  /// The outermost layers, as Keras's model.layers, without operations (keras.ops); those of a nested model are its
  /// Layer::layers().
  std::vector<Layer> layers() const;
  /// By name at any depth if it occurs once, by path or index: "block1_conv1", "resnet50/conv1_conv", "-1"; as
  /// keras.Model.get_layer, and by pattern, if that means one layer.
  ///
  ///     const ks::Layer conv1 = model.layer("conv1"), last = model.layer(-1);
  ///
  /// @throws Error{layer-not-found} with "did you mean", Error{layer-ambiguous, layer-index}; Error{call-invalid} for
  ///         the address of a tensor: a call, output or channel of a layer, or what lies inside it
  Layer layer(std::string_view address) const;
  /// What one address of RunOptions::taps means, as a handle for ks::function; no single channels or units.
  ///
  ///     const ks::KerasTensor before = model.tensor("conv2/pre_activation");
  ///
  /// @throws Error{layer-not-found} with "did you mean", Error{layer-ambiguous, layer-index, channel-invalid}
  KerasTensor tensor(std::string_view address) const;
  /// As Keras's model.get_layer(index=..); negative numbers count from the end. @throws Error{layer-index}
  Layer layer(int index) const;

  /// All layers at every depth, or the wanted ones, in one pass.
  ///
  ///     const ks::Activations all = model.run(image);
  ///     const ks::Activations convs = model.run(image, {.taps = {"conv*"}});
  ///
  /// Layers that cannot be computed (unknown ones, those without weights, what depends on them) are left out and told
  /// in Activations::skipped, unless `taps` names them: then the run throws their reason. Weights of text end any run.
  /// Cost: the first run of a shape, phase and choice of layers makes a plan, reads the weights that it needs and puts
  /// convolution kernels in order; later ones compute only. The last 8 plans are kept. Without taps the results of all
  /// layers are in memory at once, and stay there as long as one of them is held.
  /// @param inputs  one a model input, in their order, batch first, all of one batch; a missing batch axis is added
  /// @throws Error{input-count, input-shape} for what is given; Error{layer-not-found, layer-ambiguous, layer-index,
  ///         channel-invalid} for taps; Error{weight-missing, weight-shape, weight-type, layer-unknown,
  ///         layer-unsupported, config-type, config-missing, shape-mismatch, shape-rank, axis-invalid,
  ///         activation-unknown} for a layer that was named and cannot be computed; Error{cancelled}; Error{memory}
  ///         where it is short or most_memory says so
  Activations run(std::span<const Tensor> inputs, const RunOptions& options = {}) const;
  Activations run(const Tensor& input, const RunOptions& options = {}) const;
  Activations run(std::initializer_list<Tensor> inputs, const RunOptions& options = {}) const;

  /// The model's outputs alone (Keras's predict_on_batch): one tensor an output, batch first. What they do not need is
  /// not computed. Plans are kept as those of run().
  /// @param input  as run() takes it
  /// @throws what Function throws
  std::vector<Tensor> predict(const Tensor& input, const CallOptions& options = {}) const;
  std::vector<Tensor> predict(std::span<const Tensor> inputs, const CallOptions& options = {}) const;

  /// The model as a layer of another one, also called several times; a loaded model, too.
  ///
  ///     const ks::KerasTensor picture = ks::Input({64, 64, 1}), digit = model(picture);
  ///     const ks::Model around({picture}, {ks::layer(kl::Softmax{})(digit)});
  ///
  /// @throws what Layer::operator() throws; Error{shape-mismatch} where its inputs have other shapes
  KerasTensor operator()(const KerasTensor& input) const;
  std::vector<KerasTensor> operator()(const std::vector<KerasTensor>& inputs) const;

  /// A table for people, as Keras's: each layer's address, class, output shape without the batch and parameters, nested
  /// models with their layers; lines end with a newline. Reads no weight.
  std::string summary() const;

  /// Weights from a full model or a file of weights alone: .h5 of Keras 2 and 3, .weights.h5, .keras. All or nothing:
  /// on an error the model is as it was. Weights are mapped, and read when they are needed. Handles that share layers
  /// with this model see them, too; results of earlier runs stay as they are.
  ///
  ///     ks::Model same = ks::load("digits.keras");
  ///     const ks::LoadedWeights done = same.load_weights("digits.keras", {.by_name = true});
  ///     std::cout << done.loaded.size() << " layers have new weights";
  ///
  /// As keras.Model.load_weights, except that by order nothing may be left over on either side.
  /// @throws Error{weights-mismatch} that lists all that does not fit; also where by name nothing does, or where a
  /// nested
  ///         model's list was written with other `trainable` flags and names do not tell the order;
  ///         Error{weights-ambiguous} for a model with layers that Kerascope does not know, or that occur in two
  ///         models, if the file does not tell whose weights are whose; Error{weights-missing} for a file without
  ///         weights, Error{weights-unnamed} for a .weights.h5 of a Keras that files layers by class and order;
  ///         Error{format-unsupported} for Keras 1; what load throws for a file that is missing or damaged
  LoadedWeights load_weights(const std::string& path, const LoadWeightsOptions& options = {});

  /// Writes a .keras archive that Keras 3 opens and that gives the same outputs; a model of an older Keras is written
  /// as Keras 3 would. Training configuration and regularisers are left out, and equal models give equal files. The
  /// file appears when it is complete, in place of an older one, also of the model's own.
  ///
  ///     model.save("again.keras");
  ///
  /// Cost: reads and writes all weights, as float32.
  /// @param path  ends in .keras
  /// @throws Error{save-unsupported} for another ending, and for layers or weights that have no place in Keras 3's
  ///         archive; Error{weight-missing} before they were loaded; Error{output-unwritable, hdf5-unwritable}
  void save(const std::string& path) const;

 protected:
  Model() = default;
  friend struct api::Access;
  std::shared_ptr<api::ModelState> state_;
};

/// A stack of layers (keras.Sequential), each with one input and one output.
///
///     ks::Sequential net("net");
///     net.add(kl::Conv2D{.filters = 64, .kernel_size = {3, 3}}, {.input_shape = {64, 64, 1}});
///     const ks::Layer conv1out = net.add(kl::Activation{"relu"});
///     std::cout << conv1out.output().shape().str();  // (-1, 62, 62, 64)
class KERASCOPE_API Sequential : public Model {
 public:
  /// @param name  without '/'; empty: "sequential", with a number where a model has several
  /// @throws Error{name-invalid}
  explicit Sequential(const std::string& name = "");

  /// Adds a layer behind the others and gives its handle. The model is as it was where this throws.
  /// @throws Error{input-shape-missing} if nobody said what the first layer gets, Error{call-invalid} for a layer with
  ///         several inputs or outputs, what ks::layer and Layer::operator() throw
  template <typename L>
  requires(!std::derived_from<L, Model> && !std::same_as<L, Layer>) Layer
      add(const L& layer, const LayerOptions& options = {}) {
    return add(api::make_layer({typeid(L), &layer}, options), options.input_shape);
  }
  /// The same for a layer that was made by ks::layer; `input_shape` as in LayerOptions.
  Layer add(const Layer& layer, const Shape& input_shape = {});
  /// A nested model; in front, its own input says the shape. @throws Error{call-invalid} where this one lies in it
  Layer add(const Model& model);
};

/// A trained model from a file that Keras 2, tf.keras or Keras 3 wrote: .h5, .keras; or the architecture alone, .json
/// of model.to_json(). Told by its content, not its name; "-" is standard input. Code in the file is never run. A layer
/// that Kerascope cannot compute is no error: all that does not need it can be run.
///
///     const ks::Model model = ks::load("digits.keras");
///     std::cout << model.keras_version() << ' ' << model.layers().size() << " layers";
///
/// Cost: a process that reads the HDF5 file's index, some milliseconds; weights are mapped, and read when they are
/// needed. The file must not be cut short or overwritten in place while the model or its weights are held; to be
/// replaced by another, as save() does, is no harm.
/// @throws Error{file-missing, file-unreadable, format-unknown}; Error{format-unsupported} for Keras 1 and for weights
/// as .npz; Error{model-missing} for a file of weights alone, Error{model-opaque} for a subclassed model, which stores
/// no layers; Error{config-invalid, json-invalid, hdf5-invalid, hdf5-unreadable, zip-invalid, reader-failed} for a
/// damaged file; Error{weights-mismatch} where the file's own weights are not its layers'; Error{reader-missing}
/// without the program kerascope-h5; Error{memory-short}
KERASCOPE_API Model load(const std::string& path);

}  // namespace kerascope
