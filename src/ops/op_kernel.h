// A prepared op: a function that computes all of the output, or some rows of it.
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

/// One input as an op's `prepare` sees it. `constant` is set if the value is known before the first run (weights): then
/// the op may repack or fold it once. The pointer is valid only during `prepare`; OpArguments::in has the input, too.
struct Operand {
  Shape shape;
  const float* constant = nullptr;  ///< to the first element, of whatever type it is
  DType dtype = DType::kFloat32;
  /// Identifies a constant in all plans of a model, see Session::cached; may be empty.
  std::string key = {};

  /// The elements of a constant operand of another type than float32.
  template <typename T>
  std::span<const T> elements() const {
    return {reinterpret_cast<const T*>(constant), static_cast<std::size_t>(shape.elements())};
  }
};

/// An elementwise op that can be computed while its input is still in registers (a post-op).
struct LaneOp {
  enum class Kind {
    kAffine,  ///< x * scale + shift, both per channel (last axis)
    kClip,    ///< limited to [low, high]
    kAdd,     ///< the sum of both inputs, which have the output's shape
  };
  static LaneOp affine(std::span<const float> scale, std::span<const float> shift);
  static LaneOp clip(float low, float high);
  static LaneOp add() { return {}; }

  Kind kind = Kind::kAdd;
  std::int64_t channels = 0;        ///< kAffine
  std::vector<float> scale, shift;  ///< padded with a register of zeros
  float low = 0, high = 0;
};

/// One op of an epilogue.
struct EpilogueStep {
  const LaneOp* op = nullptr;
  const float* other = nullptr;  ///< kAdd: the other input, from row `begin` on
  float* out = nullptr;          ///< where row `begin` starts; null: not stored
  float* streamed = nullptr;     ///< the same for non-temporal stores
};

/// Elements [begin, end) of a tensor.
struct ElementRange {
  std::int64_t begin = 0, end = 0;
};

/// The arguments of one call. The pointers are valid only during the call.
struct OpArguments {
  std::span<const float* const> in;  ///< to the first elements; of another type than float32: input<T>()
  float* out = nullptr;              ///< where row `begin` of the output starts; of another type: output<T>()
  std::uint64_t seed = 0;            ///< for random numbers of the training phase
  std::int64_t begin = 0, end = 1;   ///< the rows to compute
  /// Only for kernels with epilogue_channels, which also accept a null `out`.
  float* streamed = nullptr;
  std::span<const EpilogueStep> epilogue = {};
  /// Only of ops with several outputs: the start of each, null if nobody needs it. Such kernels have one row.
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

/// Rows are equal, contiguous pieces of the output, each of which can be computed without the others. The plan spreads
/// rows over threads, and has the next op compute its rows while these are still in the cache.
struct OpKernel {
  using Compute = std::function<void(const OpArguments&)>;

  OpKernel() = default;
  /// The whole output is one row; `whole` may use threads itself.
  template <typename Whole>
  requires std::is_invocable_v<Whole, const OpArguments&> OpKernel(Whole whole) : compute(std::move(whole)) {}
  /// @param grain  calls start at multiples of it.
  static OpKernel by_rows(std::int64_t rows, std::int64_t grain, Compute compute);
  /// For elementwise ops and the like: of each input that has the output's shape, a row of the output needs only the
  /// same row. OpArguments::in points to row `begin` of these inputs, and to the start of others.
  static OpKernel rowwise(std::int64_t rows, std::span<const Operand> in, const Shape& out, Compute compute);

  /// Declares that `compute` applies OpArguments::epilogue.
  /// @param channels  the size of the output's last axis.
  /// @param together  neighbouring channels that one call stores. Non-temporal stores need whole cache lines of these.
  void take_epilogue(std::int64_t channels, std::int64_t together);
  void take_epilogue(std::int64_t channels) { take_epilogue(channels, channels); }
  /// Whether OpArguments::in[i] starts at row `begin`.
  bool moves(std::size_t i) const { return is_rowwise && i < 64 && (moving >> i & 1); }

  Compute compute;
  std::int64_t rows = 1, grain = 1;
  bool is_rowwise = false;
  std::uint64_t moving = 0;            ///< bit i: input i is of float32 and has the output's shape
  std::optional<LaneOp> lane_op = {};  ///< set if this op can be part of an epilogue
  std::int64_t epilogue_channels = 0;  ///< if it takes an epilogue: the size of the last axis
  bool streams = false;                ///< it can make non-temporal stores itself
  /// If set: the elements of the first input that rows [begin, end) read; both ends grow with the rows. Then all other
  /// inputs are constants, and calls may start at any row.
  std::function<ElementRange(std::int64_t begin, std::int64_t end)> reads = {};
};

/// What a prepared op takes, in bytes.
struct OpMemory {
  std::size_t kept = 0;     ///< made of constant operands
  std::size_t passing = 0;  ///< while it is prepared or computes
};

/// A grain of at most `most` rows with which all threads get about equally many calls.
std::int64_t equal_parts(std::int64_t rows, std::int64_t most);

/// Computes all rows, spread over the threads.
/// @param arguments  of the whole tensors.
/// @param elements  of the output.
void compute_all(const OpKernel& kernel, const OpArguments& arguments, std::int64_t elements);

}  // namespace kerascope
