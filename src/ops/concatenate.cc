// Joins tensors along one axis: (.., a, ..), (.., b, ..) -> (.., a + b, ..).

#include "ops/concatenate.h"
#include "ops/axis.h"
#include "ops/moving.h"
#include "ops/strided.h"

namespace kerascope::ops {
namespace {

class ConcatenateOp : public MovingOp {
 public:
  explicit ConcatenateOp(int axis) : axis_(axis) {}

  std::string kind() const override { return "concatenate"; }
  std::string attributes() const override { return fmt::format("axis {}", axis_); }
  bool keeps_items_apart(std::span<const Shape> in, const std::vector<bool>&) const override {
    return resolved_axis("concatenate", axis_, in[0]) != 0;
  }

  Shape infer(std::span<const Shape> in) const override {
    if (in.empty()) throw Error({.code = "shape-mismatch", .what = "concatenate needs at least 1 input, but has 0"});
    const int axis = resolved_axis("concatenate", axis_, in[0]);
    Shape out = in[0];
    for (std::size_t part = 1; part < in.size(); ++part) {
      Shape like_first = in[part];
      if (like_first.rank() == in[0].rank()) like_first[axis] = in[0][axis];
      if (like_first != in[0])
        throw Error({.code = "shape-mismatch",
                     .what = fmt::format("concatenate along axis {}: input {} is {}, input 0 is {}", axis, part,
                                         in[part].str(), in[0].str()),
                     .because = "all other axes must have equal sizes"});
      out[axis] += in[part][axis];
    }
    return out;
  }

  Cost cost(std::span<const Shape>, const Shape& out) const override {
    return {.flops = 0, .bytes = 2 * static_cast<double>(out.elements()) * sizeof(float)};
  }

  OpKernel prepare(const Session&, std::span<const Operand> in, const Shape& out) const override {
    const int axis = resolved_axis("concatenate", axis_, out);
    const std::int64_t row_length = out.elements(axis, out.rank());
    // Per input the start of its part of a row; the last entry is the row's end.
    std::vector<std::int64_t> starts = {0};
    for (const Operand& part : in) starts.push_back(starts.back() + part.shape.elements(axis, out.rank()));
    return OpKernel::by_rows(out.elements(), 16 * 1024, [=](const OpArguments& args) {
      for_each_row_piece(args.begin, args.end, row_length, [&](std::int64_t row, std::int64_t from, std::int64_t to) {
        for (std::size_t part = 0; part + 1 < starts.size(); ++part) {
          const std::int64_t first = std::max(from, starts[part]), last = std::min(to, starts[part + 1]);
          if (first >= last) continue;
          const std::int64_t length = starts[part + 1] - starts[part];
          std::copy_n(args.in[part] + row * length + (first - starts[part]), last - first,
                      args.out + row * row_length + first - args.begin);
        }
      });
    });
  }

  std::vector<Move> moves(std::span<const Shape> in, const Shape& out) const override {
    const int axis = resolved_axis("concatenate", axis_, out);
    const std::int64_t stride = out.elements(axis + 1, out.rank());
    std::vector<Move> all;
    std::int64_t start = 0;
    for (std::size_t part = 0; part < in.size(); ++part) {
      Move move = {.input = part, .to = start * stride};
      for (int i = 0; i < out.rank(); ++i)
        move.axes.push_back({in[part][i], {in[part].elements(i + 1, out.rank()), out.elements(i + 1, out.rank())}});
      all.push_back(std::move(move));
      start += in[part][axis];
    }
    return all;
  }

 private:
  int axis_;
};

}  // namespace

Value concatenate(Graph& graph, const std::vector<Value>& parts, int axis) {
  return graph.apply(std::make_shared<ConcatenateOp>(axis), parts);
}

}  // namespace kerascope::ops
