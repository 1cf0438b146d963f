// One mathematical operation on float32 tensors in Keras's axis order (channels last where an op has channels).
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "ops/kernel.h"

namespace kerascope {

class Session;  // ops/session.h
namespace ops {
struct PadOptions;
}

/// What an op costs in theory; both are 0 for a view.
struct Cost {
  double flops = 0;
  double bytes = 0;
};

/// In bytes.
struct KernelMemory {
  std::size_t kept = 0;     ///< made of constant operands
  std::size_t passing = 0;  ///< while it is made, and while it computes
};

/// Immutable; one object may be prepared for many plans and from many threads.
class Op {
 public:
  virtual ~Op() = default;
  /// Its name and attributes, as `--dump graph` prints them: "conv 3x3 stride 2 same".
  virtual std::string describe() const = 0;
  /// @throws Error{shape-mismatch, ...} with the numbers where the inputs do not fit.
  virtual Shape infer(std::span<const Shape> in) const = 0;
  virtual Cost cost(std::span<const Shape> in, const Shape& out) const;
  /// True where the output is the first input's numbers under another shape; then `prepare` is never called.
  virtual bool is_view() const { return false; }
  /// True where `prepare` gives a Kernel::rowwise: then the op can be computed together with the one before it.
  virtual bool is_rowwise(std::span<const Shape> in, const Shape& out) const;
  /// Where `prepare` gives a kernel with Kernel::reads: the part of the first input that two halves of the output both
  /// read. Then the op can follow the one that makes that input, a few rows behind.
  virtual std::optional<double> overlap(std::span<const Shape> in, const Shape& out) const;
  /// Of an op that only pads its input: how; otherwise null.
  virtual const ops::PadOptions* padding() const { return nullptr; }
  /// For an op whose first input is padded: one that computes the same of what was padded; null where none can.
  virtual std::shared_ptr<const Op> over_unpadded(const ops::PadOptions&) const { return nullptr; }
  /// What its kernel takes beside operands and output, which it reads and writes where they are, if that is much.
  virtual KernelMemory memory(const Session&, std::span<const Shape>, const Shape&) const { return {}; }
  virtual Kernel prepare(const Session& session, std::span<const Operand> in, const Shape& out) const = 0;
};

}  // namespace kerascope
