// The end of a kernel: results in registers are stored, and the ops of the epilogue are applied to them and stored.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "base/registers.h"
#include "ops/op_kernel.h"

namespace kerascope::ops {

/// Where a kernel's results go, see OpArguments.
struct Epilogue {
  float* out = nullptr;
  float* streamed = nullptr;
  std::span<const EpilogueStep> steps = {};

  static Epilogue of(const OpArguments& args) { return {args.out, args.streamed, args.epilogue}; }
};

/// Stores numbers that lie in registers and applies the epilogue to them.
/// @param x  each row is contiguous in the output.
/// @param channel  of a row's first number.
/// @param last  how many numbers of a row's last register are in use.
/// @param place  place(row): the offset of the row's first number in each tensor; if negative, the row is not stored.
template <typename Number, int kRows, int kVectors, typename Place>
[[gnu::always_inline]] inline void finish(Number (&x)[kRows][kVectors], const Epilogue& to, std::int64_t channel,
                                          std::int64_t last, const Place& place) {
  constexpr std::int64_t kLanes = sizeof(Number) / sizeof(float);
  const bool whole = last == kLanes;
  // use(a register, its offset, whether all of it is in use)
  const auto each_placed = [&](const auto& use) __attribute__((always_inline)) {
#pragma GCC unroll 16
    for (int row = 0; row < kRows; ++row) {
      const std::int64_t at = place(row);
      if (at < 0) continue;
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) use(x[row][v], at + v * kLanes, v < kVectors - 1 || whole);
    }
  };
  const auto store = [&](float* out, bool streams) __attribute__((always_inline)) {
    if (!out) return;
    each_placed([&](const Number& number, std::int64_t at, bool is_whole) __attribute__((always_inline)) {
      if (!is_whole)
        simd::store_part(number, out + at, last);
      else if (streams)
        simd::stream(number, out + at);
      else
        simd::store(number, out + at);
    });
  };
  store(to.out, false);
  store(to.streamed, true);
  for (const EpilogueStep& step : to.steps) {
    switch (step.op->kind) {
      case LaneOp::Kind::kAffine:
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) {
          const Number scale = simd::load<Number>(step.op->scale.data() + channel + v * kLanes),
                       shift = simd::load<Number>(step.op->shift.data() + channel + v * kLanes);
#pragma GCC unroll 16
          for (int row = 0; row < kRows; ++row) x[row][v] = x[row][v] * scale + shift;
        }
        break;
      case LaneOp::Kind::kClip: {
        const Number low = step.op->low + Number{}, high = step.op->high + Number{};
#pragma GCC unroll 16
        for (int row = 0; row < kRows; ++row)
#pragma GCC unroll 4
          for (int v = 0; v < kVectors; ++v) {
            const Number raised = x[row][v] < low ? low : x[row][v];
            x[row][v] = raised > high ? high : raised;
          }
        break;
      }
      case LaneOp::Kind::kAdd:
        each_placed([&](Number & number, std::int64_t at, bool is_whole) __attribute__((always_inline)) {
          number += is_whole ? simd::load<Number>(step.other + at) : simd::load_part<Number>(step.other + at, last);
        });
        break;
    }
    store(step.out, false);
    store(step.streamed, true);
  }
}

}  // namespace kerascope::ops
