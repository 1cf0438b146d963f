// Code that is compiled for several instruction sets, of which one is chosen at run time. Only this file and
// registers.h name instruction sets. g++ vectorises plain loops only with -fno-math-errno and -fno-trapping-math,
// neither of which changes any result.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

namespace kerascope {
namespace simd {

enum class Instructions { kBaseline, kAvx2, kAvx512 };
/// The best instruction set of this processor that the user's KERASCOPE_INSTRUCTIONS, a name, allows.
Instructions instructions();
/// "baseline", "avx2", "avx512"
std::string_view name(Instructions instructions);

template <typename Body>
[[gnu::flatten, gnu::noinline]] void run_baseline(const Body& body) {
  body();
}
#if defined(__x86_64__)
template <typename Body>
[[gnu::target("avx2,fma"), gnu::flatten, gnu::noinline]] void run_avx2(const Body& body) {
  body();
}
template <typename Body>
[[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,fma,prefer-vector-width=512"), gnu::flatten, gnu::noinline]] void
run_avx512(const Body& body) {
  body();
}
#endif

/// `Lanes` floats in one register.
template <int Lanes>
using Vector [[gnu::vector_size(Lanes * sizeof(float))]] = float;

}  // namespace simd

/// Runs loop() with everything inlined into it. It should be a plain loop over contiguous numbers without branches.
/// Capture by value, so that the compiler knows that pointers do not change. Call it inside a parallel_for's body.
template <typename Loop>
void vectorized(const Loop& loop) {
#if defined(__x86_64__)
  switch (simd::instructions()) {
    case simd::Instructions::kAvx512:
      return simd::run_avx512(loop);
    case simd::Instructions::kAvx2:
      return simd::run_avx2(loop);
    case simd::Instructions::kBaseline:
      break;
  }
#endif
  simd::run_baseline(loop);
}

/// Runs body() with everything inlined into it, compiled for the instruction set whose registers hold kLanes floats.
/// kLanes must be lanes().
template <int kLanes, typename Body>
void with_registers_of(const Body& body) {
#if defined(__x86_64__)
  if constexpr (kLanes == 16) return simd::run_avx512(body);
  if constexpr (kLanes == 8) return simd::run_avx2(body);
#endif
  simd::run_baseline(body);
}

/// Runs body(lanes) with everything inlined into it; `lanes` is a compile-time constant, the floats per register.
template <typename Body>
void with_lanes(const Body& body) {
#if defined(__x86_64__)
  switch (simd::instructions()) {
    case simd::Instructions::kAvx512:
      return simd::run_avx512([&] { body(std::integral_constant<int, 16>()); });
    case simd::Instructions::kAvx2:
      return simd::run_avx2([&] { body(std::integral_constant<int, 8>()); });
    case simd::Instructions::kBaseline:
      break;
  }
#endif
  simd::run_baseline([&] { body(std::integral_constant<int, 4>()); });
}
/// The number of floats per register that with_lanes passes.
int lanes();

/// Copies with non-temporal stores, for numbers that are not read again soon. Call stream_end() before another thread
/// reads them; parallel_for does that at its end.
void stream(const float* from, std::int64_t count, float* to);
void stream_end();

}  // namespace kerascope
