// One mathematical operation on tensors in Keras's axis order (channels last where an op has channels).
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ops/op_kernel.h"
#include "ops/session.h"

namespace kerascope {

class Graph;
namespace ops {
struct PadOptions;
}

/// What a value is: its shape, and the type of its elements.
struct ValueType {
  Shape shape;
  DType dtype = DType::kFloat32;
  bool operator==(const ValueType&) const = default;
};

/// What an op costs in theory; both are 0 for a view.
struct Cost {
  double flops = 0;
  double bytes = 0;
};

/// Immutable; one object may be prepared for many plans and from many threads.
class Op {
 public:
  virtual ~Op() = default;
  /// What it is, in one word: "conv", "relu", "slice".
  virtual std::string kind() const = 0;
  /// How it does that: "3x3 stride 2 same"; empty if there is nothing to choose.
  virtual std::string attributes() const { return {}; }
  /// Both, as `--dump graph` prints them: "conv 3x3 stride 2 same".
  std::string describe() const;

  /// Its outputs, at least one.
  /// @throws Error{shape-mismatch, ...} with the numbers where the inputs do not fit.
  virtual std::vector<ValueType> outputs(std::span<const ValueType> in) const = 0;
  /// True of ops that know float32 only: other numbers are cast before they reach it.
  virtual bool takes_float32() const = 0;
  /// Some inputs have one item of a batch per place of axis 0, the others are the same for all items. True if each item
  /// of the outputs, along their axis 0, depends on that item of those inputs only.
  /// @param has_items  per input; at least one is true.
  virtual bool keeps_items_apart(std::span<const Shape> in, const std::vector<bool>& has_items) const = 0;

  /// @param out  of the first output, here and below.
  virtual Cost cost(std::span<const Shape> in, const Shape& out) const;
  /// True where the output is the first input's numbers under another shape; then `kernel` is never called.
  virtual bool is_view() const { return false; }
  /// True where `kernel` gives a OpKernel::rowwise: then the op can be computed together with the one before it.
  virtual bool is_rowwise(std::span<const Shape> in, const Shape& out) const;
  /// Where `kernel` gives a kernel with OpKernel::reads: the part of the first input that two halves of the output both
  /// read. Then the op can follow the one that makes that input, a few rows behind.
  virtual std::optional<double> overlap(std::span<const Shape> in, const Shape& out) const;
  /// Of an op that only pads its input: how; otherwise null.
  virtual const ops::PadOptions* padding() const { return nullptr; }
  /// For an op whose first input is padded: one that computes the same of what was padded; null where none can.
  virtual std::shared_ptr<const Op> over_unpadded(const ops::PadOptions&) const { return nullptr; }
  /// The graph that it runs, once or many times; otherwise null.
  virtual const Graph* body() const { return nullptr; }
  /// What its kernel takes beside operands and output, which it reads and writes where they are, if that is much.
  virtual OpMemory memory(const Session&, std::span<const Shape>, const Shape&) const { return {}; }
  virtual OpKernel kernel(const Session& session, std::span<const Operand> in,
                          std::span<const ValueType> out) const = 0;
};

/// An op with one output, which like all inputs is of float32.
class Float32Op : public Op {
 public:
  virtual Shape infer(std::span<const Shape> in) const = 0;
  virtual OpKernel prepare(const Session& session, std::span<const Operand> in, const Shape& out) const = 0;

  std::vector<ValueType> outputs(std::span<const ValueType> in) const final;
  bool takes_float32() const final { return true; }
  OpKernel kernel(const Session& session, std::span<const Operand> in, std::span<const ValueType> out) const final {
    return prepare(session, in, out[0].shape);
  }
};

/// Whether the first input is the only one that has items, see Op::keeps_items_apart.
bool is_first_alone(const std::vector<bool>& has_items);

/// The shapes alone.
std::vector<Shape> shapes_of(std::span<const ValueType> types);

}  // namespace kerascope
