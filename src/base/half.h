// Floating-point numbers of 16 bits, as their bits.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace kerascope {

/// IEEE 754's binary16. Infinity, NaN and their signs are preserved.
inline float float_of_half(std::uint16_t bits) {
  const std::uint32_t sign = (bits & 0x8000u) << 16, rest = bits & 0x7FFFu;
  if (rest < 0x0400)  // subnormal: multiples of 2^-24
    return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(std::ldexp(static_cast<float>(rest), -24)));
  const std::uint32_t exponent = rest >= 0x7C00 ? 0xFFu - 0x1F : 127 - 15;
  return std::bit_cast<float>(sign | ((rest << 13) + (exponent << 23)));
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
