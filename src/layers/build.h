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

/// One output of a call: its value, and the role of each axis except the batch axis: "HWC", "TC", "C".
struct Output {
  Value value;
  std::string axes;
  /// Keras's mask: bools (N, T), true where a step counts. A tensor with fewer axes has a mask with fewer axes.
  std::optional<Value> mask = {};
};
using Outputs = std::vector<Output>;

/// A call whose output shapes depend on numbers. A run computes its inputs first; then the rest is assembled.
struct ShapeBarrier {
  std::string address;  ///< of the call
  std::vector<Value> inputs;
  std::function<std::vector<Tensor>(std::span<const Tensor> inputs)> compute;
};

/// A graph inside a layer's graph: the one that is run once per step.
struct InnerGraph {
  Graph& graph;
  std::map<std::string, Value> weights;  ///< that are already in the graph
};

/// One call of one layer.
class Build {
 public:
  struct Context {
    const LayerData& layer;
    const ModelData& model;
    const Call& call;
    bool training;      ///< the phase of this call
    bool random;        ///< false: random layers do nothing (--seed off)
    std::uint64_t key;  ///< seeds this call's random numbers
    const std::vector<Output>& inputs;
    std::map<std::string, std::shared_ptr<WeightSlot>>& slots;  ///< the layer's weights, shared by its calls
    std::vector<std::string>& slot_order;                       ///< names, in the order of creation
    std::map<std::string, Value>& weights;                      ///< that are already in this graph
    std::string path = {};                                      ///< of a held layer: "forward_layer/"
    const void* owner = nullptr;                                ///< whose weights these are; null: the layer's
    int depth = 0;                                              ///< how many layers this one is nested in
    const std::vector<Tensor>* known = nullptr;  ///< what an earlier part of the run computed for this call
  };
  Build(Graph& into, Context context) : graph(into), context_(context), read_(context.inputs.size()) {}

  Graph& graph;

  int inputs() const { return static_cast<int>(context_.inputs.size()); }
  /// @throws Error{call-invalid} if the call has no such input.
  Value input(int index = 0) const;
  /// Called after the layer was built. @throws Error{call-invalid, layer-unsupported} if it did not read an input
  void require_all_read() const;
  const Shape& shape(int index = 0) const { return graph.shape(input(index)); }
  const std::string& axes(int index = 0) const;
  const std::optional<Value>& mask(int index = 0) const;
  /// The input as it is, with axes and mask.
  const Output& output(int index = 0) const;
  const std::vector<Output>& all_inputs() const { return context_.inputs; }
  /// Which input an argument of Keras's `call` is; it is looked up by name, then by position. Nothing if it is not
  /// given, or None.
  std::optional<int> argument(const char* name, std::size_t position) const;

  /// A weight by Keras's name. Layers ask in the order in which Keras creates them. A weight that is
  /// missing or does not fit becomes the problem of all layers that need it (`weight-missing`, `weight-shape`).
  Value weight(std::string_view name, Shape shape, bool trainable = true);
  Value constant(Shape shape, const std::vector<float>& numbers);

  /// Calls a layer that this one holds under `name`. Its weights and taps get names below that name.
  /// @param inside  the graph to build it in; null: this layer's graph.
  /// @param inner_taps  gets the held layer's taps; null: they join this layer's taps.
  /// @throws Error{layer-unknown} and what that layer's build throws
  Outputs call(const layers::LayerConfig& layer, const std::string& name, const Outputs& inputs,
               InnerGraph* inside = nullptr, std::vector<std::pair<std::string, Output>>* inner_taps = nullptr);
  /// The shapes of a held cell's states, batch first, for an input of one step. @throws Error{layer-unsupported}
  std::vector<Shape> state_shapes(const layers::LayerConfig& cell, const std::string& name, const Output& input,
                                  InnerGraph* inside = nullptr);
  /// Outputs whose shapes depend on the numbers in `inputs`, which an earlier part of the run must have computed.
  /// @throws Error{shape-by-numbers} if it has not; `barrier` then says what to compute first
  std::vector<Value> by_numbers(std::vector<Value> inputs, decltype(ShapeBarrier::compute) compute);
  std::optional<ShapeBarrier> barrier;
  /// For a part of this layer with the same inputs, whose weights have names below `name`.
  Build within(const std::string& name, InnerGraph* inside = nullptr);

  const LayerData& layer() const { return context_.layer; }
  const ModelData& model() const { return context_.model; }
  const Call& call() const { return context_.call; }
  int keras_major() const { return model().keras_major(); }
  bool training() const { return context_.training; }
  /// Of a held layer: its path in the outermost layer, with a trailing "/". Of a layer of the model: empty.
  const std::string& path() const { return context_.path; }
  /// Whether dropout and noise act in this call.
  bool random() const { return context_.training && context_.random; }
  std::uint64_t random_key() const { return context_.key; }

  /// Lets users ask for a tensor inside the layer, as "layer/name".
  void tap(std::string name, Output output) { taps.emplace_back(std::move(name), std::move(output)); }
  std::vector<std::pair<std::string, Output>> taps;
  std::vector<std::string> notes;  ///< about odd things that are not fatal

  /// One output whose axes have the same roles as the first input's.
  Outputs same_axes(Value value) const { return {{value, axes()}}; }
  Outputs with_axes(Value value, std::string roles) const { return {{value, std::move(roles)}}; }
  Outputs usual(Value value) const;

  /// Counts a negative axis from the end. @throws Error{axis-invalid}
  int axis(std::int64_t axis, int rank) const;
  /// The same for an axis of the first input along which the layer has weights. @throws Error{axis-invalid} also for
  /// the batch axis, unless the model fixes its size.
  int axis_with_numbers(std::int64_t axis) const;
  /// `axis` for several axes of the first input, sorted. @throws Error{axis-invalid} also if one occurs twice or none
  /// is given
  std::vector<int> sorted_axes(const std::vector<std::int64_t>& axes) const;
  void require_rank(int rank) const;
  void require_inputs(int least) const;
  /// @throws Error{config-type} if the number, or one of the numbers, of an argument is too small
  template <typename Number>
  void require_at_least(std::type_identity_t<Number> least, const char* key, const Number& number) const {
    if (number < least) refuse(key, fmt::format("{}", number), fmt::format("at least {}", least));
  }
  template <std::size_t Rank>
  void require_at_least(std::int64_t least, const char* key, const std::array<std::int64_t, Rank>& numbers) const {
    if (std::ranges::min(numbers) < least)
      refuse(key, fmt::format("({})", fmt::join(numbers, ", ")), fmt::format("at least {}", least));
  }
  /// @throws Error{config-type}: "the argument is `given`, not `wanted`"
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

/// activation(x) for an `activation` argument, which may also be a layer.
/// @throws Error{activation-unknown}
Value activate(Build& build, Value x, const ActivationFunction& activation);
/// The same as a layer's last step: if there is an activation, x can be tapped as "pre_activation".
Outputs activated(Build& build, Value x, const ActivationFunction& activation, const std::string& axes);

/// Moves the axes to the end, and back from there.
Value axes_last(Build& build, Value x, const std::vector<int>& axes);
Value axes_back(Build& build, Value x, const std::vector<int>& axes);

/// The convolution and pooling ops need channels last: these transpose before and after them if the layer has channels
/// first. Any number of spatial axes.
Value channels_last(Build& build, Value x, DataFormat format);
Value from_channels_last(Build& build, Value x, DataFormat format);
/// The roles of a feature map's axes: "TC", "HWC", "DHWC", or "CT", "CHW", "CDHW".
std::string map_axes(DataFormat format, int spatial_rank = 2);

}  // namespace layers
}  // namespace kerascope
