// Loops that are compiled twice, for any x86-64 and for AVX2 with FMA; the processor chooses at run time.
// g++ makes vector code of them only with -fno-math-errno and -fno-trapping-math, neither of which changes a number.
#pragma once

namespace kerascope {

#if defined(__x86_64__)

namespace simd {

template <typename Loop>
[[gnu::target("avx2,fma"), gnu::flatten, gnu::noinline]] void run_avx2(const Loop& loop) {
  loop();
}
template <typename Loop>
[[gnu::flatten, gnu::noinline]] void run_baseline(const Loop& loop) {
  loop();
}
inline bool has_avx2() {
  static const bool answer = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return answer;
}

}  // namespace simd

/// Runs loop(), everything inlined into it. It should be a plain loop over contiguous numbers without branches;
/// capture by value, so that pointers are known not to change. Call it inside a parallel_for's body.
template <typename Loop>
void vectorized(const Loop& loop) {
  simd::has_avx2() ? simd::run_avx2(loop) : simd::run_baseline(loop);
}

#else

template <typename Loop>
void vectorized(const Loop& loop) {
  loop();
}

#endif

}  // namespace kerascope
