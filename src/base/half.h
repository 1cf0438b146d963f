// Floating-point numbers of 16 bits, as their bits.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace kerascope {

/// IEEE 754's binary16.
inline float float_of_half(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  float size = exponent == 0    ? std::ldexp(static_cast<float>(fraction), -24)
               : exponent == 31 ? (fraction == 0 ? INFINITY : NAN)
                                : std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
  return bits >> 15 ? -size : size;
}

/// Rounded to the nearest, to even in the middle; infinity beyond 65504.
inline std::uint16_t half_of(double number) {
  const std::uint16_t sign = std::signbit(number) ? 0x8000 : 0;
  const double size = std::fabs(number);
  if (std::isnan(size)) return sign | 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  int exponent = size == 0 ? -14 : std::max(std::ilogb(size), -14);
  // In units of the last place; 2048 of them are the next exponent's first.
  const auto units = static_cast<int>(std::nearbyint(std::ldexp(size, 10 - exponent)));
  return static_cast<std::uint16_t>(sign | (units + (units >= 1024 ? (exponent + 14) << 10 : 0)));
}

/// The upper half of a float32.
inline float float_of_bfloat(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t{bits} << 16); }

/// Rounded to the nearest, to even in the middle.
inline std::uint16_t bfloat_of(float number) {
  const auto bits = std::bit_cast<std::uint32_t>(number);
  if (std::isnan(number)) return static_cast<std::uint16_t>(bits >> 16 | 0x40);
  return static_cast<std::uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

}  // namespace kerascope
