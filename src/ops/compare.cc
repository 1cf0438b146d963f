#include "ops/compare.h"

#include <fmt/ranges.h>

#include <functional>

#include "kerascope/error.h"
#include "ops/broadcast.h"
#include "ops/cast.h"

namespace kerascope::ops {
namespace {

constexpr const char* kComparisons[] = {"equal", "not_equal", "less", "less_equal", "greater", "greater_equal"};
constexpr const char* kLogicals[] = {"logical_and", "logical_or", "logical_xor"};

/// out[i] = function(left, right), each broadcast.
template <typename T, typename Function>
OpKernel each_pair(std::span<const Operand> in, const Shape& out, Function function) {
  if (out.elements() == 0) return [](const OpArguments&) {};
  return
      [=, axes = broadcast_axes<2>({in[0].shape, in[1].shape}, out), count = out.elements()](const OpArguments& args) {
        const T *const left = args.input<T>(0), *const right = args.input<T>(1);
        bool* const y = args.output<bool>();
        StridedIterator<2> position(axes, 0);
        for (std::int64_t i = 0; i < count; ++i, position.next())
          y[i] = function(left[position.offsets()[0]], right[position.offsets()[1]]);
      };
}

/// Compares two inputs of one type.
class PairOp : public Op {
 public:
  bool takes_float32() const final { return false; }
  bool keeps_items_apart(std::span<const Shape> in, const std::vector<bool>& has_items) const final {
    return broadcasts_items_apart(in, has_items);
  }
  std::vector<ValueType> outputs(std::span<const ValueType> in) const final {
    return {{broadcast_shape(kind(), shapes_of(in)), DType::kBool}};
  }
};

class CompareOp final : public PairOp {
 public:
  explicit CompareOp(Comparison comparison) : comparison_(comparison) {}
  std::string kind() const override { return kComparisons[static_cast<int>(comparison_)]; }

  OpKernel kernel(const Session&, std::span<const Operand> in, std::span<const ValueType> out) const override {
    if (in[0].dtype == DType::kString) return compared<std::string_view>(in, out[0].shape);
    return in[0].dtype == DType::kInt64 ? compared<std::int64_t>(in, out[0].shape) : compared<float>(in, out[0].shape);
  }

 private:
  template <typename T>
  OpKernel compared(std::span<const Operand> in, const Shape& out) const {
    switch (comparison_) {
      case Comparison::kEqual:
        return each_pair<T>(in, out, std::equal_to<T>());
      case Comparison::kNotEqual:
        return each_pair<T>(in, out, std::not_equal_to<T>());
      case Comparison::kLess:
        return each_pair<T>(in, out, std::less<T>());
      case Comparison::kLessEqual:
        return each_pair<T>(in, out, std::less_equal<T>());
      case Comparison::kGreater:
        return each_pair<T>(in, out, std::greater<T>());
      case Comparison::kGreaterEqual:
        break;
    }
    return each_pair<T>(in, out, std::greater_equal<T>());
  }

  Comparison comparison_;
};

class LogicalOp final : public PairOp {
 public:
  explicit LogicalOp(Logical function) : function_(function) {}
  std::string kind() const override { return kLogicals[static_cast<int>(function_)]; }

  OpKernel kernel(const Session&, std::span<const Operand> in, std::span<const ValueType> out) const override {
    switch (function_) {
      case Logical::kAnd:
        return each_pair<bool>(in, out[0].shape, std::logical_and<bool>());
      case Logical::kOr:
        return each_pair<bool>(in, out[0].shape, std::logical_or<bool>());
      case Logical::kXor:
        break;
    }
    return each_pair<bool>(in, out[0].shape, std::not_equal_to<bool>());
  }

 private:
  Logical function_;
};

class QuantifierOp final : public Op {
 public:
  QuantifierOp(Quantifier quantifier, std::vector<int> axes, bool keepdims)
      : quantifier_(quantifier), axes_(std::move(axes)), keepdims_(keepdims) {}

  std::string kind() const override { return quantifier_ == Quantifier::kAny ? "any" : "all"; }
  std::string attributes() const override {
    return fmt::format("axes {}{}", fmt::join(axes_, " "), keepdims_ ? " keepdims" : "");
  }
  bool takes_float32() const override { return false; }
  bool keeps_items_apart(std::span<const Shape>, const std::vector<bool>&) const override { return !reduces(0); }

  std::vector<ValueType> outputs(std::span<const ValueType> in) const override {
    const Shape& shape = in[0].shape;
    for (const int axis : axes_)
      if (axis < 0 || axis >= shape.rank())
        throw Error({.code = "axis-invalid",
                     .what = fmt::format("{} along axis {} of {}, which it does not have", kind(), axis, shape.str())});
    std::vector<std::int64_t> sizes;
    for (int axis = 0; axis < shape.rank(); ++axis)
      if (!reduces(axis) || keepdims_) sizes.push_back(reduces(axis) ? 1 : shape[axis]);
    return {{Shape(std::move(sizes)), DType::kBool}};
  }

  OpKernel kernel(const Session&, std::span<const Operand> in, std::span<const ValueType> out) const override {
    // Iterates over the input with the output's strides: 0 along reduced axes.
    const Shape& shape = in[0].shape;
    std::vector<StridedAxis<1>> axes;
    std::int64_t stride = out[0].shape.elements();
    for (int axis = 0; axis < shape.rank(); ++axis) {
      if (!reduces(axis) && shape[axis] > 0) stride /= shape[axis];
      axes.push_back({shape[axis], {reduces(axis) ? 0 : stride}});
    }
    const bool start = quantifier_ == Quantifier::kAll;
    return [=, count = shape.elements(), results = out[0].shape.elements()](const OpArguments& args) {
      bool* const y = args.output<bool>();
      std::fill_n(y, results, start);
      if (count == 0) return;
      const bool* const x = args.input<bool>(0);
      StridedIterator<1> position(axes, 0);
      for (std::int64_t i = 0; i < count; ++i, position.next())
        if (x[i] != start) y[position.offsets()[0]] = !start;
    };
  }

 private:
  bool reduces(int axis) const { return std::ranges::count(axes_, axis) > 0; }

  Quantifier quantifier_;
  std::vector<int> axes_;
  bool keepdims_;
};

}  // namespace

Value compare(Graph& graph, Value left, Value right, Comparison comparison) {
  DType type = common_type(graph.dtype(left), graph.dtype(right));
  if (type == DType::kString && comparison > Comparison::kNotEqual)
    throw Error({.code = "type-mismatch", .what = "texts are equal or not, but not less or greater"});
  if (is_integer(type) || type == DType::kBool) type = DType::kInt64;
  if (is_floating(type)) type = DType::kFloat32;
  return graph.apply(std::make_shared<CompareOp>(comparison), {cast(graph, left, type), cast(graph, right, type)});
}

Value logical(Graph& graph, Value left, Value right, Logical function) {
  return graph.apply(std::make_shared<LogicalOp>(function),
                     {cast(graph, left, DType::kBool), cast(graph, right, DType::kBool)});
}

Value logical_not(Graph& graph, Value x) {
  return logical(graph, x, graph.constant(Tensor::of(Shape(), std::vector<std::uint8_t>{1})), Logical::kXor);
}

Value quantify(Graph& graph, Value x, Quantifier quantifier, std::vector<int> axes, bool keepdims) {
  return graph.apply(std::make_shared<QuantifierOp>(quantifier, std::move(axes), keepdims),
                     {cast(graph, x, DType::kBool)});
}

}  // namespace kerascope::ops
