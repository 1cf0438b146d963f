// The types that the elements of a tensor may have, by NumPy's and Keras's names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "kerascope/export.h"

namespace kerascope {

/// Kerascope computes in float32; the other types are kept as they are, so that whole numbers stay exact.
enum class DType : std::uint8_t {
  kFloat32,   ///< what layers compute
  kFloat16,   ///< IEEE 754's binary16
  kBFloat16,  ///< the upper half of a float32
  kFloat64,   ///< double
  kInt8,      ///< -128 to 127
  kInt16,     ///< std::int16_t
  kInt32,     ///< Keras's usual integers
  kInt64,     ///< NumPy's usual integers
  kUInt8,     ///< 0 to 255: pictures
  kBool,      ///< one byte: masks
  kString,    ///< UTF-8: a std::string_view of what the tensor holds
};

/// "float32", "int64", "bool", "string".
KERASCOPE_API std::string_view name_of(DType dtype);
/// Nothing for a name that is none of these types'.
KERASCOPE_API std::optional<DType> dtype_named(std::string_view name);
/// Bytes of one element in memory; a string's are those of a std::string_view.
KERASCOPE_API std::size_t element_bytes(DType dtype);

/// True of int8 to int64 and uint8.
constexpr bool is_integer(DType dtype) { return dtype >= DType::kInt8 && dtype <= DType::kUInt8; }
/// True of the four floating-point types.
constexpr bool is_floating(DType dtype) { return dtype <= DType::kFloat64; }

/// The type whose elements a C++ type holds; not defined for float16 and bfloat16, which C++20 does not have.
template <typename T>
constexpr DType dtype_of = std::is_same_v<T, float>                ? DType::kFloat32
                           : std::is_same_v<T, double>             ? DType::kFloat64
                           : std::is_same_v<T, bool>               ? DType::kBool
                           : std::is_same_v<T, std::string_view>   ? DType::kString
                           : std::is_same_v<T, std::uint8_t>       ? DType::kUInt8
                           : std::is_signed_v<T> && sizeof(T) == 1 ? DType::kInt8
                           : std::is_signed_v<T> && sizeof(T) == 2 ? DType::kInt16
                           : std::is_signed_v<T> && sizeof(T) == 4 ? DType::kInt32
                           : std::is_signed_v<T> && sizeof(T) == 8 ? DType::kInt64
                                                                   : throw "no type of elements";

}  // namespace kerascope
