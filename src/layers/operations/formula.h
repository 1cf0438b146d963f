// Values that are combined as in a formula: `sqrt(x * x + y * y)`.
#pragma once

#include "ops/binary.h"
#include "ops/cast.h"
#include "ops/compare.h"
#include "ops/reduce.h"
#include "ops/select.h"
#include "ops/unary.h"

namespace kerascope::operations {

/// A value of a graph. A plain number takes the type of the value that it is combined with.
class Formula {
 public:
  Formula(Graph& graph, Value value) : graph_(&graph), value_(value) {}
  operator Value() const { return value_; }

  Graph& graph() const { return *graph_; }
  const Shape& shape() const { return graph_->shape(value_); }
  DType dtype() const { return graph_->dtype(value_); }
  Formula with(Value value) const { return {*graph_, value}; }
  /// A number of the same type.
  Formula number(double number) const {
    return with(graph_->constant(Tensor::of(Shape(), std::vector<double>{number}).astype(dtype())));
  }
  Formula cast(DType dtype) const { return with(ops::cast(*graph_, value_, dtype)); }
  /// Integers and bools become floats.
  Formula as_float() const { return cast(DType::kFloat32); }

  Formula of(ops::Unary function, const ops::UnaryOptions& options = {}) const {
    return with(ops::unary(*graph_, value_, function, options));
  }
  Formula of(ops::Binary function, const Formula& right) const {
    return with(ops::binary(*graph_, value_, right.value_, function));
  }
  Formula compared(ops::Comparison comparison, const Formula& right) const {
    return with(ops::compare(*graph_, value_, right.value_, comparison));
  }
  Formula combined(ops::Logical function, const Formula& right) const {
    return with(ops::logical(*graph_, value_, right.value_, function));
  }
  /// Of bools: `x` where this is true, else `y`.
  Formula choose(const Formula& x, const Formula& y) const {
    return with(ops::select(*graph_, value_, x.value_, y.value_));
  }
  Formula reduced(ops::Reduction reduction, const std::vector<int>& axes, bool keepdims) const {
    return with(ops::reduce(*graph_, value_, reduction, {.axes = axes, .keepdims = keepdims}));
  }

  friend Formula operator+(const Formula& l, const Formula& r) { return l.of(ops::Binary::kAdd, r); }
  friend Formula operator-(const Formula& l, const Formula& r) { return l.of(ops::Binary::kSubtract, r); }
  friend Formula operator*(const Formula& l, const Formula& r) { return l.of(ops::Binary::kMultiply, r); }
  friend Formula operator/(const Formula& l, const Formula& r) { return l.of(ops::Binary::kDivide, r); }
  friend Formula operator+(const Formula& l, double r) { return l + l.number(r); }
  friend Formula operator-(const Formula& l, double r) { return l - l.number(r); }
  friend Formula operator*(const Formula& l, double r) { return l * l.number(r); }
  friend Formula operator/(const Formula& l, double r) { return l / l.number(r); }
  Formula operator-() const { return of(ops::Unary::kNegative); }

  friend Formula operator<(const Formula& l, const Formula& r) { return l.compared(ops::Comparison::kLess, r); }
  friend Formula operator<=(const Formula& l, const Formula& r) { return l.compared(ops::Comparison::kLessEqual, r); }
  friend Formula operator==(const Formula& l, const Formula& r) { return l.compared(ops::Comparison::kEqual, r); }
  friend Formula operator!=(const Formula& l, const Formula& r) { return l.compared(ops::Comparison::kNotEqual, r); }
  friend Formula operator<(const Formula& l, double r) { return l < l.number(r); }
  friend Formula operator==(const Formula& l, double r) { return l == l.number(r); }
  friend Formula operator&&(const Formula& l, const Formula& r) { return l.combined(ops::Logical::kAnd, r); }
  friend Formula operator||(const Formula& l, const Formula& r) { return l.combined(ops::Logical::kOr, r); }
  Formula operator!() const { return with(ops::logical_not(*graph_, value_)); }

 private:
  Graph* graph_;
  Value value_;
};

inline Formula abs(const Formula& x) { return x.of(ops::Unary::kAbs); }
inline Formula sqrt(const Formula& x) { return x.of(ops::Unary::kSqrt); }
inline Formula exp(const Formula& x) { return x.of(ops::Unary::kExp); }
inline Formula log(const Formula& x) { return x.of(ops::Unary::kLog); }
inline Formula square(const Formula& x) { return x.of(ops::Unary::kSquare); }
inline Formula maximum(const Formula& l, const Formula& r) { return l.of(ops::Binary::kMaximum, r); }
inline Formula minimum(const Formula& l, const Formula& r) { return l.of(ops::Binary::kMinimum, r); }
inline Formula power(const Formula& l, const Formula& r) { return l.of(ops::Binary::kPower, r); }
/// Only floats can be NaN.
inline Formula is_nan(const Formula& x) { return x != x; }

}  // namespace kerascope::operations
