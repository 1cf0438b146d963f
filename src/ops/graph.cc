#include "ops/graph.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "base/text.h"
#include "ops/cast.h"

namespace kerascope {

OpMemory Session::memory(const Graph&, std::vector<Value>, std::vector<Value>) const { KERASCOPE_CHECK(false); }

std::unique_ptr<PreparedGraph> Session::prepare(const Graph&, std::vector<Value>, std::vector<Value>) const {
  KERASCOPE_CHECK(false);
}

std::string key_of(const std::string& what, std::span<const Operand> constants) {
  std::string key = what;
  for (const Operand& operand : constants) {
    if (operand.key.empty()) return {};
    key += " of " + operand.key;
  }
  return key;
}

std::string Op::describe() const {
  const std::string how = attributes();
  return how.empty() ? kind() : kind() + ' ' + how;
}

Cost Op::cost(std::span<const Shape> in, const Shape& out) const {
  if (is_view()) return {};
  double elements = static_cast<double>(out.elements());
  for (const Shape& shape : in) elements += static_cast<double>(shape.elements());
  return {.flops = static_cast<double>(out.elements()), .bytes = elements * sizeof(float)};
}

bool Op::is_rowwise(std::span<const Shape>, const Shape&) const { return false; }

std::optional<double> Op::overlap(std::span<const Shape>, const Shape&) const { return {}; }

std::vector<ValueType> Float32Op::outputs(std::span<const ValueType> in) const {
  return {{.shape = infer(shapes_of(in)), .dtype = DType::kFloat32}};
}

bool is_first_alone(const std::vector<bool>& has_items) {
  return has_items[0] && std::count(has_items.begin(), has_items.end(), true) == 1;
}

std::vector<Shape> shapes_of(std::span<const ValueType> types) {
  std::vector<Shape> shapes;
  for (const ValueType& type : types) shapes.push_back(type.shape);
  return shapes;
}

Value Graph::add(Node node) {
  constexpr int kMostAxes = 64;  // as many as NumPy allows
  if (node.shape.rank() > kMostAxes)
    throw Error({.code = "shape-rank",
                 .what = fmt::format("a tensor has {} axes, and the most is {}", node.shape.rank(), kMostAxes)});
  nodes_.push_back(std::move(node));
  return Value{size() - 1};
}

Value Graph::input(std::string name, Shape shape, DType dtype) {
  return add({.kind = Kind::kInput, .shape = std::move(shape), .dtype = dtype, .label = std::move(name)});
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
  const DType dtype = numbers.dtype();
  return add({.kind = Kind::kConstant, .shape = std::move(shape), .dtype = dtype, .constant = std::move(numbers)});
}

Value Graph::apply(std::shared_ptr<const Op> op, std::vector<Value> inputs) {
  return apply_all(std::move(op), std::move(inputs))[0];
}

std::vector<Value> Graph::apply_all(std::shared_ptr<const Op> op, std::vector<Value> inputs) {
  std::vector<ValueType> types;
  for (Value& input : inputs) {
    KERASCOPE_CHECK(input.id >= 0 && input.id < size());
    if (op->takes_float32()) input = ops::cast(*this, input, DType::kFloat32);
    types.push_back(node(input).type());
  }
  std::vector<Value> values;
  const std::vector<ValueType> outputs = op->outputs(types);
  for (const ValueType& type : outputs) {
    type.shape.elements();  // refuses what no memory can hold
    values.push_back(add({.kind = Kind::kOp,
                          .shape = type.shape,
                          .dtype = type.dtype,
                          .op = op,
                          .output = static_cast<int>(values.size()),
                          .inputs = inputs}));
  }
  return values;
}

std::vector<Value> Graph::outputs_of(Value first) const {
  std::vector<Value> all = {first};
  while (all.back().id + 1 < size() && node(Value{all.back().id + 1}).output == std::ssize(all))
    all.push_back(Value{all.back().id + 1});
  return all;
}

std::string Graph::str(int indent) const {
  std::string text;
  for (int id = 0; id < size(); ++id) {
    const Node& node = nodes_[static_cast<std::size_t>(id)];
    text += fmt::format("{:{}}%{:<4} {:<20} ", "", indent, id, text::with_dtype(node.shape.str(), node.dtype));
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
        text += node.output == 0 ? node.op->describe() : fmt::format("{} output {}", node.op->kind(), node.output);
        for (Value input : node.inputs) text += fmt::format(" %{}", input.id);
        break;
    }
    text += '\n';
    if (node.op && node.output == 0 && node.op->body()) text += node.op->body()->str(indent + 2);
  }
  return text;
}

}  // namespace kerascope
