// What to compute: values and the ops between them, for known shapes, in an order in which they can be computed.
#pragma once

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

/// A weight of a layer: what the layer needs, and how to read it once the file's weights were matched to the needs.
struct WeightSlot {
  std::string name;  ///< Keras's: "kernel"
  Shape shape;
  bool trainable = true;
  std::function<Tensor()> read;          ///< set by binding
  std::shared_ptr<const Error> problem;  ///< set by binding instead: why the file gives no such weight
};

class Graph {
 public:
  enum class Kind { kInput, kWeight, kConstant, kOp };
  struct Node {
    Kind kind;
    Shape shape;
    std::string label;  ///< for --dump: an input's name, a weight's name
    std::shared_ptr<const WeightSlot> weight;
    const void* owner = nullptr;  ///< of a weight: tells whose it is, by identity
    Tensor constant;
    std::shared_ptr<const Op> op;
    std::vector<Value> inputs;
  };

  Value input(std::string name, Shape shape);
  Value weight(std::shared_ptr<const WeightSlot> slot, const void* owner);
  Value constant(Tensor numbers);
  /// Infers the shape; passes on what Op::infer throws.
  Value apply(std::shared_ptr<const Op> op, std::vector<Value> inputs);

  const Node& node(Value value) const { return nodes_[static_cast<std::size_t>(value.id)]; }
  const Shape& shape(Value value) const { return node(value).shape; }
  int size() const { return static_cast<int>(nodes_.size()); }

  /// One line a value.
  std::string str() const;

 private:
  Value add(Node node);
  std::vector<Node> nodes_;
};

}  // namespace kerascope
