// What a layer is given while it adds its ops to a graph.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "kerascope/layers/common.h"
#include "model/model.h"
#include "ops/graph.h"

namespace kerascope {

/// One output of a call: its value, and the role of each of its axes without the batch's: "HWC", "TC", "C".
struct Output {
  Value value;
  std::string axes;
  /// Keras's mask: bools (N, T), or what goes with fewer axes, that are true where a step counts.
  std::optional<Value> mask = {};
};
using Outputs = std::vector<Output>;

/// What becomes of the mask of a layer's first input (Keras's supports_masking and compute_mask).
enum class MaskRule {
  kStops,   ///< the outputs have none
  kPasses,  ///< all outputs have it
  kOwn,     ///< `build` gives each output its mask
};

/// Gives a layer's outputs their masks.
void hand_on_mask(MaskRule rule, const Outputs& inputs, Outputs& outputs);

/// A call whose outputs' shapes depend on numbers: a run computes up to its inputs, and the rest is assembled then.
struct ShapeBarrier {
  std::string address;  ///< of the call
  std::vector<Value> inputs;
  std::function<std::vector<Tensor>(std::span<const Tensor> inputs)> compute;
};

/// A graph that a layer builds inside its own: what runs over time.
struct InnerGraph {
  Graph& graph;
  std::map<std::string, Value> weights;  ///< those already in it
};

/// One call of one layer.
class Build {
 public:
  struct Context {
    const LayerData& layer;
    const ModelData& model;
    const Call& call;
    bool training;      ///< the phase of this call
    bool random;        ///< false: random layers keep still (--seed off)
    std::uint64_t key;  ///< of this call's random numbers
    const std::vector<Output>& inputs;
    std::map<std::string, std::shared_ptr<WeightSlot>>& slots;  ///< the layer's weights, shared by its calls
    std::vector<std::string>& slot_order;                       ///< as the layer creates them
    std::map<std::string, Value>& weights;                      ///< those already in this graph
    std::string path = {};                                      ///< of a layer within a layer: "forward_layer/"
    const void* owner = nullptr;                                ///< of weights in the graph; null: the layer
    int depth = 0;                                              ///< how many layers hold it, one within the other
    const std::vector<Tensor>* known = nullptr;  ///< what an earlier part of the run computed for this call
  };
  Build(Graph& into, Context context) : graph(into), context_(context), read_(context.inputs.size()) {}

  Graph& graph;

  int inputs() const { return static_cast<int>(context_.inputs.size()); }
  /// @throws Error{call-invalid} if the call has no such input.
  Value input(int index = 0) const;
  /// For a layer that has been built. @throws Error{call-invalid, layer-unsupported} if it left an input unread
  void require_all_read() const;
  const Shape& shape(int index = 0) const { return graph.shape(input(index)); }
  const std::string& axes(int index = 0) const;
  const std::optional<Value>& mask(int index = 0) const;
  /// The input as it is, with axes and mask.
  const Output& output(int index = 0) const;
  const std::vector<Output>& all_inputs() const { return context_.inputs; }
  /// The place among the inputs of an argument that is given by its name, or else at that position; nothing if it is
  /// not given, or null.
  std::optional<int> argument(const char* name, std::size_t position) const;

  /// A weight by Keras's name. Layers ask in the order in which Keras creates them. What does not fit becomes
  /// the problem of all layers that need the weight (`weight-missing`, `weight-shape`).
  Value weight(std::string_view name, Shape shape, bool trainable = true);
  Value constant(Shape shape, const std::vector<float>& numbers);

  /// Calls a layer that this one holds under `name`; its weights and what can be tapped in it lie below that name.
  /// @param inside  where to build it, if not in this layer's graph.
  /// @throws Error{layer-unknown} and what that layer's build throws
  /// @param inner_taps  gets what can be tapped inside, instead of this layer's taps.
  Outputs call(const layers::LayerConfig& layer, const std::string& name, const Outputs& inputs,
               InnerGraph* inside = nullptr, std::vector<std::pair<std::string, Output>>* inner_taps = nullptr);
  /// The shapes of a held cell's states, batch first, for an input of one step. @throws Error{layer-unsupported}
  std::vector<Shape> state_shapes(const layers::LayerConfig& cell, const std::string& name, const Output& input,
                                  InnerGraph* inside = nullptr);
  /// Outputs whose shapes depend on the numbers of `inputs`: those that an earlier part of the run has computed.
  /// @throws Error{shape-by-numbers} before that, and leaves `barrier`
  std::vector<Value> by_numbers(std::vector<Value> inputs, decltype(ShapeBarrier::compute) compute);
  std::optional<ShapeBarrier> barrier;
  /// For a part of this layer whose weights lie below `name`; it has the same inputs.
  Build within(const std::string& name, InnerGraph* inside = nullptr);

  const LayerData& layer() const { return context_.layer; }
  const ModelData& model() const { return context_.model; }
  const Call& call() const { return context_.call; }
  int keras_major() const { return model().keras_major(); }
  bool training() const { return context_.training; }
  /// The layer's name within the one that holds it, with a "/" behind; empty for a layer of a model.
  const std::string& path() const { return context_.path; }
  /// True where dropout and noise act.
  bool random() const { return context_.training && context_.random; }
  std::uint64_t random_key() const { return context_.key; }

  /// Something inside the layer that can be asked for as "layer/name".
  void tap(std::string name, Output output) { taps.emplace_back(std::move(name), std::move(output)); }
  std::vector<std::pair<std::string, Output>> taps;
  std::vector<std::string> notes;  ///< what was odd but not fatal

  /// An output whose axes have the first input's roles.
  Outputs same_axes(Value value) const { return {{value, axes()}}; }
  Outputs with_axes(Value value, std::string roles) const { return {{value, std::move(roles)}}; }
  Outputs usual(Value value) const;

  /// Counts a negative axis from the end. @throws Error{axis-invalid}
  int axis(std::int64_t axis, int rank) const;
  /// The same for an axis of the first input for each of whose places the layer has a number: the batch's is none
  /// unless the model fixes its size.
  int axis_with_numbers(std::int64_t axis) const;
  /// As `axis` for axes of the first input, in their order, each once. @throws Error{axis-invalid}
  std::vector<int> sorted_axes(const std::vector<std::int64_t>& axes) const;
  void require_rank(int rank) const;
  void require_inputs(int least) const;
  /// @throws Error{config-type}: an argument's number, or one of them, is too small
  template <typename Number>
  void require_at_least(std::type_identity_t<Number> least, const char* key, const Number& number) const {
    if (number < least) refuse(key, fmt::format("{}", number), fmt::format("at least {}", least));
  }
  template <std::size_t Rank>
  void require_at_least(std::int64_t least, const char* key, const std::array<std::int64_t, Rank>& numbers) const {
    if (std::ranges::min(numbers) < least)
      refuse(key, fmt::format("({})", fmt::join(numbers, ", ")), fmt::format("at least {}", least));
  }
  /// @throws Error{config-type}: the argument is `given`, not `wanted`
  [[noreturn]] void refuse(const char* key, const std::string& given, const std::string& wanted) const;
  [[noreturn]] void fail(const std::string& code, const std::string& what) const;

 private:
  template <typename Use>
  auto with_held(const layers::LayerConfig& layer, const std::string& name, const Outputs& inputs, InnerGraph* inside,
                 Use use);

  Context context_;
  mutable std::vector<bool> read_;  ///< by input
};

namespace layers {

/// activation(x) for an `activation` argument; also layers given as activation.
/// @throws Error{activation-unknown}
Value activate(Build& build, Value x, const ActivationFunction& activation);
/// The same as a layer's last step: taps "pre_activation" where there is an activation.
Outputs activated(Build& build, Value x, const ActivationFunction& activation, const std::string& axes);

/// The axes moved to the end, and from there back to where they were.
Value axes_last(Build& build, Value x, const std::vector<int>& axes);
Value axes_back(Build& build, Value x, const std::vector<int>& axes);

/// The convolution and pooling ops want channels last: transposes around them where the layer has them first.
/// Any number of spatial axes.
Value channels_last(Build& build, Value x, DataFormat format);
Value from_channels_last(Build& build, Value x, DataFormat format);
/// The axes' roles: "TC", "HWC", "DHWC", or "CT", "CHW", "CDHW".
std::string map_axes(DataFormat format, int spatial_rank = 2);

}  // namespace layers
}  // namespace kerascope
