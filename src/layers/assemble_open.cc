#include "layers/assemble_open.h"

#include <algorithm>
#include <functional>
#include <set>

namespace kerascope {
namespace {

Assembly assembled(const ModelData& model, std::int64_t stand_in, const AssembleOptions& options) {
  std::vector<Shape> shapes;
  for (const ModelInput& input : model_inputs(model)) {
    std::vector<std::int64_t> sizes = {1};
    for (std::size_t axis = 1; axis < input.shape.size(); ++axis)
      sizes.push_back(input.shape[axis] < 0 ? stand_in : input.shape[axis]);
    shapes.push_back(Shape(sizes));
  }
  AssembleOptions with_sizes = options;
  with_sizes.open_size = stand_in;
  return assemble(model, shapes, with_sizes);
}

Shape open_shape(const Shape& one, const Shape& other) {
  Shape open = one;
  for (int axis = 0; axis < one.rank(); ++axis)
    if (axis == 0 || axis >= other.rank() || one[axis] != other[axis]) open[axis] = -1;
  return open;
}

constexpr std::int64_t kUsual = 256;

/// How many layers do not fit a stand-in.
std::ptrdiff_t misfits(const Assembly& assembly) {
  return std::ranges::count_if(assembly.results, [](const SiteResult& result) {
    return result.problem && result.problem->code() == "shape-mismatch";
  });
}

/// The sizes that the model itself states, in its layers' configs and weights: those that it fits are among them, like
/// the length of a table of positions.
std::set<std::int64_t> stated_sizes(const Network& network) {
  constexpr std::int64_t kLargest = 4096;
  std::set<std::int64_t> sizes;
  const auto add = [&](std::int64_t size) {
    if (size > 1 && size <= kLargest) sizes.insert(size);
  };
  const std::function<void(const Json&)> add_all = [&](const Json& json) {
    if (json.is_number_integer()) add(json.get<std::int64_t>());
    if (json.is_structured()) std::ranges::for_each(json, add_all);
  };
  for (const LayerData& layer : network.layers) {
    if (!layer.network) add_all(layer.config);
    for (const StoredWeight& weight : layer.weights) std::ranges::for_each(weight.shape, add);
    if (layer.network) sizes.merge(stated_sizes(*layer.network));
  }
  return sizes;
}

bool leaves_sizes_open(const ModelData& model) {
  return std::ranges::any_of(model_inputs(model), [](const ModelInput& input) {
    return std::ranges::count_if(input.shape, [](std::int64_t size) { return size < 0; }) > 1;  // one is the batch
  });
}

/// The stand-in that most layers fit.
std::int64_t fitting_size(const ModelData& model, const AssembleOptions& options, const Assembly& usual) {
  constexpr std::size_t kMostTries = 40;
  std::int64_t best = kUsual;
  std::ptrdiff_t fewest = misfits(usual);
  if (fewest == 0 || !leaves_sizes_open(model)) return best;
  std::size_t tries = 0;
  for (const std::int64_t size : stated_sizes(model.network)) {
    if (fewest == 0 || ++tries > kMostTries) break;
    if (const std::ptrdiff_t now = misfits(assembled(model, size, options)); now < fewest) {
      fewest = now;
      best = size;
    }
  }
  return best;
}

}  // namespace

OpenAssembly assemble_open(const ModelData& model, const AssembleOptions& options) {
  OpenAssembly open{.assembly = assembled(model, kUsual, options), .shapes = {}};
  const std::int64_t stand_in = fitting_size(model, options, open.assembly);
  if (stand_in != kUsual) open.assembly = assembled(model, stand_in, options);
  // The sizes that differ between two stand-ins depend on the open sizes. The other is far away, so that a size does
  // not stay the same by division, and has the same powers of two in it.
  constexpr std::int64_t kFar = 4096 - kUsual;
  const Assembly &one = open.assembly, other = assembled(model, stand_in + kFar, options);
  for (std::size_t i = 0; i < one.sites.size(); ++i) {
    open.shapes.emplace_back();
    const auto& output = one.results[i].output;
    if (!output) continue;
    const Shape& shape = one.graph.shape(output->value);
    // If a layer accepts only one of the two stand-ins, the other assembly has fewer sites.
    const bool is_in_both = i < other.sites.size() && other.sites[i].address == one.sites[i].address;
    const auto& in_other = is_in_both ? other.results[i].output : output;
    open.shapes.back() = open_shape(shape, is_in_both && in_other ? other.graph.shape(in_other->value) : shape);
  }
  return open;
}

}  // namespace kerascope
