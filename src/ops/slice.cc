// A part of a tensor: every step-th position along each axis; a negative step goes backwards, step 0 repeats one.

#include "ops/slice.h"
#include "base/parallel.h"
#include "kerascope/error.h"
#include "ops/moving.h"
#include "ops/strided.h"

namespace kerascope::ops {
namespace {

bool fits(const SliceAxis& axis, std::int64_t size) {
  if (axis.size <= 0) return axis.size == 0;
  if (axis.step == 0) return axis.start >= 0 && axis.start < size;
  const std::int64_t room = axis.step > 0 ? (size - 1 - axis.start) / axis.step : axis.start / -axis.step;
  return axis.start >= 0 && axis.start < size && axis.size - 1 <= room;
}

class SliceOp : public MovingOp {
 public:
  explicit SliceOp(std::vector<SliceAxis> axes) : axes_(std::move(axes)) {}

  std::string kind() const override { return "slice"; }
  bool keeps_items_apart(std::span<const Shape> in, const std::vector<bool>&) const override {
    return axes_[0].start == 0 && axes_[0].step == 1 && axes_[0].size == in[0][0];
  }
  std::string attributes() const override {
    std::string text;
    for (const SliceAxis& axis : axes_)
      text += fmt::format("{}{}+{}{}", text.empty() ? "" : " ", axis.start, axis.size,
                          axis.step == 1 ? "" : fmt::format("*{}", axis.step));
    return text;
  }

  Shape infer(std::span<const Shape> in) const override {
    if (static_cast<std::size_t>(in[0].rank()) != axes_.size())
      throw Error(
          {.code = "shape-mismatch",
           .what = fmt::format("slice of {} axes, but its input {} has {}", axes_.size(), in[0].str(), in[0].rank())});
    std::vector<std::int64_t> sizes;
    for (const SliceAxis& axis : axes_) {
      const std::int64_t size = in[0][static_cast<int>(sizes.size())];
      if (!fits(axis, size))
        throw Error({.code = "shape-mismatch",
                     .what = fmt::format("slice of {} positions from {} by {} leaves axis {} of {}", axis.size,
                                         axis.start, axis.step, sizes.size(), in[0].str())});
      sizes.push_back(axis.size);
    }
    return Shape(std::move(sizes));
  }

  Cost cost(std::span<const Shape>, const Shape& out) const override {
    return {.flops = 0, .bytes = 2 * static_cast<double>(out.elements()) * sizeof(float)};
  }

  OpKernel prepare(const Session&, std::span<const Operand> in, const Shape& out) const override {
    if (out.elements() == 0) return [](const OpArguments&) {};
    const Shape& shape = in[0].shape;
    std::vector<StridedAxis<1>> all;
    std::int64_t first = 0;
    for (int i = 0; i < shape.rank(); ++i) {
      const SliceAxis& axis = axes_[static_cast<std::size_t>(i)];
      const std::int64_t stride = shape.elements(i + 1, shape.rank());
      all.push_back({axis.size, {axis.step * stride}});
      first += axis.start * stride;
    }
    std::vector<StridedAxis<1>> rows = merged<1>(all);
    StridedAxis<1> row = {1, {1}};
    if (!rows.empty()) {
      row = rows.back();
      rows.pop_back();
    }
    return [=, count = out.elements() / row.size](const OpArguments& arguments) {
      parallel_for(count, 1 + 16 * 1024 / row.size, [&](std::int64_t begin, std::int64_t end) {
        StridedIterator<1> position(rows, begin);
        for (std::int64_t i = begin; i < end; ++i, position.next()) {
          const float* from = arguments.in[0] + first + position.offsets()[0];
          float* to = arguments.out + i * row.size;
          if (row.strides[0] == 1)
            std::copy_n(from, row.size, to);
          else
            for (std::int64_t k = 0; k < row.size; ++k) to[k] = from[k * row.strides[0]];
        }
      });
    };
  }

  std::vector<Move> moves(std::span<const Shape> in, const Shape& out) const override {
    Move move;
    for (int i = 0; i < out.rank(); ++i) {
      const SliceAxis& axis = axes_[static_cast<std::size_t>(i)];
      const std::int64_t stride = in[0].elements(i + 1, in[0].rank());
      move.axes.push_back({axis.size, {axis.step * stride, out.elements(i + 1, out.rank())}});
      move.from += axis.start * stride;
    }
    return {move};
  }

 private:
  std::vector<SliceAxis> axes_;
};

}  // namespace

Value slice(Graph& graph, Value x, std::vector<SliceAxis> axes) {
  return graph.apply(std::make_shared<SliceOp>(std::move(axes)), {x});
}

}  // namespace kerascope::ops
