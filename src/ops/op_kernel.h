// A prepared op: what computes numbers, whole or a few rows of the output at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kerascope/tensor.h"

namespace kerascope {

/// One input as an op's `prepare` sees it. `constant` is set where the value is known before the first run (weights):
/// a kernel may reorder or fold it once, and must not keep the pointer beyond `prepare` unless it also reads
/// the same input from its arguments, which always hold it too.
struct Operand {
  Shape shape;
  const float* constant = nullptr;  ///< to the first element, of whatever type it is
  DType dtype = DType::kFloat32;
  /// Of a constant: tells which one it is, in the same words for all plans of a model, see Session::made; may be empty.
  std::string key = {};

  /// The elements of a constant operand of another type than float32.
  template <typename T>
  std::span<const T> elements() const {
    return {reinterpret_cast<const T*>(constant), static_cast<std::size_t>(shape.elements())};
  }
};

/// A row-wise op so simple that it can be computed while its input is still in registers.
struct LaneOp {
  enum class Kind {
    kAffine,  ///< x * scale + shift, one of each a channel, which is the last axis
    kClip,    ///< limited to [low, high]
    kAdd,     ///< the sum of both inputs, which have the output's shape
  };
  static LaneOp affine(std::span<const float> scale, std::span<const float> shift);
  static LaneOp clip(float low, float high);
  static LaneOp add() { return {}; }

  Kind kind = Kind::kAdd;
  std::int64_t channels = 0;        ///< kAffine
  std::vector<float> scale, shift;  ///< with zeros behind, as many as a register may hold
  float low = 0, high = 0;
};

/// One op behind a kernel's own, on the same numbers.
struct EpilogueStep {
  const LaneOp* op = nullptr;
  const float* other = nullptr;  ///< kAdd: what is added, from row `begin` on
  float* out = nullptr;          ///< where row `begin` starts; null: not stored
  float* streamed = nullptr;     ///< the same past the caches
};

/// Elements [begin, end) of a tensor.
struct ElementRange {
  std::int64_t begin = 0, end = 0;
};

/// What a kernel is told at each run. The pointers stay valid for that run only.
struct OpArguments {
  std::span<const float* const> in;  ///< to the first elements; of another type than float32: input<T>()
  float* out = nullptr;              ///< where row `begin` of the output starts; of another type: output<T>()
  std::uint64_t seed = 0;            ///< of the training phase's random numbers
  std::int64_t begin = 0, end = 1;   ///< the rows to compute
  /// For kernels with epilogue_channels; these accept that `out` is null.
  float* streamed = nullptr;
  std::span<const EpilogueStep> epilogue = {};
  /// Of an op with several outputs: each from its beginning, null where nobody needs it. Such kernels have one row.
  std::span<void* const> outputs = {};

  template <typename T>
  const T* input(std::size_t i) const {
    return reinterpret_cast<const T*>(in[i]);
  }
  template <typename T>
  T* output() const {
    return reinterpret_cast<T*>(out);
  }
};

/// Rows are equal pieces of the output, in the order of memory, that can be computed one without the others. Who runs
/// a kernel spreads its rows over threads, and may ask for the next op's rows while these are still in the cache.
struct OpKernel {
  using Compute = std::function<void(const OpArguments&)>;

  OpKernel() = default;
  /// All is one row; it may use threads of its own.
  template <typename Whole>
  requires std::is_invocable_v<Whole, const OpArguments&> OpKernel(Whole whole) : compute(std::move(whole)) {}
  /// @param grain  all calls but the last are for a multiple of so many rows.
  static OpKernel by_rows(std::int64_t rows, std::int64_t grain, Compute compute);
  /// Each row of the output needs, of the inputs that have the output's shape, that row only; `OpArguments::in`
  /// then points to row `begin` of these.
  static OpKernel rowwise(std::int64_t rows, std::span<const Operand> in, const Shape& out, Compute compute);

  /// Says that the epilogue of its arguments is obeyed.
  /// @param channels  the size of the output's last axis.
  /// @param together  how many of them are computed side by side: registers go past the caches as whole lines of these
  ///     only.
  void take_epilogue(std::int64_t channels, std::int64_t together);
  void take_epilogue(std::int64_t channels) { take_epilogue(channels, channels); }
  /// Whether input `i` begins at the row.
  bool moves(std::size_t i) const { return is_rowwise && i < 64 && (moving >> i & 1); }

  Compute compute;
  std::int64_t rows = 1, grain = 1;
  bool is_rowwise = false;
  std::uint64_t moving = 0;            ///< bit i: input i is of float32 and has the output's shape
  std::optional<LaneOp> lane_op = {};  ///< this op, where it can be part of an epilogue
  std::int64_t epilogue_channels = 0;  ///< where it takes an epilogue: the size of its last axis
  bool streams = false;                ///< it can write past the caches, too
  /// Where set: what rows [begin, end) read of the first input, no less than rows before them do; any rows may be asked
  /// for, and the other inputs are constants.
  std::function<ElementRange(std::int64_t begin, std::int64_t end)> reads = {};
};

/// What a prepared op takes, in bytes.
struct OpMemory {
  std::size_t kept = 0;     ///< made of constant operands
  std::size_t passing = 0;  ///< while it is made, and while it computes
};

/// A grain of at most `most` rows for which every thread gets about as many calls.
std::int64_t equal_parts(std::int64_t rows, std::int64_t most);

/// Computes all rows, spread over the threads.
/// @param arguments  of the whole tensors.
/// @param elements  of the output.
void compute_all(const OpKernel& kernel, const OpArguments& arguments, std::int64_t elements);

}  // namespace kerascope
