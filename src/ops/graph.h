// What to compute: values and the ops between them, with known shapes, in a topological order.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kerascope/error.h"
#include "kerascope/tensor.h"
#include "ops/op.h"

namespace kerascope {

/// One tensor in a Graph.
struct Value {
  int id = -1;
  bool operator==(const Value&) const = default;
};

/// A weight that a layer declares. Binding matches it to an array of the file.
struct WeightSlot {
  std::string name;  ///< Keras's: "kernel"; of a layer within a layer with its path: "forward_layer/kernel"
  Shape shape;
  bool trainable = true;
  DType dtype = DType::kFloat32;         ///< set by binding: what the file stores; layers compute in float32
  std::function<Tensor()> read;          ///< set by binding; of that type
  std::shared_ptr<const Error> problem;  ///< set by binding instead of `read`: why the file has no such weight
};

class Graph {
 public:
  enum class Kind { kInput, kWeight, kConstant, kOp };
  /// A value. The outputs of one op are neighbouring nodes, each with the op and its inputs.
  struct Node {
    Kind kind;
    Shape shape;
    DType dtype = DType::kFloat32;
    std::string label;  ///< for --dump: an input's name, a weight's name
    std::shared_ptr<const WeightSlot> weight;
    const void* owner = nullptr;  ///< of a weight: the layer, as an identity only
    Tensor constant;
    std::shared_ptr<const Op> op;
    int output = 0;  ///< index among the op's outputs
    std::vector<Value> inputs;

    ValueType type() const { return {shape, dtype}; }
  };

  Value input(std::string name, Shape shape, DType dtype = DType::kFloat32);
  Value weight(std::shared_ptr<const WeightSlot> slot, const void* owner);
  Value constant(Tensor numbers);
  /// Appends an op; inputs that it does not take as they are are cast to float32. Passes on what Op::outputs throws.
  /// @return  its first output
  Value apply(std::shared_ptr<const Op> op, std::vector<Value> inputs);
  /// @return  all outputs
  std::vector<Value> apply_all(std::shared_ptr<const Op> op, std::vector<Value> inputs);

  const Node& node(Value value) const { return nodes_[static_cast<std::size_t>(value.id)]; }
  const Shape& shape(Value value) const { return node(value).shape; }
  DType dtype(Value value) const { return node(value).dtype; }
  /// The first output of the op that makes the value; the value itself if no op does.
  Value first_output(Value value) const { return Value{value.id - node(value).output}; }
  /// All outputs of the op whose first output this is; the value itself if no op makes it.
  std::vector<Value> outputs_of(Value first) const;
  int size() const { return static_cast<int>(nodes_.size()); }

  /// One line per value; the graph that an op holds is indented below it.
  std::string str(int indent = 0) const;

 private:
  Value add(Node node);
  std::deque<Node> nodes_;  ///< references to nodes and shapes stay valid while the graph grows
};

}  // namespace kerascope
