// What becomes of numbers while they are in registers: they are stored, and so is what simple ops behind make of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/simd.h"
#include "ops/kernel.h"

namespace kerascope::ops {

/// Where a kernel's numbers go, see KernelArguments.
struct Epilogue {
  float* out = nullptr;
  float* streamed = nullptr;
  std::span<const EpilogueStep> steps = {};

  static Epilogue of(const KernelArguments& run) { return {run.out, run.streamed, run.epilogue}; }
};

namespace registers {

// A register, or one number, to and from memory; the first `count` of its numbers; past the caches.
template <typename Number>
[[gnu::always_inline]] inline void store(const Number& x, float* to) {
  __builtin_memcpy(to, &x, sizeof x);
}
template <typename Number>
[[gnu::always_inline]] inline Number load(const float* from) {
  Number x;
  __builtin_memcpy(&x, from, sizeof x);
  return x;
}
template <typename Number>
inline void store_part(const Number& x, float* to, std::int64_t count) {
  __builtin_memcpy(to, &x, static_cast<std::size_t>(count) * sizeof(float));
}
template <typename Number>
inline Number load_part(const float* from, std::int64_t count) {
  Number x = {};
  __builtin_memcpy(&x, from, static_cast<std::size_t>(count) * sizeof(float));
  return x;
}
template <typename Number>
inline void stream(const Number& x, float* to) {
  store(x, to);
}

#if defined(__x86_64__)
template <>
[[gnu::target("avx512f")]] inline void store_part(const simd::Vector<16>& x, float* to, std::int64_t count) {
  _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1u << count) - 1), x);
}
template <>
[[gnu::target("avx512f")]] inline simd::Vector<16> load_part(const float* from, std::int64_t count) {
  return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1), from);
}
template <>
[[gnu::target("avx512f")]] inline void stream(const simd::Vector<16>& x, float* to) {
  _mm512_stream_ps(to, x);
}
template <>
[[gnu::target("avx")]] inline void stream(const simd::Vector<8>& x, float* to) {
  _mm256_stream_ps(to, x);
}
template <>
inline void stream(const simd::Vector<4>& x, float* to) {
  _mm_stream_ps(to, x);
}
#endif

}  // namespace registers

/// Stores numbers that lie in registers and applies the epilogue to them.
/// @param x  each row has neighbouring numbers.
/// @param channel  of a row's first number.
/// @param last  how many numbers of a row's last register there are.
/// @param place  place(row): how far the row's first number lies from the start of every tensor; negative: the row is
///     not stored.
template <typename Number, int kRows, int kVectors, typename Place>
[[gnu::always_inline]] inline void finish(Number (&x)[kRows][kVectors], const Epilogue& to, std::int64_t channel,
                                          std::int64_t last, const Place& place) {
  constexpr std::int64_t kLanes = sizeof(Number) / sizeof(float);
  const bool whole = last == kLanes;
  const auto store = [&](float* out, bool streams) __attribute__((always_inline)) {
    if (!out) return;
#pragma GCC unroll 16
    for (int row = 0; row < kRows; ++row) {
      const std::int64_t at = place(row);
      if (at < 0) continue;
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) {
        float* here = out + at + v * kLanes;
        if (v == kVectors - 1 && !whole)
          registers::store_part(x[row][v], here, last);
        else if (streams)
          registers::stream(x[row][v], here);
        else
          registers::store(x[row][v], here);
      }
    }
  };
  store(to.out, false);
  store(to.streamed, true);
  for (const EpilogueStep& step : to.steps) {
    switch (step.op->kind) {
      case LaneOp::Kind::kAffine:
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) {
          const Number scale = registers::load<Number>(step.op->scale.data() + channel + v * kLanes),
                       shift = registers::load<Number>(step.op->shift.data() + channel + v * kLanes);
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
#pragma GCC unroll 16
        for (int row = 0; row < kRows; ++row) {
          const std::int64_t at = place(row);
          if (at < 0) continue;
#pragma GCC unroll 4
          for (int v = 0; v < kVectors; ++v) {
            const float* here = step.other + at + v * kLanes;
            x[row][v] +=
                v == kVectors - 1 && !whole ? registers::load_part<Number>(here, last) : registers::load<Number>(here);
          }
        }
        break;
    }
    store(step.out, false);
    store(step.streamed, true);
  }
}

}  // namespace kerascope::ops
