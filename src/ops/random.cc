// Random numbers of the training phase. Each is a function of the run's seed, the op's key and its position only.

#include "ops/random.h"
#include "base/check.h"
#include "base/parallel.h"
#include "base/simd.h"
#include "ops/math.h"
#include "ops/philox.h"

namespace kerascope::ops {
namespace {

/// The numbers of a group of four positions.
using Four = std::array<float, 4>;

/// In [0, 1), a multiple of 2^-24.
inline float uniform(std::uint32_t word) { return static_cast<float>(word >> 8) * 0x1p-24f; }

Four keep_mask(const std::array<std::uint32_t, 4>& words, float rate, float scale) {
  Four mask;
  for (std::size_t i = 0; i < 4; ++i) mask[i] = uniform(words[i]) < rate ? 0.0f : scale;
  return mask;
}

/// Box and Muller: two words give two numbers.
Four normal(const std::array<std::uint32_t, 4>& words, float mean, float deviation) {
  Four numbers;
  for (std::size_t i = 0; i < 4; i += 2) {
    // In (0, 1], as the logarithm of 0 is infinite.
    const float radius = std::sqrt(-2.0f * math::log(1.0f - uniform(words[i])));
    const math::SinCos direction = math::sincos_turns(uniform(words[i + 1]));
    numbers[i] = mean + deviation * (radius * direction.cos);
    numbers[i + 1] = mean + deviation * (radius * direction.sin);
  }
  return numbers;
}

class RandomOp : public Float32Op {
 public:
  RandomOp(Shape shape, const RandomOptions& options) : shape_(std::move(shape)), options_(options) {}

  std::string kind() const override { return "random"; }
  /// Each number depends on its position in the whole tensor.
  bool keeps_items_apart(std::span<const Shape>, const std::vector<bool>&) const override { return false; }
  std::string attributes() const override {
    if (options_.distribution == Distribution::kKeepMask)
      return fmt::format("keep_mask rate {} key {:#x}", options_.a, options_.key);
    return fmt::format("normal mean {} deviation {} key {:#x}", options_.a, options_.b, options_.key);
  }

  Shape infer(std::span<const Shape>) const override { return shape_; }

  /// The generator's 5 32-bit multiplications per number count as FLOPs.
  Cost cost(std::span<const Shape>, const Shape& out) const override {
    const double elements = static_cast<double>(out.elements());
    return {.flops = 5 * elements, .bytes = elements * sizeof(float)};
  }

  OpKernel prepare(const Session&, std::span<const Operand>, const Shape& out) const override {
    const float a = options_.a, b = options_.b;
    switch (options_.distribution) {
      case Distribution::kKeepMask:
        return kernel_of(out,
                         [rate = a, scale = 1 / (1 - a)](const auto& words) { return keep_mask(words, rate, scale); });
      case Distribution::kNormal:
        return kernel_of(out, [a, b](const auto& words) { return normal(words, a, b); });
    }
    KERASCOPE_CHECK(false);
  }

 private:
  template <typename Distribute>
  OpKernel kernel_of(const Shape& out, Distribute distribute) const {
    return [=, count = out.elements(), op_key = options_.key](const OpArguments& arguments) {
      const auto low = [](std::uint64_t word) { return static_cast<std::uint32_t>(word); };
      const std::array key = {low(arguments.seed), low(arguments.seed >> 32)};
      parallel_for((count + 3) / 4, 1024, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t group = begin; group < end; ++group) {
          const std::uint64_t position = static_cast<std::uint64_t>(group);
          const Four numbers =
              distribute(philox({low(position), low(position >> 32), low(op_key), low(op_key >> 32)}, key));
          std::copy_n(numbers.begin(), std::min<std::int64_t>(4, count - group * 4), arguments.out + group * 4);
        }
      });
    };
  }

  Shape shape_;
  RandomOptions options_;
};

}  // namespace

Value random(Graph& graph, Shape shape, const RandomOptions& options) {
  return graph.apply(std::make_shared<RandomOp>(std::move(shape), options), {});
}

}  // namespace kerascope::ops
