// The state behind the handles of the public headers.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "api/compiled.h"
#include "inputs/feed.h"
#include "kerascope/inputs.h"
#include "kerascope/model.h"
#include "layers/assemble_open.h"
#include "model/model.h"

namespace kerascope::api {

/// An output of a Node.
struct Ref {
  std::shared_ptr<const Node> node;
  int output = 0;
  bool operator==(const Ref&) const = default;
};

/// One call of one layer of a model defined in code; an InputLayer's has no inputs.
struct Node : std::enable_shared_from_this<Node> {
  std::shared_ptr<LayerState> layer;
  std::vector<Ref> inputs;
  std::vector<Shape> shapes;  ///< one per output; the batch is open
};

/// A layer of a model defined in code, which several models may share.
struct LayerState {
  LayerData data;                     ///< without calls; if its name is empty, the model names it
  std::shared_ptr<ModelState> model;  ///< for a nested model, instead of data.network and data.weights
  std::vector<std::weak_ptr<const Node>> nodes;
  std::uint64_t weights_version = 0;  ///< counts how often weights were loaded
  std::uint64_t number = next_number();

  /// Numbers in the order of creation.
  static std::uint64_t next_number();
};

/// A model, from a file or defined in code. data() is its content, which is updated after weights were loaded.
class ModelState {
 public:
  explicit ModelState(ModelData data);
  /// The ends of a model in code. Inputs that are not an InputLayer's output get an InputLayer as stand-in.
  struct InCode {
    std::string name;
    bool is_sequential = false;
    std::vector<Ref> inputs, outputs;
  };
  explicit ModelState(InCode model);

  std::shared_ptr<const ModelData> data();
  /// The model assembled for open input shapes, with or without its weights.
  std::shared_ptr<const OpenAssembly> open(bool with_weights = false);
  std::uint64_t weights_version() const;

  /// Appends a layer to a Sequential.
  /// @throws Error{input-shape-missing} for a first layer without a shape, Error{call-invalid} for a model that
  /// contains this one, and what `call` throws
  void add(const std::shared_ptr<LayerState>& layer, const Shape& input_shape);
  /// The model as a layer; always the same LayerState while someone holds it.
  static std::shared_ptr<LayerState> as_layer(const std::shared_ptr<ModelState>& model);

  /// Copies the weights of `bound`, a copy of data() with new weights, to the layers, also to those of nested models.
  void take_weights(const Network& bound);

  bool is_in_code() const { return is_in_code_; }
  const std::vector<Ref>& inputs() const { return in_code_.inputs; }
  const std::vector<Ref>& outputs() const { return in_code_.outputs; }
  /// For a model in code: the address of a tensor; empty if the model does not contain it.
  std::string address_of(const Ref& ref) const;
  /// The inverse, for a tensor that is not inside a nested model.
  std::optional<Ref> tensor_at(const std::string& address) const;

  /// See CompiledCache.
  std::shared_ptr<Compiled> compiled(const FunctionOptions& options, std::span<const Shape> shapes);
  bool keeps_samples_apart(std::span<const Shape> shapes, std::span<const Feed> fed);

 private:
  void arrange();
  void refresh();
  bool contains(const ModelState& other) const;

  bool is_in_code_ = false;
  InCode in_code_;
  std::vector<std::shared_ptr<LayerState>> layers_;       ///< for a model in code, in Keras's order
  std::map<const Node*, std::pair<int, int>> calls_;      ///< layer and call
  std::map<std::pair<const Node*, int>, int> stand_ins_;  ///< layer
  std::weak_ptr<LayerState> as_layer_;
  std::uint64_t number_ = LayerState::next_number();
  std::mutex mutex_;
  std::shared_ptr<const ModelData> data_;
  std::shared_ptr<const OpenAssembly> open_, with_weights_;
  std::uint64_t data_version_ = 0, loaded_ = 0;
  CompiledCache cache_;
};

/// Gives access to the handles' private state.
struct Access {
  static KerasTensor tensor(Ref ref);
  /// A handle to a tensor; in a model in code, if possible one that layers may be called on.
  static KerasTensor tensor(std::shared_ptr<ModelState> model, std::string address, Shape shape);
  static Layer layer(std::shared_ptr<LayerState> state);
  static Layer layer(std::shared_ptr<ModelState> model, std::string address);
  static Ref ref(const KerasTensor& tensor) { return {tensor.node_, tensor.output_}; }
  static const std::shared_ptr<ModelState>& model(const KerasTensor& tensor) { return tensor.model_; }
  static const std::string& address(const KerasTensor& tensor) { return tensor.address_; }
  static const std::shared_ptr<LayerState>& state(const Layer& layer) { return layer.state_; }
  static const std::shared_ptr<ModelState>& state(const Model& model) { return model.state_; }
  static Model model(std::shared_ptr<ModelState> state);
  static const std::shared_ptr<const Fed>& fed(const Inputs& inputs) { return inputs.fed_; }
  static std::shared_ptr<const Fed>& fed(Inputs& inputs) { return inputs.fed_; }
};

/// @throws Error{name-invalid} for a name with '/'
void require_name(const std::string& name);

/// Adds a call to a layer. @throws Error if the layer cannot take the inputs
std::shared_ptr<const Node> call(const std::shared_ptr<LayerState>& layer, std::vector<Ref> inputs);
std::shared_ptr<const Node> input_node(const Shape& shape, const std::string& name);

/// Checks a run's inputs and adds missing batch axes.
/// @param declared  per input its name, and its shape with -1 for any size; empty: any shape
/// @throws Error{input-count, input-shape}
std::vector<Tensor> fitting(std::span<const Tensor> inputs, std::span<const std::pair<std::string, Shape>> declared);
/// Tensors in memory for these inputs, one each. @throws as fitting does
Fed fed_of(std::span<const Tensor> tensors, std::span<const ModelInput> inputs);

}  // namespace kerascope::api
