#include "ops/bucketize.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "base/parallel.h"

namespace kerascope::ops {
namespace {

class BucketizeOp final : public Op {
 public:
  explicit BucketizeOp(std::vector<float> boundaries) : boundaries_(std::move(boundaries)) {
    KERASCOPE_CHECK(std::ranges::is_sorted(boundaries_));
  }

  std::string kind() const override { return "bucketize"; }
  std::string attributes() const override { return fmt::format("{} boundaries", boundaries_.size()); }
  bool takes_float32() const override { return true; }
  bool keeps_items_apart(std::span<const Shape>, const std::vector<bool>&) const override { return true; }
  std::vector<ValueType> outputs(std::span<const ValueType> in) const override {
    return {{in[0].shape, DType::kInt32}};
  }

  OpKernel kernel(const Session&, std::span<const Operand>, std::span<const ValueType> out) const override {
    return [boundaries = boundaries_, count = out[0].shape.elements()](const OpArguments& args) {
      const float* const x = args.in[0];
      auto* const y = args.output<std::int32_t>();
      parallel_for(count, 4096, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i)
          y[i] = static_cast<std::int32_t>(std::upper_bound(boundaries.begin(), boundaries.end(), x[i]) -
                                           boundaries.begin());
      });
    };
  }

 private:
  std::vector<float> boundaries_;
};

}  // namespace

Value bucketize(Graph& graph, Value x, std::vector<float> boundaries) {
  return graph.apply(std::make_shared<BucketizeOp>(std::move(boundaries)), {x});
}

}  // namespace kerascope::ops
