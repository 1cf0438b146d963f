// (..., I) with a kernel (I, O) and a bias (O) -> (..., O). The kernel is not packed and mostly read once: VGG16's
// first one has 411 MB.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "base/parallel.h"
#include "base/simd.h"
#include "base/workspace.h"
#include "kerascope/error.h"
#include "ops/dense.h"
#include "ops/epilogue.h"
#include "ops/gemm.h"

namespace kerascope::ops {
namespace {

[[noreturn]] void refuse(std::string what) { throw Error({.code = "shape-mismatch", .what = std::move(what)}); }

/// Rows of the kernel per block, whose products are summed before they are added to the output. Few if the kernel is
/// read only once, as each row is a stream from memory.
constexpr std::int64_t kDepth = 512, kStreams = 16;

/// Registers per row of the kernel that fit beside `rows` rows of x.
constexpr int vectors_of(int lanes, int rows) {
  return std::min(lanes == 16 ? 16 : 8, std::max(2, most_rows_of(lanes) * 2 / rows));
}

struct Block {
  const float* x;
  std::int64_t x_step;
  const float* kernel;
  std::int64_t kernel_step, depth;
  float* sums;  ///< of the blocks so far
  std::int64_t sums_step;
  std::int64_t last;  ///< numbers of the last register that are in use
};

/// The micro-kernel: kRows rows of x by kVectors registers of each row of the kernel.
template <int kLanes, int kRows, int kVectors>
[[gnu::always_inline]] inline void multiply(const Block& b) {
  using Vector = simd::Vector<kLanes>;
  constexpr std::int64_t kAhead = 8;  // prefetch distance, in rows of the kernel
  Vector sums[kRows][kVectors] = {};
  const float* right = b.kernel;
  const bool whole = b.last == kLanes;
  for (std::int64_t k = 0; k < b.depth; ++k, right += b.kernel_step) {
    Vector numbers[kVectors];
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) {
      const float* from = right + v * kLanes;
      numbers[v] = v == kVectors - 1 && !whole ? simd::load_part<Vector>(from, b.last) : simd::load<Vector>(from);
      __builtin_prefetch(from + kAhead * b.kernel_step);
    }
#pragma GCC unroll 16
    for (int row = 0; row < kRows; ++row) {
      const float factor = b.x[row * b.x_step + k];
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) sums[row][v] += factor * numbers[v];
    }
  }
#pragma GCC unroll 16
  for (int row = 0; row < kRows; ++row)
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) {
      float* to = b.sums + row * b.sums_step + v * kLanes;
      simd::store(simd::load<Vector>(to) + sums[row][v], to);
    }
}

/// Micro-kernels per number of rows: with as many registers as there is room for, with two, and with one.
struct Multiply {
  void (*wide)(const Block&);
  void (*pair)(const Block&);
  void (*single)(const Block&);

  auto of(std::int64_t vectors) const { return vectors == 1 ? single : vectors == 2 ? pair : wide; }
};
template <int kLanes, int... kRows>
constexpr std::array<Multiply, sizeof...(kRows)> multiply_table(std::integer_sequence<int, kRows...>) {
  return {Multiply{[](const Block& b) {
                     with_registers_of<kLanes>([&] { multiply<kLanes, kRows + 1, vectors_of(kLanes, kRows + 1)>(b); });
                   },
                   [](const Block& b) { with_registers_of<kLanes>([&] { multiply<kLanes, kRows + 1, 2>(b); }); },
                   [](const Block& b) { with_registers_of<kLanes>([&] { multiply<kLanes, kRows + 1, 1>(b); }); }}...};
}
template <int kLanes>
const Multiply& multiply_of(std::int64_t rows) {
  static constexpr auto kTable = multiply_table<kLanes>(std::make_integer_sequence<int, most_rows_of(kLanes)>());
  return kTable[static_cast<std::size_t>(rows - 1)];
}
const Multiply& multiply_of(std::int64_t rows) {
#if defined(__x86_64__)
  if (lanes() == 16) return multiply_of<16>(rows);
  if (lanes() == 8) return multiply_of<8>(rows);
#endif
  return multiply_of<4>(rows);
}

/// One product; the pointers are those of a call.
struct Product {
  std::int64_t units_in, units;
  std::int64_t depth;  ///< kDepth or kStreams; it does not depend on the part, so that rounding is always the same
  const float *x, *kernel, *bias;

  /// Rows [row, row + rows) by registers [begin, end) of each row of the kernel. `to` starts at row `row`.
  void compute(std::int64_t row, std::int64_t rows, std::int64_t begin, std::int64_t end, const Epilogue& to) const {
    const std::int64_t most = most_rows_of(lanes()), groups = (rows + most - 1) / most;
    const std::int64_t widest = groups > 1 ? 2 : vectors_of(lanes(), static_cast<int>(rows));
    const std::int64_t step = (end - begin) * lanes();
    thread_local Workspace memory;
    float* const sums = memory.floats(static_cast<std::size_t>(rows * step + depth * widest * lanes()));
    std::fill_n(sums, rows * step, 0.0f);
    for (std::int64_t k = 0; k < units_in; k += depth) {
      parallel::poll();
      for (std::int64_t vector = begin, vectors = 0; vector < end; vector += vectors) {
        vectors = (vector + widest) * lanes() <= units && vector + widest <= end ? widest : 1;
        const std::int64_t column = vector * lanes(), width = vectors * lanes(),
                           there = std::min(width, units - column);
        Block block = {.x = x + row * units_in + k,
                       .x_step = units_in,
                       .kernel = kernel + k * units + column,
                       .kernel_step = units,
                       .depth = std::min(depth, units_in - k),
                       .sums = sums + column - begin * lanes(),
                       .sums_step = step,
                       .last = there - (width - lanes())};
        // A block of the kernel that is read several times is copied to be contiguous.
        if (groups > 1) {
          float* const packed = sums + rows * step;
          for (std::int64_t i = 0; i < block.depth; ++i) {
            std::copy_n(block.kernel + i * units, there, packed + i * width);
            std::fill_n(packed + i * width + there, width - there, 0.0f);
          }
          block.kernel = packed;
          block.kernel_step = width;
          block.last = lanes();
        }
        for (std::int64_t group = 0; group < groups; ++group) {
          const std::int64_t first = rows * group / groups, count = rows * (group + 1) / groups - first;
          Block part = block;
          part.x += first * units_in;
          part.sums += first * step;
          multiply_of(count).of(vectors)(part);
        }
      }
    }
    store(sums, step, rows, begin, end, to);
  }

 private:
  /// The sums plus the bias.
  void store(const float* sums, std::int64_t step, std::int64_t rows, std::int64_t begin, std::int64_t end,
             const Epilogue& to) const {
    with_lanes([&](auto lanes) {
      using Vector = simd::Vector<lanes()>;
      for (std::int64_t v = begin; v < end; ++v) {
        const std::int64_t c = v * lanes(), last = std::min<std::int64_t>(lanes(), units - c);
        const Vector offset = bias ? simd::load_part<Vector>(bias + c, last) : Vector{};
        for (std::int64_t i = 0; i < rows; ++i) {
          Vector sum[1][1] = {{simd::load<Vector>(sums + i * step + c - begin * lanes()) + offset}};
          finish(sum, to, c, last, [&](int) { return i * units + c; });
        }
      }
    });
  }
};

class Dense final : public Float32Op {
 public:
  std::string kind() const override { return "dense"; }
  bool keeps_items_apart(std::span<const Shape> in, const std::vector<bool>& has_items) const override {
    return in[0].rank() > 1 && is_first_alone(has_items);
  }

  Shape infer(std::span<const Shape> in) const override {
    const Shape &x = in[0], &kernel = in[1];
    if (kernel.rank() != 2 || x.rank() < 1 || kernel[0] != x.back() || kernel[0] < 1)
      refuse(fmt::format("dense has a kernel of shape {} for an input of {}", kernel.str(), x.str()));
    if (in.size() > 2 && in[2] != Shape{kernel[1]})
      refuse(fmt::format("dense has a bias of shape {} for {} units", in[2].str(), kernel[1]));
    Shape out = x;
    out[out.rank() - 1] = kernel[1];
    return out;
  }

  Cost cost(std::span<const Shape> in, const Shape& out) const override {
    Cost cost = Op::cost(in, out);
    cost.flops = 2.0 * static_cast<double>(out.elements()) * static_cast<double>(in[1][0]);
    return cost;
  }

  OpKernel prepare(const Session&, std::span<const Operand> in, const Shape& out) const override {
    if (out.elements() == 0) return [](const OpArguments&) {};
    const std::int64_t units_in = in[1].shape[0], units = in[1].shape[1], rows = out.elements() / units;
    const std::int64_t depth = rows > most_rows_of(lanes()) ? kDepth : kStreams;
    const auto product = [=](const OpArguments& args) {
      return Product{units_in, units, depth, args.in[0], args.in[1], args.in.size() > 2 ? args.in[2] : nullptr};
    };
    const std::int64_t vectors = (units + lanes() - 1) / lanes();
    // Threads share out many rows; of few rows, each thread computes some columns.
    constexpr std::int64_t kFewRows = 64;
    OpKernel made;
    if (rows > kFewRows)
      made = OpKernel::by_rows(rows, equal_parts(rows, kFewRows), [=](const OpArguments& args) {
        product(args).compute(args.begin, args.end - args.begin, 0, vectors, Epilogue::of(args));
      });
    else
      made = [=](const OpArguments& args) {
        constexpr std::int64_t kWorthAThread = 32 << 10;  // products
        const std::int64_t grain = kWorthAThread / (rows * units_in * lanes()) + 1;
        parallel_for(vectors, grain, [&](std::int64_t begin, std::int64_t end) {
          product(args).compute(0, rows, begin, end, Epilogue::of(args));
        });
      };
    made.take_epilogue(units);
    return made;
  }
};

}  // namespace

Value dense(Graph& graph, Value x, Value kernel, std::optional<Value> bias) {
  std::vector<Value> inputs = {x, kernel};
  if (bias) inputs.push_back(*bias);
  return graph.apply(std::make_shared<Dense>(), std::move(inputs));
}

}  // namespace kerascope::ops
