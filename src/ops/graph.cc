#include "ops/graph.h"

#include "base/check.h"

namespace kerascope {

Cost Op::cost(std::span<const Shape> in, const Shape& out) const {
  if (is_view()) return {};
  double elements = static_cast<double>(out.elements());
  for (const Shape& shape : in) elements += static_cast<double>(shape.elements());
  return {.flops = static_cast<double>(out.elements()), .bytes = elements * sizeof(float)};
}

bool Op::is_rowwise(std::span<const Shape>, const Shape&) const { return false; }

std::optional<double> Op::overlap(std::span<const Shape>, const Shape&) const { return {}; }

Value Graph::add(Node node) {
  constexpr int kMostAxes = 64;  // as many as NumPy allows
  if (node.shape.rank() > kMostAxes)
    throw Error({.code = "shape-rank",
                 .what = fmt::format("a tensor has {} axes, and the most is {}", node.shape.rank(), kMostAxes)});
  nodes_.push_back(std::move(node));
  return Value{size() - 1};
}

Value Graph::input(std::string name, Shape shape) {
  return add({.kind = Kind::kInput, .shape = std::move(shape), .label = std::move(name)});
}

Value Graph::weight(std::shared_ptr<const WeightSlot> slot, const void* owner) {
  Shape shape = slot->shape;
  std::string label = slot->name;
  return add({.kind = Kind::kWeight,
              .shape = std::move(shape),
              .label = std::move(label),
              .weight = std::move(slot),
              .owner = owner});
}

Value Graph::constant(Tensor numbers) {
  Shape shape = numbers.shape();
  return add({.kind = Kind::kConstant, .shape = std::move(shape), .constant = std::move(numbers)});
}

Value Graph::apply(std::shared_ptr<const Op> op, std::vector<Value> inputs) {
  std::vector<Shape> shapes;
  for (Value input : inputs) {
    KERASCOPE_CHECK(input.id >= 0 && input.id < size());
    shapes.push_back(shape(input));
  }
  Shape shape = op->infer(shapes);
  shape.elements();  // refuses what no memory can hold
  return add({.kind = Kind::kOp, .shape = std::move(shape), .op = std::move(op), .inputs = std::move(inputs)});
}

std::string Graph::str() const {
  std::string text;
  for (int id = 0; id < size(); ++id) {
    const Node& node = nodes_[static_cast<std::size_t>(id)];
    text += fmt::format("%{:<4} {:<20} ", id, node.shape.str());
    switch (node.kind) {
      case Kind::kInput:
        text += "input " + node.label;
        break;
      case Kind::kWeight:
        text += "weight " + node.label;
        break;
      case Kind::kConstant:
        text += "constant";
        break;
      case Kind::kOp:
        text += node.op->describe();
        for (Value input : node.inputs) text += fmt::format(" %{}", input.id);
        break;
    }
    text += '\n';
  }
  return text;
}

}  // namespace kerascope
