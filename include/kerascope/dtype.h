// The types that the elements of a tensor may have, by NumPy's and Keras's names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "kerascope/export.h"

namespace kerascope {

/// Kerascope computes in float32; the other types are kept as they are, so that whole numbers stay exact.
enum class DType : std::uint8_t {
  kFloat32,
  kFloat16,
  kBFloat16,
  kFloat64,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kUInt8,
  kBool,
  kString,
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
constexpr DType dtype_of = DType::kFloat32;
template <>
constexpr DType dtype_of<double> = DType::kFloat64;
template <>
constexpr DType dtype_of<std::int8_t> = DType::kInt8;
template <>
constexpr DType dtype_of<std::int16_t> = DType::kInt16;
template <>
constexpr DType dtype_of<std::int32_t> = DType::kInt32;
template <>
constexpr DType dtype_of<std::int64_t> = DType::kInt64;
template <>
constexpr DType dtype_of<std::uint8_t> = DType::kUInt8;
template <>
constexpr DType dtype_of<bool> = DType::kBool;
template <>
constexpr DType dtype_of<std::string_view> = DType::kString;

}  // namespace kerascope
