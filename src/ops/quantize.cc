#include "ops/quantize.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/check.h"
#include "base/parallel.h"

namespace kerascope::ops {
namespace {

constexpr std::int64_t kSmallestPart = 4096;

float nearest_float8(float x) {
  constexpr int kSmallestExponent = -6, kMantissaBits = 3;
  int exponent = 0;
  std::frexp(x, &exponent);  // x = 0.1.. * 2^exponent
  const int step = std::max(exponent - 1, kSmallestExponent) - kMantissaBits;
  return std::ldexp(std::nearbyint(std::ldexp(x, -step)), step);
}

float nearest_bfloat16(float x) {
  if (std::isnan(x)) return x;
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t up_if_above_half = 0x7fff + ((bits >> 16) & 1);
  return std::bit_cast<float>((bits + up_if_above_half) & 0xffff0000u);
}

float nearest(float x, const RoundOptions& options) {
  if (options.grid == Grid::kIntegers) x = std::nearbyint(x);
  if (std::isnan(x)) return x;
  x = std::clamp(x, options.low, options.high);
  if (options.grid == Grid::kFloat8) x = nearest_float8(x);
  if (options.grid == Grid::kBfloat16) x = nearest_bfloat16(x);
  return x;
}

class RoundOp final : public Op {
 public:
  explicit RoundOp(const RoundOptions& options) : options_(options) {}

  std::string kind() const override { return "round"; }
  std::string attributes() const override {
    constexpr const char* kNames[] = {"integers", "float8", "bfloat16"};
    return kNames[static_cast<int>(options_.grid)];
  }
  bool takes_float32() const override { return true; }
  bool keeps_items_apart(std::span<const Shape>, const std::vector<bool>&) const override { return true; }
  std::vector<ValueType> outputs(std::span<const ValueType> in) const override { return {{in[0].shape}}; }

  OpKernel kernel(const Session&, std::span<const Operand>, std::span<const ValueType> out) const override {
    return [options = options_, count = out[0].shape.elements()](const OpArguments& args) {
      const float* const x = args.in[0];
      float* const y = args.output<float>();
      parallel_for(count, kSmallestPart, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) y[i] = nearest(x[i], options);
      });
    };
  }

 private:
  RoundOptions options_;
};

class UnpackNibblesOp final : public Op {
 public:
  explicit UnpackNibblesOp(const NibbleOptions& options) : options_(options) {}

  std::string kind() const override { return "unpack nibbles"; }
  std::string attributes() const override { return fmt::format("axis {} of {}", options_.axis, options_.size); }
  bool takes_float32() const override { return true; }
  bool keeps_items_apart(std::span<const Shape>, const std::vector<bool>&) const override { return options_.axis > 0; }
  std::vector<ValueType> outputs(std::span<const ValueType> in) const override {
    Shape shape = in[0].shape;
    KERASCOPE_CHECK(shape[options_.axis] == (options_.size + 1) / 2);
    shape[options_.axis] = options_.size;
    return {{shape}};
  }

  OpKernel kernel(const Session&, std::span<const Operand>, std::span<const ValueType> out) const override {
    const Shape& shape = out[0].shape;
    const std::int64_t outer = shape.elements(0, options_.axis),
                       inner = shape.elements(options_.axis + 1, shape.rank());
    return [outer, inner, size = options_.size, is_signed = options_.is_signed](const OpArguments& args) {
      const float* const bytes = args.in[0];
      float* const y = args.output<float>();
      parallel_for(outer * size, std::max<std::int64_t>(1, kSmallestPart / std::max<std::int64_t>(1, inner)),
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t row = begin; row < end; ++row) {
                       const std::int64_t item = row / size, place = row % size;
                       const float* const from = bytes + (item * ((size + 1) / 2) + place / 2) * inner;
                       for (std::int64_t i = 0; i < inner; ++i)
                         y[row * inner + i] = nibble(from[i], place % 2 == 1, is_signed);
                     }
                   });
    };
  }

 private:
  static float nibble(float byte, bool upper, bool is_signed) {
    const auto bits = static_cast<unsigned>(static_cast<int>(byte)) & 0xffu;
    const int number = static_cast<int>(upper ? bits >> 4 : bits & 15u);
    return static_cast<float>(is_signed && number >= 8 ? number - 16 : number);
  }

  NibbleOptions options_;
};

}  // namespace

Value round_to(Graph& graph, Value x, const RoundOptions& options) {
  return graph.apply(std::make_shared<RoundOp>(options), {x});
}

Value unpack_nibbles(Graph& graph, Value bytes, const NibbleOptions& options) {
  return graph.apply(std::make_shared<UnpackNibblesOp>(options), {bytes});
}

}  // namespace kerascope::ops
