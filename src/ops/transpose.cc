// Permutes the axes, as numpy.transpose.

#include "ops/transpose.h"
#include "base/parallel.h"
#include "kerascope/error.h"
#include "ops/moving.h"
#include "ops/reshape.h"
#include "ops/strided.h"

namespace kerascope::ops {
namespace {

// A square tile is read along one axis and written along the other, in whole cache lines.
constexpr std::int64_t kTile = 16;
// Tiles are taken block by block, so that the pages in use stay few.
constexpr std::int64_t kBlock = 64;

/// Two axes of a plane: `rows` lie contiguous in the output, `columns` in the input.
struct Plane {
  StridedAxis<2> rows, columns;
};

void copy_tile(const float* in, float* out, const Plane& plane, std::int64_t row, std::int64_t column) {
  const std::int64_t in_stride = plane.rows.strides[0], out_stride = plane.columns.strides[1];
  const std::int64_t rows = std::min(kTile, plane.rows.size - row);
  const std::int64_t columns = std::min(kTile, plane.columns.size - column);
  in += row * in_stride + column;
  out += column * out_stride + row;
  float tile[kTile][kTile];
  for (std::int64_t r = 0; r < rows; ++r) std::copy_n(in + r * in_stride, columns, tile[r]);
  for (std::int64_t c = 0; c < columns; ++c)
    for (std::int64_t r = 0; r < rows; ++r) out[c * out_stride + r] = tile[r][c];
}

class TransposeOp : public MovingOp {
 public:
  explicit TransposeOp(std::vector<int> axes) : axes_(std::move(axes)) {}

  std::string kind() const override { return "transpose"; }
  std::string attributes() const override { return fmt::format("{}", fmt::join(axes_, " ")); }
  bool keeps_items_apart(std::span<const Shape>, const std::vector<bool>&) const override {
    return !axes_.empty() && axes_[0] == 0;
  }

  Shape infer(std::span<const Shape> in) const override {
    const Shape& shape = in[0];
    std::vector<bool> used(static_cast<std::size_t>(shape.rank()));
    std::vector<std::int64_t> sizes;
    for (int axis : axes_) {
      if (axis < 0 || axis >= shape.rank() || used[static_cast<std::size_t>(axis)]) break;
      used[static_cast<std::size_t>(axis)] = true;
      sizes.push_back(shape[axis]);
    }
    if (sizes.size() != used.size() || sizes.size() != axes_.size())
      throw Error({.code = "axis-invalid",
                   .what = fmt::format("transpose to the axes ({}) is no permutation of the {} axes of {}",
                                       fmt::join(axes_, ", "), shape.rank(), shape.str())});
    return Shape(std::move(sizes));
  }

  Cost cost(std::span<const Shape>, const Shape& out) const override {
    return {.flops = 0, .bytes = 2 * static_cast<double>(out.elements()) * sizeof(float)};
  }

  OpKernel prepare(const Session&, std::span<const Operand> in, const Shape& out) const override {
    if (out.elements() == 0) return [](const OpArguments&) {};
    std::vector<StridedAxis<2>> axes = merged<2>(strided_axes(in[0].shape, out));
    if (axes.empty()) axes.push_back({1, {1, 1}});
    const StridedAxis<2> last = axes.back();
    axes.pop_back();
    if (last.strides[0] == 1) return copy_rows(std::move(axes), last.size);
    const auto contiguous =
        std::find_if(axes.begin(), axes.end(), [](const auto& axis) { return axis.strides[0] == 1; });
    const Plane plane = {.rows = last, .columns = *contiguous};
    axes.erase(contiguous);
    return copy_planes(std::move(axes), plane);
  }

  std::vector<Move> moves(std::span<const Shape> in, const Shape& out) const override {
    return {{.axes = strided_axes(in[0], out)}};
  }

 private:
  /// The output's axes with their strides in the input and in the output.
  std::vector<StridedAxis<2>> strided_axes(const Shape& in, const Shape& out) const {
    std::vector<StridedAxis<2>> axes;
    for (int i = 0; i < out.rank(); ++i)
      axes.push_back(
          {out[i], {in.elements(axes_[static_cast<std::size_t>(i)] + 1, in.rank()), out.elements(i + 1, out.rank())}});
    return axes;
  }

  static std::int64_t count_of(const std::vector<StridedAxis<2>>& axes) {
    std::int64_t count = 1;
    for (const StridedAxis<2>& axis : axes) count *= axis.size;
    return count;
  }

  static OpKernel copy_rows(std::vector<StridedAxis<2>> axes, std::int64_t length) {
    return [=, count = count_of(axes)](const OpArguments& arguments) {
      parallel_for(count, 1 + 16 * 1024 / length, [&](std::int64_t begin, std::int64_t end) {
        StridedIterator<2> position(axes, begin);
        for (std::int64_t i = begin; i < end; ++i, position.next())
          std::copy_n(arguments.in[0] + position.offsets()[0], length, arguments.out + position.offsets()[1]);
      });
    };
  }

  static OpKernel copy_planes(std::vector<StridedAxis<2>> axes, const Plane& plane) {
    const auto blocks_of = [](std::int64_t size) { return (size + kBlock - 1) / kBlock; };
    const std::int64_t column_blocks = blocks_of(plane.columns.size),
                       blocks = column_blocks * blocks_of(plane.rows.size);
    return [=, count = count_of(axes) * blocks](const OpArguments& arguments) {
      parallel_for(count, 4, [&](std::int64_t begin, std::int64_t end) {
        StridedIterator<2> position(axes, begin / blocks);
        for (std::int64_t i = begin; i < end; ++i) {
          const auto [in_offset, out_offset] = position.offsets();
          const std::int64_t block = i % blocks;
          const std::int64_t row = block / column_blocks * kBlock, column = block % column_blocks * kBlock;
          for (std::int64_t r = row; r < std::min(row + kBlock, plane.rows.size); r += kTile)
            for (std::int64_t c = column; c < std::min(column + kBlock, plane.columns.size); c += kTile)
              copy_tile(arguments.in[0] + in_offset, arguments.out + out_offset, plane, r, c);
          if (block + 1 == blocks) position.next();
        }
      });
    };
  }

  std::vector<int> axes_;
};

}  // namespace

Value transpose(Graph& graph, Value x, std::vector<int> axes) {
  const Shape& in = graph.shape(x);
  auto op = std::make_shared<TransposeOp>(axes);
  Shape out = op->infer({&in, 1});
  // No number moves if the axes of more than one entry keep their order.
  std::erase_if(axes, [&](int axis) { return in[axis] == 1; });
  if (std::ranges::is_sorted(axes)) return ops::reshape(graph, x, std::move(out));
  return graph.apply(std::move(op), {x});
}

}  // namespace kerascope::ops
