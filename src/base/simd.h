// Code that is compiled for several instruction sets; the processor chooses at run time. The only place that names any,
// with registers.h.
// g++ makes vector code of plain loops only with -fno-math-errno and -fno-trapping-math, neither of which changes a
// number.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

namespace kerascope {
namespace simd {

enum class Instructions { kBaseline, kAvx2, kAvx512 };
/// What this processor has, as far as the user's KERASCOPE_INSTRUCTIONS, a name, allows.
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

/// Runs loop(), everything inlined into it. It should be a plain loop over contiguous numbers without branches;
/// capture by value, so that pointers are known not to change. Call it inside a parallel_for's body.
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

/// Runs body(), everything inlined into it, compiled for the instructions whose registers hold kLanes floats. Only for
/// the number that lanes() gives.
template <int kLanes, typename Body>
void with_registers_of(const Body& body) {
#if defined(__x86_64__)
  if constexpr (kLanes == 16) return simd::run_avx512(body);
  if constexpr (kLanes == 8) return simd::run_avx2(body);
#endif
  simd::run_baseline(body);
}

/// Runs body(lanes), everything inlined into it: lanes() floats, a constant, fit into a register.
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
/// The lanes that with_lanes gives.
int lanes();

/// Copies past the caches, for what is not read again soon. Call stream_end() before another thread reads it; the end
/// of parallel_for does.
void stream(const float* from, std::int64_t count, float* to);
void stream_end();

}  // namespace kerascope
