// The C++ types of a tensor's elements, of all types that are numbers.
#pragma once

#include <cstdint>
#include <type_traits>

#include "base/half.h"
#include "kerascope/dtype.h"

namespace kerascope {

struct Half {
  std::uint16_t bits;
};
struct Bfloat {
  std::uint16_t bits;
};

/// An element as a number to compute with.
inline float number_of(Half x) { return float_of_half(x.bits); }
inline float number_of(Bfloat x) { return float_of_bfloat(x.bits); }
template <typename T>
T number_of(T x) {
  return x;
}

/// Calls `use` with an element of the type; not for texts.
template <typename Use>
void with_number_type(DType dtype, Use use) {
  switch (dtype) {
    case DType::kFloat32:
      return use(float{});
    case DType::kFloat16:
      return use(Half{});
    case DType::kBFloat16:
      return use(Bfloat{});
    case DType::kFloat64:
      return use(double{});
    case DType::kInt8:
      return use(std::int8_t{});
    case DType::kInt16:
      return use(std::int16_t{});
    case DType::kInt32:
      return use(std::int32_t{});
    case DType::kInt64:
      return use(std::int64_t{});
    case DType::kUInt8:
      return use(std::uint8_t{});
    case DType::kBool:
      return use(bool{});
    case DType::kString:
      break;
  }
}

/// An element of another type.
/// @param to_integer  to_integer.operator()<To>(number) makes integers, as not every number is one.
template <typename To, typename From, typename ToInteger>
To converted(From element, const ToInteger& to_integer) {
  const auto number = number_of(element);
  if constexpr (std::is_same_v<To, Half>)
    return {half_of(static_cast<double>(number))};
  else if constexpr (std::is_same_v<To, Bfloat>)
    return {bfloat_of(static_cast<float>(number))};
  else if constexpr (std::is_same_v<To, bool>)
    return number != 0;
  else if constexpr (std::is_integral_v<To>)
    return to_integer.template operator()<To>(number);
  else
    return static_cast<To>(number);
}

}  // namespace kerascope
