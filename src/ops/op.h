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
  /// One word: "conv", "relu", "slice".
  virtual std::string kind() const = 0;
  /// Its options: "3x3 stride 2 same"; may be empty.
  virtual std::string attributes() const { return {}; }
  /// Both, as `--dump graph` prints them: "conv 3x3 stride 2 same".
  std::string describe() const;

  /// Its outputs, at least one.
  /// @throws Error{shape-mismatch, ...} if the inputs do not fit.
  virtual std::vector<ValueType> outputs(std::span<const ValueType> in) const = 0;
  /// If true, inputs of other types are cast to float32 before they reach it.
  virtual bool takes_float32() const = 0;
  /// Some inputs hold a batch along axis 0, the others are the same for all items. True if axis 0 of the outputs is the
  /// batch, too, and each item of them depends on no other item.
  /// @param has_items  per input: it holds a batch. At least one does.
  virtual bool keeps_items_apart(std::span<const Shape> in, const std::vector<bool>& has_items) const = 0;

  /// @param out  of the first output, here and below.
  virtual Cost cost(std::span<const Shape> in, const Shape& out) const;
  /// True if the output is the first input under another shape; then `kernel` is never called.
  virtual bool is_view() const { return false; }
  /// True if `kernel` gives an OpKernel::rowwise, which can be fused with the op before it.
  virtual bool is_rowwise(std::span<const Shape> in, const Shape& out) const;
  /// Set if `kernel` gives one with OpKernel::reads, which can follow the op that makes the first input, some rows
  /// behind. The halo: if the output is cut in two, the share of the first input that both halves read.
  virtual std::optional<double> overlap(std::span<const Shape> in, const Shape& out) const;
  /// The options of an op that only pads its input; otherwise null.
  virtual const ops::PadOptions* padding() const { return nullptr; }
  /// An op that computes the same from the input of the padding that made its first input; null if there is none.
  virtual std::shared_ptr<const Op> over_unpadded(const ops::PadOptions&) const { return nullptr; }
  /// The graph that it runs, once or many times; null if it runs none.
  virtual const Graph* body() const { return nullptr; }
  /// Its kernel's memory, if significant; operands and output do not count.
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

/// Whether only the first input holds a batch, see Op::keeps_items_apart.
bool is_first_alone(const std::vector<bool>& has_items);

/// The shapes alone.
std::vector<Shape> shapes_of(std::span<const ValueType> types);

}  // namespace kerascope
