#include "ops/along_axis.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/parallel.h"
#include "kerascope/error.h"
#include "ops/cast.h"

namespace kerascope::ops {
namespace {

constexpr std::int64_t kGrain = 16 * 1024;

class AlongAxisOp final : public Op {
 public:
  /// @param gives_places  int64, whatever the input's type is.
  AlongAxisOp(int axis, LineFunction function, bool gives_places)
      : axis_(axis), function_(std::move(function)), gives_places_(gives_places) {}

  std::string kind() const override { return function_.name; }
  std::string attributes() const override { return fmt::format("axis {}", axis_); }
  bool takes_float32() const override { return false; }
  bool keeps_items_apart(std::span<const Shape>, const std::vector<bool>&) const override { return axis_ != 0; }

  std::vector<ValueType> outputs(std::span<const ValueType> in) const override {
    const Shape& shape = in[0].shape;
    if (axis_ < 0 || axis_ >= shape.rank())
      throw Error({.code = "axis-invalid",
                   .what = fmt::format("{} along axis {} of {}, which it does not have", kind(), axis_, shape.str())});
    std::vector<std::int64_t> sizes = shape.sizes();
    sizes[static_cast<std::size_t>(axis_)] = function_.size;
    return {{Shape(std::move(sizes)), gives_places_ ? DType::kInt64 : in[0].dtype}};
  }

  OpKernel kernel(const Session&, std::span<const Operand> in, std::span<const ValueType> out) const override {
    const bool gives_floats = out[0].dtype == DType::kFloat32;
    if (out[0].shape.elements() == 0) return [](const OpArguments&) {};
    if (in[0].dtype == DType::kInt64) return of<std::int64_t, std::int64_t>(in[0].shape, function_.of_integers);
    return gives_floats ? of<float, float>(in[0].shape, function_.of_floats)
                        : of<float, std::int64_t>(in[0].shape, function_.of_floats);
  }

 private:
  template <typename In, typename Out, typename Function>
  OpKernel of(const Shape& shape, const Function& function) const {
    const std::int64_t stride = shape.elements(axis_ + 1, shape.rank()), size = shape[axis_],
                       lines = shape.elements(0, axis_) * stride;
    return [=, results = function_.size](const OpArguments& args) {
      parallel_for(lines, 1 + kGrain / (size + results + 1), [&](std::int64_t begin, std::int64_t end) {
        std::vector<In> line(static_cast<std::size_t>(size));
        std::vector<Out> result(static_cast<std::size_t>(results));
        for (std::int64_t i = begin; i < end; ++i) {
          const In* const x = args.input<In>(0) + i / stride * size * stride + i % stride;
          Out* const y = args.output<Out>() + i / stride * results * stride + i % stride;
          for (std::int64_t k = 0; k < size; ++k) line[static_cast<std::size_t>(k)] = x[k * stride];
          function(line, result.data());
          for (std::int64_t k = 0; k < results; ++k) y[k * stride] = result[static_cast<std::size_t>(k)];
        }
      });
    };
  }

  int axis_;
  LineFunction function_;
  bool gives_places_;
};

DType computed_type(DType type) { return is_floating(type) ? DType::kFloat32 : DType::kInt64; }

/// As std::less, but NaN is above all numbers.
template <typename T>
bool is_less(T left, T right) {
  if constexpr (std::is_floating_point_v<T>) return left < right || (right != right && left == left);
  return left < right;
}

template <typename T>
std::vector<std::int64_t> places(std::span<const T> line) {
  std::vector<std::int64_t> places(line.size());
  std::iota(places.begin(), places.end(), 0);
  return places;
}

/// The places of the k largest numbers.
template <typename T>
std::vector<std::int64_t> top(std::span<const T> line, std::size_t k) {
  std::vector<std::int64_t> order = places(line);
  std::ranges::stable_sort(order, [&](std::int64_t left, std::int64_t right) {
    return is_less(line[static_cast<std::size_t>(right)], line[static_cast<std::size_t>(left)]);
  });
  order.resize(k);
  return order;
}

/// Integers wrap around, floats are accumulated in double.
template <typename T>
using Accumulator = std::conditional_t<std::is_floating_point_v<T>, double, std::uint64_t>;

template <typename Join>
LineFunction cumulative(const char* name, std::int64_t size, bool exclusive, bool reverse, int start, Join join) {
  return line_function(name, size, [=]<typename T>(std::span<const T> line, std::span<T> out) {
    auto so_far = static_cast<Accumulator<T>>(start);
    for (std::size_t i = 0; i < line.size(); ++i) {
      const std::size_t k = reverse ? line.size() - 1 - i : i;
      const auto with_this = join(so_far, static_cast<Accumulator<T>>(line[k]));
      out[k] = static_cast<T>(exclusive ? so_far : with_this);
      so_far = with_this;
    }
  });
}

template <typename T>
bool is_below(T left, T right, bool signed_zero) {
  if (left < right) return true;
  if constexpr (std::is_floating_point_v<T>)
    return signed_zero && left == right && std::signbit(left) && !std::signbit(right);
  return false;
}

/// The first number that is better than all others; NaN is worse than any.
LineFunction place_of(const char* name, bool maximum, bool signed_zero) {
  return place_function(name, 1, [=]<typename T>(std::span<const T> line, std::span<std::int64_t> out) {
    std::size_t best = line.size();
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] != line[i]) continue;
      const bool wins = best == line.size() || (maximum ? is_below(line[best], line[i], signed_zero)
                                                        : is_below(line[i], line[best], signed_zero));
      if (wins) best = i;
    }
    out[0] = best == line.size() ? 0 : static_cast<std::int64_t>(best);
  });
}

}  // namespace

Value along_axis(Graph& graph, Value x, int axis, LineFunction function) {
  const DType type = graph.dtype(x);
  const Value result = graph.apply(std::make_shared<AlongAxisOp>(axis, std::move(function), /*gives_places=*/false),
                                   {cast(graph, x, computed_type(type))});
  return cast(graph, result, type == DType::kBool ? DType::kInt32 : type);
}

Value places_along_axis(Graph& graph, Value x, int axis, LineFunction function) {
  return cast(graph,
              graph.apply(std::make_shared<AlongAxisOp>(axis, std::move(function), /*gives_places=*/true),
                          {cast(graph, x, computed_type(graph.dtype(x)))}),
              DType::kInt32);
}

LineFunction cumulative_sum(std::int64_t size, bool exclusive, bool reverse) {
  return cumulative("cumsum", size, exclusive, reverse, 0, [](auto sum, auto x) { return sum + x; });
}

LineFunction cumulative_product(std::int64_t size, bool exclusive, bool reverse) {
  return cumulative("cumprod", size, exclusive, reverse, 1, [](auto product, auto x) { return product * x; });
}

LineFunction product_of_line() {
  return line_function("prod", 1, []<typename T>(std::span<const T> line, std::span<T> out) {
    Accumulator<T> product = 1;
    for (const T x : line) product *= static_cast<Accumulator<T>>(x);
    out[0] = static_cast<T>(product);
  });
}

LineFunction sorted(std::int64_t size) {
  return line_function("sort", size, []<typename T>(std::span<const T> line, std::span<T> out) {
    std::ranges::copy(line, out.begin());
    std::ranges::sort(out, is_less<T>);
  });
}

LineFunction sorting_places(std::int64_t size) {
  return place_function("argsort", size, []<typename T>(std::span<const T> line, std::span<std::int64_t> out) {
    std::ranges::copy(places(line), out.begin());
    std::ranges::stable_sort(out, [&](std::int64_t left, std::int64_t right) {
      return is_less(line[static_cast<std::size_t>(left)], line[static_cast<std::size_t>(right)]);
    });
  });
}

LineFunction largest(std::int64_t k) {
  return line_function("top_k", k, []<typename T>(std::span<const T> line, std::span<T> out) {
    const std::vector<std::int64_t> order = top(line, out.size());
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = line[static_cast<std::size_t>(order[i])];
  });
}

LineFunction places_of_largest(std::int64_t k) {
  return place_function("top_k", k, []<typename T>(std::span<const T> line, std::span<std::int64_t> out) {
    std::ranges::copy(top(line, out.size()), out.begin());
  });
}

LineFunction place_of_maximum(bool signed_zero) { return place_of("argmax", /*maximum=*/true, signed_zero); }

LineFunction place_of_minimum(bool signed_zero) { return place_of("argmin", /*maximum=*/false, signed_zero); }

}  // namespace kerascope::ops
