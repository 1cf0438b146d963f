// One mathematical operation on float32 tensors in Keras's axis order (channels last where an op has channels).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/tensor.h"

namespace kerascope {

class Session;  // onednn/session.h

/// What an op costs in theory; both are 0 for a view.
struct Cost {
  double flops = 0;
  double bytes = 0;
};

/// What a kernel is told at each run. The pointers stay valid for that run only.
struct KernelArguments {
  std::span<const float* const> in;
  float* out = nullptr;
  std::uint64_t seed = 0;  ///< of the training phase's random numbers
};

using Kernel = std::function<void(const KernelArguments&)>;

/// One input as `prepare` sees it. `constant` is set where the value is known before the first run (weights):
/// a kernel may reorder or fold it once, and must not keep the pointer beyond `prepare` unless it also reads
/// the same input from its arguments, which always hold it too.
struct Operand {
  Shape shape;
  const float* constant = nullptr;
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
  virtual Kernel prepare(const Session& session, std::span<const Operand> in, const Shape& out) const = 0;
};

}  // namespace kerascope
