#include "ops/op_kernel.h"

#include <vector>

#include "base/check.h"
#include "base/parallel.h"

namespace kerascope {
namespace {

/// Elements of a row-wise op's output per call.
constexpr std::int64_t kGrain = 16 * 1024;
/// Elements that a thread computes between two polls; some milliseconds for the slowest ops.
constexpr std::int64_t kPiece = 256 * 1024;

}  // namespace

LaneOp LaneOp::affine(std::span<const float> scale, std::span<const float> shift) {
  constexpr std::size_t kPadding = 32;
  LaneOp op;
  op.kind = Kind::kAffine;
  op.channels = static_cast<std::int64_t>(scale.size());
  op.scale.assign(scale.begin(), scale.end());
  op.shift.assign(shift.begin(), shift.end());
  op.scale.resize(scale.size() + kPadding);
  op.shift.resize(shift.size() + kPadding);
  return op;
}

LaneOp LaneOp::clip(float low, float high) {
  LaneOp op;
  op.kind = Kind::kClip;
  op.low = low;
  op.high = high;
  return op;
}

OpKernel OpKernel::by_rows(std::int64_t rows, std::int64_t grain, Compute compute) {
  OpKernel kernel(std::move(compute));
  kernel.rows = rows;
  kernel.grain = grain;
  return kernel;
}

OpKernel OpKernel::rowwise(std::int64_t rows, std::span<const Operand> in, const Shape& out, Compute compute) {
  OpKernel kernel(std::move(compute));
  kernel.rows = rows;
  kernel.grain = rows == 0 ? 1 : 1 + kGrain * rows / std::max<std::int64_t>(out.elements(), 1);
  kernel.is_rowwise = true;
  KERASCOPE_CHECK(in.size() <= 64);
  for (std::size_t i = 0; i < in.size(); ++i)
    if (in[i].shape == out && in[i].dtype == DType::kFloat32) kernel.moving |= std::uint64_t{1} << i;
  return kernel;
}

void OpKernel::take_epilogue(std::int64_t channels, std::int64_t together) {
  constexpr std::int64_t kLine = 16;  // numbers
  epilogue_channels = channels;
  streams = together % kLine == 0;
}

std::int64_t equal_parts(std::int64_t rows, std::int64_t most) {
  const std::int64_t together = most * thread_count(), calls = (rows + together - 1) / together * thread_count();
  return std::max<std::int64_t>((rows + calls - 1) / std::max<std::int64_t>(calls, 1), 1);
}

void compute_all(const OpKernel& kernel, const OpArguments& arguments, std::int64_t elements) {
  if (kernel.rows == 1) return kernel.compute(arguments);
  if (kernel.rows == 0) return;
  const std::int64_t row_size = elements / kernel.rows;
  // Grains between two polls.
  const std::int64_t together =
      std::max<std::int64_t>(kPiece / (kernel.grain * std::max<std::int64_t>(row_size, 1)), 1);
  parallel_for((kernel.rows + kernel.grain - 1) / kernel.grain, 1, [&](std::int64_t first, std::int64_t last) {
    for (; first < last; first += together) {
      parallel::poll();
      const std::int64_t begin = first * kernel.grain,
                         end = std::min(std::min(first + together, last) * kernel.grain, kernel.rows);
      std::vector<const float*> in(arguments.in.begin(), arguments.in.end());
      for (std::size_t i = 0; i < in.size(); ++i)
        if (kernel.moves(i)) in[i] += begin * row_size;
      kernel.compute(
          {.in = in, .out = arguments.out + begin * row_size, .seed = arguments.seed, .begin = begin, .end = end});
    }
  });
}

}  // namespace kerascope
