#include "ops/cast.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "base/number_types.h"
#include "base/parallel.h"
#include "kerascope/error.h"

namespace kerascope::ops {
namespace {

constexpr std::int64_t kGrain = 16 * 1024;

/// Fractions are cut off, and numbers beyond the type's limits become these limits; NaN becomes the least.
struct Saturating {
  template <typename To, typename From>
  To operator()(From x) const {
    if constexpr (std::is_floating_point_v<From>) {
      constexpr From kEnd = static_cast<From>(std::numeric_limits<To>::max());
      if (!(x > static_cast<From>(std::numeric_limits<To>::min()))) return std::numeric_limits<To>::min();
      return x >= kEnd ? std::numeric_limits<To>::max() : static_cast<To>(x);
    } else {
      return static_cast<To>(x);
    }
  }
};

class CastOp final : public Op {
 public:
  explicit CastOp(DType dtype) : dtype_(dtype) {}

  std::string kind() const override { return "cast"; }
  std::string attributes() const override { return std::string(name_of(dtype_)); }
  bool takes_float32() const override { return false; }
  bool keeps_items_apart(std::span<const Shape>, const std::vector<bool>&) const override { return true; }

  std::vector<ValueType> outputs(std::span<const ValueType> in) const override {
    if (in[0].dtype == DType::kString || dtype_ == DType::kString)
      throw Error(
          {.code = "type-mismatch", .what = fmt::format("{} cannot become {}", name_of(in[0].dtype), name_of(dtype_))});
    return {{in[0].shape, dtype_}};
  }

  OpKernel kernel(const Session&, std::span<const Operand> in, std::span<const ValueType> out) const override {
    OpKernel kernel;
    with_number_type(in[0].dtype, [&]<typename From>(From) {
      with_number_type(dtype_, [&]<typename To>(To) {
        kernel = [count = out[0].shape.elements()](const OpArguments& args) {
          const From* const x = args.input<From>(0);
          To* const y = args.output<To>();
          parallel_for(count, kGrain, [=](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i) y[i] = converted<To>(x[i], Saturating{});
          });
        };
      });
    });
    return kernel;
  }

 private:
  DType dtype_;
};

}  // namespace

Value cast(Graph& graph, Value x, DType dtype) {
  return graph.dtype(x) == dtype ? x : graph.apply(std::make_shared<CastOp>(dtype), {x});
}

DType common_type(DType left, DType right) {
  if (left == right) return left;
  if (left == DType::kString || right == DType::kString)
    throw Error(
        {.code = "type-mismatch", .what = fmt::format("{} and {} do not go together", name_of(left), name_of(right))});
  if (left == DType::kBool) return right;
  if (right == DType::kBool) return left;
  if (is_floating(left) || is_floating(right)) return DType::kFloat32;
  if (left == DType::kUInt8 || right == DType::kUInt8) {
    const DType other = left == DType::kUInt8 ? right : left;
    return other == DType::kInt8 ? DType::kInt16 : other;
  }
  return std::max(left, right);  // int8 to int64 stand in this order
}

}  // namespace kerascope::ops
