// Integers as vectors of zeros and ones: (.., T), and maybe weights (.., T) -> (.., depth).

#include <fmt/format.h>

#include <algorithm>

#include "kerascope/error.h"
#include "ops/categories.h"

namespace kerascope::ops {
namespace {

class CategoriesOp : public Float32Op {
 public:
  explicit CategoriesOp(const CategoriesOptions& options) : options_(options) {}

  std::string kind() const override { return "categories"; }
  std::string attributes() const override {
    return fmt::format("{}{}", options_.depth, options_.counts ? " counted" : "");
  }

  bool keeps_items_apart(std::span<const Shape> in, const std::vector<bool>&) const override {
    return in[0].rank() > 1;
  }

  Shape infer(std::span<const Shape> in) const override {
    const Shape& x = in[0];
    if (x.rank() < 1 || options_.depth < 1)
      throw Error({.code = "shape-mismatch",
                   .what = fmt::format("categories of {} in vectors of {}", x.str(), options_.depth)});
    if (in.size() > 1 && in[1] != x)
      throw Error(
          {.code = "shape-mismatch", .what = fmt::format("categories of {} have weights of {}", x.str(), in[1].str())});
    Shape out = x;
    out[out.rank() - 1] = options_.depth;
    return out;
  }

  OpKernel prepare(const Session&, std::span<const Operand> in, const Shape& out) const override {
    const std::int64_t depth = options_.depth, rows = out.elements() / depth,
                       length = in[0].shape[in[0].shape.rank() - 1];
    if (rows == 0) return [](const OpArguments&) {};
    return OpKernel::by_rows(rows, equal_parts(rows, 64), [=, options = options_](const OpArguments& args) {
      std::fill_n(args.out, (args.end - args.begin) * depth, 0.0f);
      for (std::int64_t i = args.begin * length; i < args.end * length; ++i) {
        const float number = args.in[0][i];
        if (!(number > -1 && number < static_cast<float>(depth))) continue;  // NaN, too
        float& place = args.out[(i / length - args.begin) * depth + static_cast<std::int64_t>(number)];
        place = options.counts ? place + (args.in.size() > 1 ? args.in[1][i] : 1) : 1;
      }
    });
  }

 private:
  CategoriesOptions options_;
};

}  // namespace

Value categories(Graph& graph, Value x, std::optional<Value> weights, const CategoriesOptions& options) {
  std::vector<Value> inputs = {x};
  if (weights) inputs.push_back(*weights);
  return graph.apply(std::make_shared<CategoriesOp>(options), std::move(inputs));
}

}  // namespace kerascope::ops
