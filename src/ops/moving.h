// Ops that only move elements, of any type.
#pragma once

#include <vector>

#include "ops/op.h"
#include "ops/strided.h"

namespace kerascope::ops {

/// A strided copy from one input to the output. Offsets and strides are in elements.
struct Move {
  std::size_t input = 0;
  std::int64_t from = 0, to = 0;          ///< offsets of the first element
  std::vector<StridedAxis<2>> axes = {};  ///< strides in the input, in the output
};

/// Its output has the type of its inputs, which all have the same one.
class MovingOp : public Op {
 public:
  virtual Shape infer(std::span<const Shape> in) const = 0;
  /// A kernel for float32.
  virtual OpKernel prepare(const Session& session, std::span<const Operand> in, const Shape& out) const = 0;
  /// The same for elements of any size; slower.
  virtual std::vector<Move> moves(std::span<const Shape> in, const Shape& out) const = 0;

  /// @throws Error{type-mismatch} if the inputs have different types
  std::vector<ValueType> outputs(std::span<const ValueType> in) const final;
  bool takes_float32() const final { return false; }
  OpKernel kernel(const Session& session, std::span<const Operand> in, std::span<const ValueType> out) const final;
};

}  // namespace kerascope::ops
