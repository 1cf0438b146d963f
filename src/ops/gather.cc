#include "ops/gather.h"

#include <fmt/format.h>

#include <cstring>

#include "base/parallel.h"
#include "kerascope/error.h"
#include "ops/cast.h"

namespace kerascope::ops {
namespace {

class GatherOp final : public Op {
 public:
  std::string kind() const override { return "gather"; }
  bool takes_float32() const override { return false; }
  bool keeps_items_apart(std::span<const Shape> in, const std::vector<bool>& has_items) const override {
    return !has_items[0] && in[1].rank() > 0;
  }

  std::vector<ValueType> outputs(std::span<const ValueType> in) const override {
    const Shape& table = in[0].shape;
    if (table.rank() < 1)
      throw Error({.code = "shape-mismatch", .what = "gather needs a table with at least one axis"});
    std::vector<std::int64_t> sizes = in[1].shape.sizes();
    sizes.insert(sizes.end(), table.begin() + 1, table.end());
    return {{Shape(std::move(sizes)), in[0].dtype}};
  }

  Cost cost(std::span<const Shape> in, const Shape& out) const override {
    return {.flops = 0, .bytes = static_cast<double>(2 * out.elements() + 2 * in[1].elements()) * sizeof(float)};
  }

  OpKernel kernel(const Session&, std::span<const Operand> in, std::span<const ValueType>) const override {
    const std::int64_t entries = in[0].shape[0], size = in[0].shape.elements(1, in[0].shape.rank()) *
                                                        static_cast<std::int64_t>(element_bytes(in[0].dtype));
    return [=, count = in[1].shape.elements()](const OpArguments& args) {
      const auto* const indices = args.input<std::int64_t>(1);
      for (std::int64_t i = 0; i < count; ++i)
        if (indices[i] < 0 || indices[i] >= entries)
          throw Error({.code = "index-out-of-range",
                       .what = fmt::format("there is no entry {} in a table of {}", indices[i], entries),
                       .hint = fmt::format("feed whole numbers from 0 to {}", entries - 1)});
      parallel_for(count, 1 + (64 << 10) / (size + 1), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i)
          std::memcpy(args.output<std::byte>() + i * size, args.input<std::byte>(0) + indices[i] * size,
                      static_cast<std::size_t>(size));
      });
    };
  }
};

}  // namespace

Value gather(Graph& graph, Value table, Value indices) {
  return graph.apply(std::make_shared<GatherOp>(), {table, cast(graph, indices, DType::kInt64)});
}

}  // namespace kerascope::ops
