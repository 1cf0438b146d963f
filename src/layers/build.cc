#include "layers/build.h"

#include <numeric>

#include "kerascope/error.h"
#include "ops/ops.h"

namespace kerascope {

Value Build::input(int index) const {
  if (index >= inputs())
    fail("call-invalid", fmt::format("layer '{}' ({}) is called with {} inputs and needs {}", layer().name,
                                     layer().class_name, inputs(), index + 1));
  return context_.inputs[static_cast<std::size_t>(index)].value;
}

const std::string& Build::axes(int index) const {
  input(index);
  return context_.inputs[static_cast<std::size_t>(index)].axes;
}

Value Build::weight(std::string_view name, Shape shape, bool trainable) {
  const std::string key(name);
  if (const auto found = context_.weights.find(key); found != context_.weights.end()) {
    if (graph.shape(found->second) != shape)
      fail("shape-mismatch", fmt::format("two calls of layer '{}' want '{}' as {} and as {}", layer().name, key,
                                         graph.shape(found->second).str(), shape.str()));
    return found->second;
  }
  auto& slot = context_.slots[key];
  if (!slot) {
    slot = std::make_shared<WeightSlot>();
    slot->name = key;
    slot->trainable = trainable;
    context_.slot_order.push_back(key);
  }
  slot->shape = std::move(shape);
  const Value value = graph.weight(slot, &layer());
  context_.weights.emplace(key, value);
  return value;
}

Value Build::constant(Shape shape, const std::vector<float>& numbers) {
  if (shape.elements() != static_cast<std::int64_t>(numbers.size()))
    fail("config-type", fmt::format("layer '{}' ({}) holds {} numbers where its input needs {}", layer().name,
                                    layer().class_name, numbers.size(), shape.elements()));
  return graph.constant(Tensor::of(std::move(shape), numbers));
}

Outputs Build::usual(Value value) const { return {{value, usual_axes(graph.shape(value).rank() - 1)}}; }

int Build::axis(std::int64_t axis, int rank) const {
  const std::int64_t counted = axis < 0 ? axis + rank : axis;
  if (counted < 0 || counted >= rank)
    fail("axis-invalid", fmt::format("layer '{}' ({}) works along axis {} of an input with {} axes", layer().name,
                                     layer().class_name, axis, rank));
  return static_cast<int>(counted);
}

void Build::require_rank(int rank) const {
  if (shape().rank() != rank)
    fail("shape-rank", fmt::format("layer '{}' ({}) needs an input with {} axes and gets {}", layer().name,
                                   layer().class_name, rank, shape().str()));
}

void Build::require_inputs(int least) const { input(least - 1); }

void Build::fail(const std::string& code, const std::string& what) const {
  throw Error({.code = code, .what = what, .where = layer().place});
}

namespace layers {

Value channels_last(Build& build, Value x, DataFormat format) {
  if (format == DataFormat::kChannelsLast) return x;
  std::vector<int> axes(static_cast<std::size_t>(build.graph.shape(x).rank()));
  std::iota(axes.begin(), axes.end(), 0);
  std::rotate(axes.begin() + 1, axes.begin() + 2, axes.end());
  return ops::transpose(build.graph, x, std::move(axes));
}

Value from_channels_last(Build& build, Value x, DataFormat format) {
  if (format == DataFormat::kChannelsLast) return x;
  std::vector<int> axes(static_cast<std::size_t>(build.graph.shape(x).rank()));
  std::iota(axes.begin(), axes.end(), 0);
  std::rotate(axes.begin() + 1, axes.end() - 1, axes.end());
  return ops::transpose(build.graph, x, std::move(axes));
}

std::string map_axes(DataFormat format, int spatial_rank) {
  const std::string axes = usual_axes(spatial_rank + 1);  // ends in C
  return format == DataFormat::kChannelsLast ? axes : "C" + axes.substr(0, axes.size() - 1);
}

}  // namespace layers
}  // namespace kerascope
