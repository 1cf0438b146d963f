// Functions of one float that g++ turns into vector code: no branches, no tables, no library calls.
// Their polynomials are weighted minimax fits (Lawson's iteration), their errors are measured in math_test.cc.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace kerascope::math {

// ln 2 in two parts; the first has so few bits that its product with an exponent is exact.
inline constexpr float kLn2High = 0.693359375f, kLn2Low = -2.12194440e-4f;
inline constexpr float kLog2E = 1.44269504f;
// Adding 1.5 * 2^23 rounds to a whole number, which then stands in the low bits.
inline constexpr float kRounder = 12582912.0f;

/// 2^exponent for -126..127.
inline float power_of_two(std::int32_t exponent) {
  return std::bit_cast<float>((static_cast<std::uint32_t>(exponent) + 127u) << 23);
}

/// x = whole * ln 2 + rest, and tail = e^rest - 1. NaN gives a NaN tail.
struct ExpParts {
  std::int32_t whole;
  float tail;
};
inline ExpParts exp_parts(float x) {
  const float shifted = x * kLog2E + kRounder;
  const float whole = shifted - kRounder;
  const float rest = (x - whole * kLn2High) - whole * kLn2Low;
  float p = 0.00138144648f;
  p = p * rest + 0.00836878062f;
  p = p * rest + 0.0416683943f;
  p = p * rest + 0.166665201f;
  p = p * rest + 0.499999934f;
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(shifted) - std::bit_cast<std::uint32_t>(kRounder);
  return {static_cast<std::int32_t>(bits), p * (rest * rest) + rest};
}

inline float exp(float x) {
  x = x > 89.0f ? 89.0f : x;
  x = x < -104.0f ? -104.0f : x;
  const ExpParts parts = exp_parts(x);
  // In two steps, as 2^128 and denormal results need.
  const std::int32_t half = parts.whole >> 1;
  return (parts.tail + 1.0f) * power_of_two(half) * power_of_two(parts.whole - half);
}

/// e^x = 2 (scale * tail + scale), for what is added to 1: below e^-30 it is e^-30. Of half the size, since 2^128 is no
/// float.
struct HalfExp {
  float scale, tail;
};
inline HalfExp half_exp(float x) {
  x = x > 89.0f ? 89.0f : x;
  x = x < -30.0f ? -30.0f : x;
  const ExpParts parts = exp_parts(x);
  return {power_of_two(parts.whole - 1), parts.tail};
}

/// e^x - 1, accurate also near 0.
inline float expm1(float x) {
  const auto [scale, tail] = half_exp(x);
  return (scale * tail + (scale - 0.5f)) * 2.0f;
}

inline float tanh(float x) {
  const float size = std::fabs(x);
  const float e = expm1(2.0f * (size > 10.0f ? 10.0f : size));
  return std::copysign(e / (e + 2.0f), x);
}

/// 1 + e^x; cheaper than by exp(), since no result is below 1.
inline float one_plus_exp(float x) {
  const auto [scale, tail] = half_exp(x);
  return (scale * tail + scale) * 2.0f + 1.0f;
}

inline float sigmoid(float x) { return 1.0f / one_plus_exp(-x); }

/// -infinity at 0, NaN below.
inline float log(float x) {
  const bool denormal = x < 1.17549435e-38f;
  const float scaled = denormal ? x * 8388608.0f : x;
  // Splits into 2^exponent * mantissa with the mantissa in [sqrt(1/2), sqrt(2)).
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(scaled);
  const std::int32_t exponent = static_cast<std::int32_t>(bits - 0x3f3504f3u) >> 23;
  const float f = std::bit_cast<float>(bits - (static_cast<std::uint32_t>(exponent) << 23)) - 1.0f;
  float p = -0.0763558816f;
  p = p * f + 0.127633003f;
  p = p * f - 0.131605952f;
  p = p * f + 0.142015575f;
  p = p * f - 0.166232975f;
  p = p * f + 0.200012332f;
  p = p * f - 0.250008227f;
  p = p * f + 0.333333317f;
  const float whole = static_cast<float>(exponent) - (denormal ? 23.0f : 0.0f);
  float y = (p * f * (f * f) + (whole * kLn2Low - 0.5f * (f * f))) + f + whole * kLn2High;
  y = x < __builtin_huge_valf() ? y : x;  // also NaN
  y = x == 0.0f ? -__builtin_huge_valf() : y;
  return x < 0.0f ? __builtin_nanf("") : y;
}

/// log(1 + x) for x in [0, 1], accurate also near 0.
inline float log1p_unit(float x) {
  const float sum = 1.0f + x;
  return log(sum) + (x - (sum - 1.0f)) / sum;
}

/// log(1 + e^x), without overflow.
inline float softplus(float x) { return (x < 0.0f ? 0.0f : x) + log1p_unit(exp(-std::fabs(x))); }

/// 1 - erf(x) for x >= 0; 0 from 4 on, where the true value is below 2e-8. The polynomial is -log(erfc(x)) / x.
inline float erfc_positive(float x) {
  float p = 9.08123677e-07f;
  p = p * x - 1.75830384e-05f;
  p = p * x + 0.000147255582f;
  p = p * x - 0.000683311992f;
  p = p * x + 0.00170530795f;
  p = p * x - 0.00016186059f;
  p = p * x - 0.0191690455f;
  p = p * x + 0.102787015f;
  p = p * x + 0.636617557f;
  p = p * x + 1.12837928f;
  const float y = exp(-(p * x));
  return x >= 4.0f ? 0.0f : y;
}

/// The sine and cosine of `turns` full turns, for turns in [0, 1).
struct SinCos {
  float sin, cos;
};
inline SinCos sincos_turns(float turns) {
  const float shifted = turns * 4.0f + kRounder;
  const float f = turns * 4.0f - (shifted - kRounder), z = f * f;
  const float s = f * (1.57079632f + z * (-0.64596346f + z * (0.07968003f + z * -0.00460166f)));
  const float c = 1.0f + z * (-1.2337005f + z * (0.253669183f + z * (-0.020859936f + z * 0.000903362974f)));
  const std::uint32_t quarter = std::bit_cast<std::uint32_t>(shifted) & 3u;
  const float first = quarter & 1u ? c : s, second = quarter & 1u ? s : c;
  return {quarter & 2u ? -first : first, (quarter + 1u) & 2u ? -second : second};
}

}  // namespace kerascope::math
