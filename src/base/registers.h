// SIMD registers as numbers: loads and stores.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/simd.h"

namespace kerascope::simd {

// Loads and stores of a register or one number: whole, its first `count` numbers, or non-temporal.
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
[[gnu::target("avx512f")]] inline void store_part(const Vector<16>& x, float* to, std::int64_t count) {
  _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1u << count) - 1), x);
}
template <>
[[gnu::target("avx512f")]] inline Vector<16> load_part(const float* from, std::int64_t count) {
  return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1), from);
}
template <>
[[gnu::target("avx512f")]] inline void stream(const Vector<16>& x, float* to) {
  _mm512_stream_ps(to, x);
}
template <>
[[gnu::target("avx")]] inline void stream(const Vector<8>& x, float* to) {
  _mm256_stream_ps(to, x);
}
template <>
inline void stream(const Vector<4>& x, float* to) {
  _mm_stream_ps(to, x);
}
#endif

}  // namespace kerascope::simd
