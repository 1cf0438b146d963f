#include "layers/einsum.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "kerascope/error.h"
#include "ops/dense.h"
#include "ops/matmul.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/transpose.h"

namespace kerascope::layers {
namespace {

bool has(const std::string& axes, char axis) { return axes.find(axis) != axes.npos; }

void require_distinct(const std::string& axes) {
  for (const char axis : axes)
    if (std::ranges::count(axes, axis) > 1)
      throw Error(
          {.code = "einsum-invalid",
           .what = fmt::format("the axis '{}' stands twice in '{}', which Kerascope cannot compute", axis, axes)});
}

class Product {
 public:
  Product(Graph& graph, const Einsum& axes) : graph_(graph), axes_(axes) {}

  Value of(Value left, Value right) {
    std::string left_axes = known(axes_.left, left), right_axes = known(axes_.right, right);
    require_distinct(axes_.out);
    for (const char axis : axes_.out)
      if (!sizes_.count(axis))
        throw Error({.code = "einsum-invalid",
                     .what = fmt::format("the product '{}' has an axis '{}', which no operand has", axes_.out, axis)});
    left = summed(left, left_axes, axes_.right);
    right = summed(right, right_axes, axes_.left);

    std::string batch, rows, inner, columns;
    for (const char axis : left_axes) (!has(right_axes, axis) ? rows : has(axes_.out, axis) ? batch : inner) += axis;
    for (const char axis : right_axes)
      if (!has(left_axes, axis)) columns += axis;
    left = ordered(left, left_axes, batch + rows + inner);
    right = ordered(right, right_axes, batch + inner + columns);
    const Shape one(std::vector<std::int64_t>{size(rows), size(inner)}), other({size(inner), size(columns)});
    Value product;
    if (batch.empty())
      product = ops::dense(graph_, ops::reshape(graph_, left, one), ops::reshape(graph_, right, other), std::nullopt);
    else
      product = ops::matmul(graph_, ops::reshape(graph_, left, {size(batch), one[0], one[1]}),
                            ops::reshape(graph_, right, {size(batch), other[0], other[1]}));
    std::vector<std::int64_t> sizes;
    for (const char axis : batch + rows + columns) sizes.push_back(sizes_.at(axis));
    return ordered(ops::reshape(graph_, product, Shape(std::move(sizes))), batch + rows + columns, axes_.out);
  }

 private:
  /// The axes of an operand, whose sizes are noted.
  std::string known(const std::string& axes, Value x) {
    const Shape& shape = graph_.shape(x);
    require_distinct(axes);
    if (shape.rank() != static_cast<int>(axes.size()))
      throw Error({.code = "shape-mismatch",
                   .what = fmt::format("a tensor {} does not have the {} axes '{}'", shape.str(), axes.size(), axes)});
    for (int i = 0; i < shape.rank(); ++i) {
      const char axis = axes[static_cast<std::size_t>(i)];
      const auto [known, is_new] = sizes_.emplace(axis, shape[i]);
      if (!is_new && known->second != shape[i])
        throw Error({.code = "shape-mismatch",
                     .what = fmt::format("the axis '{}' has size {} in one operand and {} in the other", axis,
                                         known->second, shape[i])});
    }
    return axes;
  }

  std::int64_t size(const std::string& axes) const {
    std::int64_t product = 1;
    for (const char axis : axes) product *= sizes_.at(axis);
    return product;
  }

  /// Without the axes that only this operand has.
  Value summed(Value x, std::string& axes, const std::string& other) {
    std::vector<int> alone;
    std::string kept;
    for (std::size_t i = 0; i < axes.size(); ++i)
      if (has(other, axes[i]) || has(axes_.out, axes[i]))
        kept += axes[i];
      else
        alone.push_back(static_cast<int>(i));
    axes = kept;
    return alone.empty() ? x : ops::reduce(graph_, x, ops::Reduction::kSum, {.axes = alone});
  }

  Value ordered(Value x, const std::string& axes, const std::string& wanted) {
    std::vector<int> order;
    for (const char axis : wanted) order.push_back(static_cast<int>(axes.find(axis)));
    return ops::transpose(graph_, x, order);
  }

  Graph& graph_;
  const Einsum& axes_;
  std::map<char, std::int64_t> sizes_;
};

}  // namespace

Value einsum(Graph& graph, const Einsum& axes, Value left, Value right) { return Product(graph, axes).of(left, right); }

}  // namespace kerascope::layers
