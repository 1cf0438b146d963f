#include "layers/assemble_open.h"

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

}  // namespace

OpenAssembly assemble_open(const ModelData& model, const AssembleOptions& options) {
  // The sizes that differ between two stand-ins depend on the open sizes.
  constexpr std::int64_t kOne = 256, kOther = 320;
  OpenAssembly open{.assembly = assembled(model, kOne, options), .shapes = {}};
  const Assembly &one = open.assembly, other = assembled(model, kOther, options);
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
