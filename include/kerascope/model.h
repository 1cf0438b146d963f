// Models, loaded from a file or defined in code; handles to their layers and to tensors.
#pragma once

#include <concepts>
#include <initializer_list>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <typeindex>
#include <typeinfo>
#include <utility>
#include <vector>

#include "kerascope/activations.h"
#include "kerascope/custom_layer.h"
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

/// A layer's struct with its type erased; `type` says which struct it is.
struct AnyLayer {
  std::type_index type;
  const void* layer;
};
}  // namespace api

/// The size of an axis that is not fixed, like Keras's None: Input({ks::kOpen, ks::kOpen, 3}).
inline constexpr std::int64_t kOpen = -1;

/// A symbolic tensor: an output of one call of one layer (keras.KerasTensor). It has no numbers; a Function that ends
/// at it computes them. Copies mean the same tensor. It keeps the layers and tensors that it depends on alive.
class KERASCOPE_API KerasTensor {
 public:
  KerasTensor(const KerasTensor&) = default;  // and no moves, so that no handle is ever empty
  KerasTensor& operator=(const KerasTensor&) = default;

  /// In a loaded model the address. In code the layer's name, or its class's ("conv2d") if it was given none.
  std::string name() const;
  /// Batch first; kOpen for each size that is not fixed, such as the batch's.
  const Shape& shape() const;

 private:
  friend struct api::Access;
  KerasTensor() = default;
  std::shared_ptr<const api::Node> node_;  ///< set if it was defined in code ..
  int output_ = 0;
  std::shared_ptr<api::ModelState> model_;  ///< .. otherwise model and address are set
  std::string address_;
  Shape shape_;
};

/// Options that every layer has besides its own arguments.
struct LayerOptions {
  /// Without '/'. Empty: named after its class and numbered in the order of creation, as in Keras but per model:
  /// "conv2d", "conv2d_1".
  std::string name = {};
  Shape input_shape = {};  ///< for a Sequential's first layer, without the batch; kOpen for a size that is not fixed
  bool trainable = true;   ///< false: a frozen batch normalization keeps its moving statistics in the training phase
};

/// A weight of a layer.
struct Weight {
  std::string name;  ///< Keras 3's: "kernel"; of a layer that Kerascope cannot compute the file's: "scale", "0"
  Shape shape;       ///< in Keras's axis order: (kh, kw, C, filters) for a Conv2D's kernel
  Tensor numbers;    ///< of the type that the file stores, mostly float32; a view of the mapped file if it can be
};

/// A handle to a layer, from Model::layer and Model::layers, Sequential::add or ks::layer. Copies mean the same layer.
/// Handles stay valid without their model. Many threads may read through handles; calling a layer is not thread-safe.
///
///     for (const ks::Layer& one : model.layers())
///       std::cout << one.name() << ' ' << one.class_name() << ' ' << one.output().shape().str() << '\n';
class KERASCOPE_API Layer {
 public:
  Layer(const Layer&) = default;
  Layer& operator=(const Layer&) = default;

  /// The last part of its address. In code the given name, or its class's ("conv2d") if it was given none.
  std::string name() const;
  std::string class_name() const;  ///< Keras's: "Conv2D"
  /// Calls the layer on a tensor and returns its output; all calls share the layer's weights. Works only for layers and
  /// tensors in code. A call is forgotten when no handle to its output, or to a tensor computed from that, is left.
  ///
  ///     const ks::Layer conv = ks::layer(kl::Conv2D{.filters = 8, .kernel_size = {3, 3}});
  ///     const ks::KerasTensor maps = conv(ks::Input({32, 32, 3}));  // (-1, 30, 30, 8)
  ///
  /// Cost: only shapes are inferred; nothing is computed.
  /// @throws Error{shape-mismatch, shape-rank, axis-invalid} if the layer cannot take the input, Error{config-type,
  ///         activation-unknown, size-too-large} if its own arguments are wrong, Error{call-invalid} for a wrong
  ///         number of inputs or outputs, a layer of a loaded model, or a tensor of one
  KerasTensor operator()(const KerasTensor& input) const;
  KerasTensor operator()(const std::vector<KerasTensor>& inputs) const;
  /// The same for a layer with several outputs, such as a nested model.
  std::vector<KerasTensor> call(const std::vector<KerasTensor>& inputs) const;

  /// Output number `index` of call number `call`, both from 0.
  /// @throws Error{call-missing} if it was called fewer than `call` + 1 times, Error{call-invalid} for a wrong index
  KerasTensor output(int index = 0, int call = 0) const;
  /// All outputs of a call. @throws Error{call-missing, call-invalid}
  std::vector<KerasTensor> outputs(int call = 0) const;
  /// How often it was called; in a loaded model at least 1.
  int calls() const;

  /// Its weights in the order of Keras's layer.weights; empty before they are loaded, and without weights that the file
  /// does not hold in the right shape. For a nested model: the weights of all its layers.
  ///
  ///     const ks::Weight kernel = model.layer("conv1").weights()[0];  // (3, 3, 1, 64)
  ///
  /// Each call reads them from the file; float32 weights are mapped, not copied.
  /// @throws Error{weight-type} if the file holds text instead of numbers
  std::vector<Weight> weights() const;
  /// For a nested model, its layers as in Model::layers; if the model is called several times, those in its first call
  /// (model.layer("block@1/conv") is in the second). Empty for other layers.
  std::vector<Layer> layers() const;

 private:
  friend struct api::Access;
  Layer() = default;
  std::shared_ptr<api::LayerState> state_;  ///< set if it was defined in code ..
  std::shared_ptr<api::ModelState> model_;  ///< .. otherwise model and address are set
  std::string address_;
};

/// An input of a functional model (keras.Input), float32.
/// @param shape  without the batch; kOpen for a size that is not fixed
/// @param name   without '/'; empty: "input_layer", with a number if there are several
/// @throws Error{input-shape} for a size below 1 that is not kOpen, Error{name-invalid}
KERASCOPE_API KerasTensor Input(const Shape& shape, const std::string& name = "");

namespace api {
KERASCOPE_API Layer make_layer(const AnyLayer& layer, const LayerOptions& options);
}

/// Makes a layer from a struct of kerascope::layers, to be called. It has no weights until a model that contains it
/// loads them.
///
///     const auto add = ks::layer(kl::Add{}, {.name = "sum"});
///     const ks::KerasTensor left = ks::Input({8, 8, 3}), right = ks::Input({8, 8, 3});
///     const ks::Model model({left, right}, {add({left, right})});
///
/// @throws Error{layer-unknown} for a struct that is not from kerascope::layers, Error{name-invalid} for a name with
/// '/'. Wrong arguments are reported when the layer is called.
template <typename L>
requires(!std::convertible_to<const L&, std::string_view>) Layer
    layer(const L& layer, const LayerOptions& options = {}) {
  return api::make_layer({typeid(L), &layer}, options);
}

/// Makes any layer from the name of its class, as Keras's from_config does: for programs and languages that get layers
/// as text. The class may be one of one's own.
///
///     const ks::Layer conv = ks::layer("Conv2D", R"({"filters": 8, "kernel_size": [3, 3], "padding": "same"})");
///
/// @param class_name  Keras's: "Conv2D", "mine>Gate"; also a name that older Keras used
/// @param config      the layer's arguments as a JSON object, as in Keras's get_config; arguments that are left out
/// have
///                    Keras's defaults. `name` and `trainable` in it count if `options` does not give them.
/// @throws Error{layer-unknown} with "did you mean", Error{json-invalid}, Error{config-missing} for an argument that is
///         needed, Error{config-type} for a wrong or unknown one, Error{name-invalid}
KERASCOPE_API Layer layer(const std::string& class_name, const std::string& config = "{}",
                          const LayerOptions& options = {});

/// Options of load().
struct LoadOptions {
  std::stop_token stop = {};  ///< ends the call with Error{cancelled}
  /// Layers that the program computes itself.
  ///
  ///     const ks::CustomLayer gate = [](const ks::CustomCall& call) { return ks::CustomOutputs{{call.inputs[0]}}; };
  ///     const ks::Model model = ks::load("digits.keras", {.custom_layers = {.by_class = {{"Gate", gate}}}});
  CustomLayers custom_layers = {};
  /// What Lambdas compute whose code is not read, because it is more than one expression: their addresses or patterns,
  /// each with an expression of the input x, as Python writes it. It has arithmetic, comparisons, parts of tensors such
  /// as x[..., ::-1] or, of a list of inputs, x[0], and functions of keras.ops, keras.backend (K.) and TensorFlow
  /// (tf.).
  ///
  ///     const ks::LoadOptions options = {.lambdas = {{"centre", "x / 127.5 - 1"}}};
  ///
  /// @throws Error{expression-invalid} from load(); Error{lambda-invalid} for a layer that is no Lambda
  std::vector<std::pair<std::string, std::string>> lambdas = {};
};

/// How layers of a file are matched with layers of a model.
struct LoadWeightsOptions {
  /// True: by name, in any order; layers that only one side has are left unchanged. False: by order, the layers with
  /// weights in the file and in the model one after the other. Names may then differ, but if a name in the file belongs
  /// to another layer of the model, nothing is loaded. In an .h5, a nested model's weights are ordered by the
  /// `trainable` flags at the time of saving; there, names also tell whether these flags were different.
  bool by_name = false;
};

/// What load_weights did, by layer name.
struct LoadedWeights {
  std::vector<std::string> loaded;   ///< layers with new weights
  std::vector<std::string> missing;  ///< layers that only the model has (by_name)
  std::vector<std::string> unused;   ///< layers that only the file has (by_name)
};

/// A trained network. It is a handle: copies mean the same model. Many threads may read and run one Model at a time:
/// they share the cores and what was made of the weights. load_weights and Sequential::add are not thread-safe. Reading
/// or running a Sequential without layers throws Error{model-empty}, one with a name twice Error{name-taken}.
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

  /// A functional model (keras.Model): every layer between inputs and outputs, in Keras's order, by which load_weights
  /// matches them. The layers are shared with other models made of them. Intermediate tensors may be inputs.
  ///
  ///     const ks::KerasTensor x = ks::Input({32, 32, 3}, "image");
  ///     const ks::KerasTensor y = ks::layer(kl::Flatten{})(ks::layer(kl::MaxPooling2D{})(x));
  ///     const ks::Model pooled({x}, {y}, "pooled");
  ///
  /// @param name  without '/'; empty: "functional", with a number if a model contains several
  /// @throws Error{graph-disconnected} if an output needs an input that is not given, there are no inputs or outputs,
  /// or a tensor is in a loaded model; Error{name-invalid}
  Model(std::vector<KerasTensor> inputs, std::vector<KerasTensor> outputs, const std::string& name = "");

  std::string name() const;           ///< its name in Keras: "sequential"
  std::string class_name() const;     ///< "Functional", "Sequential", or a user's own
  std::string keras_version() const;  ///< of the Keras that wrote the file; "3" for a model defined in code

  /// Its inputs, in the order in which run() takes them.
  std::vector<KerasTensor> inputs() const;
  /// Its outputs, in the order in which predict() returns them.
  std::vector<KerasTensor> outputs() const;

  /// The outermost layers, as Keras's model.layers, without operations (keras.ops). Layer::layers() gives the layers of
  /// a nested model.
  std::vector<Layer> layers() const;
  /// By name (at any depth, if it is unique), path or index: "block1_conv1", "resnet50/conv1_conv", "-1"; also by a
  /// pattern that matches one layer. Compare keras.Model.get_layer.
  ///
  ///     const ks::Layer conv1 = model.layer("conv1"), last = model.layer(-1);
  ///
  /// @throws Error{layer-not-found} with "did you mean", Error{layer-ambiguous, layer-index}; Error{call-invalid} for
  ///         the address of a tensor: a call, output or channel of a layer, or a tensor inside it
  Layer layer(std::string_view address) const;
  /// The tensor at an address (as in RunOptions::taps), as a handle for ks::function; not for single channels or units.
  ///
  ///     const ks::KerasTensor before = model.tensor("conv2/pre_activation");
  ///
  /// @throws Error{layer-not-found} with "did you mean", Error{layer-ambiguous, layer-index, channel-invalid}
  KerasTensor tensor(std::string_view address) const;
  /// As Keras's model.get_layer(index=..); negative numbers count from the end. @throws Error{layer-index}
  Layer layer(int index) const;

  /// Computes all layers at every depth, or the chosen ones, in one pass.
  ///
  ///     const ks::Activations all = model.run(image);
  ///     const ks::Activations convs = model.run(image, {.taps = {"conv*"}});
  ///
  /// Layers that cannot be computed (unknown layers, layers without weights, and layers that depend on these) are
  /// listed in Activations::skipped; if `taps` names one of them, the run throws its reason. Text as weights ends any
  /// run.
  /// Cost: the first run with some shapes, phase and layers makes a plan, reads the weights that it needs and packs
  /// convolution kernels; later runs only compute. The last 8 plans are kept. Without taps, the results of all layers
  /// are in memory at once, and stay there as long as one of them is held.
  /// @param inputs  one per model input, in their order, batch first, with equal batches; a missing batch axis is added
  /// @throws Error{input-count, input-shape} for wrong inputs; Error{layer-not-found, layer-ambiguous, layer-index,
  ///         channel-invalid} for taps; Error{weight-missing, weight-shape, weight-type, layer-unknown,
  ///         layer-unsupported, config-type, config-missing, shape-mismatch, shape-rank, axis-invalid,
  ///         activation-unknown} for a named layer that cannot be computed; Error{cancelled}; Error{memory} if it
  ///         would exceed most_memory or the machine's memory
  Activations run(std::span<const Tensor> inputs, const RunOptions& options = {}) const;
  Activations run(const Tensor& input, const RunOptions& options = {}) const;
  Activations run(std::initializer_list<Tensor> inputs, const RunOptions& options = {}) const;

  /// Computes only the model's outputs (Keras's predict_on_batch) and the layers that they need: one tensor per output,
  /// batch first. Plans are kept as those of run().
  /// @param input  as run() takes it
  /// @throws what Function throws
  std::vector<Tensor> predict(const Tensor& input, const CallOptions& options = {}) const;
  std::vector<Tensor> predict(std::span<const Tensor> inputs, const CallOptions& options = {}) const;

  /// Uses the model, loaded or in code, as a layer of another model; it may be called several times.
  ///
  ///     const ks::KerasTensor picture = ks::Input({64, 64, 1}), digit = model(picture);
  ///     const ks::Model around({picture}, {ks::layer(kl::Softmax{})(digit)});
  ///
  /// @throws what Layer::operator() throws; Error{shape-mismatch} if its inputs have other shapes
  KerasTensor operator()(const KerasTensor& input) const;
  std::vector<KerasTensor> operator()(const std::vector<KerasTensor>& inputs) const;

  /// A table for people, like Keras's: each layer's address, class, output shape without the batch, and parameters;
  /// nested models with their layers. Every line ends with a newline. Reads no weights.
  std::string summary() const;
  /// The same for programs: a JSON object as `kerascope layers --json` prints it, with "layers" as a list of objects
  /// with index, address, class, output (null for open sizes), axes, parameters, calls, trainable, computable and
  /// problem.
  std::string summary_json() const;

  /// Loads weights from a full model or a file of weights alone: .h5 of Keras 2 and 3, .weights.h5, .keras. On an error
  /// the model stays unchanged. Weights are mapped, and read when they are needed. Handles and models that share
  /// layers with this one get the weights, too; results of earlier runs do not change.
  ///
  ///     ks::Model same = ks::load("digits.keras");
  ///     const ks::LoadedWeights done = same.load_weights("digits.keras", {.by_name = true});
  ///     std::cout << done.loaded.size() << " layers have new weights";
  ///
  /// As keras.Model.load_weights, except that by order no layer may be left over on either side.
  /// @throws Error{weights-mismatch} that lists everything that does not fit; also if nothing matches by name, or if a
  ///         nested model was saved with other `trainable` flags and names do not tell the order;
  ///         Error{weights-ambiguous} for a model with layers that Kerascope does not know, or that occur in two
  ///         models, if the file does not tell which weights belong to which layer; Error{weights-missing} for a file
  ///         without weights, Error{weights-unnamed} for a .weights.h5 of a Keras that names groups by class and order;
  ///         Error{format-unsupported} for Keras 1; what load throws for a missing or damaged file
  LoadedWeights load_weights(const std::string& path, const LoadWeightsOptions& options = {});

  /// Writes a .keras archive that Keras 3 opens and that gives the same outputs; a model of an older Keras is
  /// converted. Training configuration and regularisers are left out; equal models give equal files. The file appears,
  /// or replaces an older one (even the model's own), only when it is complete.
  ///
  ///     model.save("again.keras");
  ///
  /// Cost: reads and writes all weights, in the types that they have.
  /// @param path  ends in .keras
  /// @throws Error{save-unsupported} for another extension, and for layers or weights that Keras 3's archive cannot
  ///         hold; Error{weight-missing} if weights were not loaded; Error{output-unwritable, hdf5-unwritable}
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
  /// @param name  without '/'; empty: "sequential", with a number if a model contains several
  /// @throws Error{name-invalid}
  explicit Sequential(const std::string& name = "");

  /// Appends a layer and returns its handle. If this throws, the model is unchanged.
  /// @throws Error{input-shape-missing} if the first layer's input shape is not given, Error{call-invalid} for a layer
  ///         with several inputs or outputs, what ks::layer and Layer::operator() throw
  template <typename L>
  requires(!std::derived_from<L, Model> && !std::same_as<L, Layer>) Layer
      add(const L& layer, const LayerOptions& options = {}) {
    return add(api::make_layer({typeid(L), &layer}, options), options.input_shape);
  }
  /// The same for a layer that was made by ks::layer; `input_shape` as in LayerOptions.
  Layer add(const Layer& layer, const Shape& input_shape = {});
  /// Appends a nested model; as the first layer, it gives the input shape. @throws Error{call-invalid} if it contains
  /// this model
  Layer add(const Model& model);
};

/// Loads a trained model from a file of Keras 2, tf.keras or Keras 3: .h5, .keras; or only the architecture, the .json
/// of model.to_json(). The content decides the format, not the name; "-" is standard input. Code in the file is never
/// run. A layer that Kerascope cannot compute is no error: layers that do not need it can be run.
///
///     const ks::Model model = ks::load("digits.keras");
///     std::cout << model.keras_version() << ' ' << model.layers().size() << " layers";
///
/// Cost: a process that reads the HDF5 file's index, some milliseconds; weights are mapped, and read when they are
/// needed. Do not truncate the file or overwrite it in place while the model or its weights are held; replacing it by
/// another file, as save() does, is safe.
/// @throws Error{file-missing, file-unreadable, format-unknown}; Error{format-unsupported} for Keras 1 and for weights
/// as .npz; Error{model-missing} for a file of weights alone, Error{model-opaque} for a subclassed model, which stores
/// no layers; Error{config-invalid, json-invalid, hdf5-invalid, hdf5-unreadable, zip-invalid, reader-failed} for a
/// damaged file; Error{weights-mismatch} if the file's own weights do not fit its layers; Error{reader-missing}
/// if the program kerascope-h5 is not found; Error{memory-short}; Error{cancelled} if it was stopped
KERASCOPE_API Model load(const std::string& path, const LoadOptions& options = {});

/// Makes a model of an architecture and weights that are in memory, for programs in which Keras itself runs.
///
///     const ks::Model bare = ks::from_json(R"({"class_name": "Sequential", "config": {"name": "net", "layers": [
///         {"class_name": "InputLayer", "config": {"batch_shape": [null, 4], "name": "x"}},
///         {"class_name": "Dense", "config": {"units": 2, "name": "dense"}}]}})",
///         {{"layers/dense/vars/0", ks::Tensor({4, 2})}, {"layers/dense/vars/1", ks::Tensor({2})}});
///
/// @param json     what model.to_json() gives in Keras 2, tf.keras or Keras 3
/// @param weights  by the paths that Keras gives them in a .weights.h5; none: a model without weights. They are shared,
///                 not copied; do not change them while the model or a plan of it is in use.
/// @param keras_version  "3.15.1"; empty: what the JSON says, otherwise "3"
/// @param custom_layers  layers that the program computes itself, see LoadOptions
/// @throws Error{json-invalid, config-invalid, model-missing, model-opaque, format-unsupported}; Error{name-taken} for
///         a path that is given twice; Error{weights-mismatch, weights-ambiguous} for weights of another model
KERASCOPE_API Model from_json(const std::string& json, const std::vector<std::pair<std::string, Tensor>>& weights = {},
                              const std::string& keras_version = "", const CustomLayers& custom_layers = {});

}  // namespace kerascope
