#include "ops/select.h"

#include <cstring>

#include "base/parallel.h"
#include "ops/broadcast.h"
#include "ops/cast.h"

namespace kerascope::ops {
namespace {

constexpr std::int64_t kGrain = 4 * 1024;

class SelectOp final : public Op {
 public:
  std::string kind() const override { return "select"; }
  bool takes_float32() const override { return false; }
  bool keeps_items_apart(std::span<const Shape> in, const std::vector<bool>& has_items) const override {
    return broadcasts_items_apart(in, has_items);
  }
  std::vector<ValueType> outputs(std::span<const ValueType> in) const override {
    return {{broadcast_shape(kind(), shapes_of(in)), in[1].dtype}};
  }

  OpKernel kernel(const Session&, std::span<const Operand> in, std::span<const ValueType> out) const override {
    const auto axes = broadcast_axes<3>({in[0].shape, in[1].shape, in[2].shape}, out[0].shape);
    const auto size = static_cast<std::int64_t>(element_bytes(out[0].dtype));
    return [=, count = out[0].shape.elements()](const OpArguments& args) {
      const bool* const condition = args.input<bool>(0);
      const auto *const x = args.input<std::byte>(1), *const y = args.input<std::byte>(2);
      parallel_for(count, kGrain, [&](std::int64_t begin, std::int64_t end) {
        StridedIterator<3> position(axes, begin);
        for (std::int64_t i = begin; i < end; ++i, position.next()) {
          const auto [in_condition, in_x, in_y] = position.offsets();
          std::memcpy(args.output<std::byte>() + i * size, condition[in_condition] ? x + in_x * size : y + in_y * size,
                      static_cast<std::size_t>(size));
        }
      });
    };
  }
};

}  // namespace

Value select(Graph& graph, Value condition, Value x, Value y) {
  const DType type = common_type(graph.dtype(x), graph.dtype(y));
  return graph.apply(std::make_shared<SelectOp>(),
                     {cast(graph, condition, DType::kBool), cast(graph, x, type), cast(graph, y, type)});
}

}  // namespace kerascope::ops
