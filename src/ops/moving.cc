#include "ops/moving.h"

#include <fmt/format.h>

#include <cstring>

#include "kerascope/error.h"

namespace kerascope::ops {

std::vector<ValueType> MovingOp::outputs(std::span<const ValueType> in) const {
  const Shape shape = infer(shapes_of(in));
  for (const ValueType& type : in)
    if (type.dtype != in[0].dtype)
      throw Error({.code = "type-mismatch",
                   .what = fmt::format("{} of {} and {}: their elements have different types", kind(),
                                       name_of(in[0].dtype), name_of(type.dtype))});
  return {{shape, in[0].dtype}};
}

OpKernel MovingOp::kernel(const Session& session, std::span<const Operand> in, std::span<const ValueType> out) const {
  if (out[0].dtype == DType::kFloat32) return prepare(session, in, out[0].shape);
  std::vector<Shape> shapes;
  for (const Operand& operand : in) shapes.push_back(operand.shape);
  std::vector<Move> all = moves(shapes, out[0].shape);
  for (Move& move : all) move.axes = merged<2>(move.axes);
  return [all, size = static_cast<std::int64_t>(element_bytes(out[0].dtype))](const OpArguments& args) {
    for (const Move& move : all) {
      std::int64_t count = 1;
      for (const StridedAxis<2>& axis : move.axes) count *= axis.size;
      if (count == 0) continue;
      const std::byte* const from = args.input<std::byte>(move.input) + move.from * size;
      std::byte* const to = args.output<std::byte>() + move.to * size;
      StridedIterator<2> position(move.axes, 0);
      for (std::int64_t i = 0; i < count; ++i, position.next())
        std::memcpy(to + position.offsets()[1] * size, from + position.offsets()[0] * size,
                    static_cast<std::size_t>(size));
    }
  };
}

}  // namespace kerascope::ops
