#include "formats/convert.h"

#include <bit>
#include <cstring>
#include <limits>
#include <stdexcept>

#include "base/parallel.h"
#include "kerascope/error.h"

namespace kerascope {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are copied as the file has them");

constexpr StoredType kTypes[] = {{"f4", 4, DType::kFloat32}, {"f8", 8, DType::kFloat64},    {"f2", 2, DType::kFloat16},
                                 {"i1", 1, DType::kInt8},    {"bf16", 2, DType::kBFloat16}, {"b1", 1, DType::kBool},
                                 {"i2", 2, DType::kInt16},   {"i4", 4, DType::kInt32},      {"i8", 8, DType::kInt64},
                                 {"u1", 1, DType::kUInt8},   {"u2", 2, DType::kInt32},      {"u4", 4, DType::kInt64},
                                 {"u8", 8, DType::kInt64},   {"s", 0, DType::kString}};

std::int64_t signed_number(std::uint64_t number) {
  if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    throw Error(
        {.code = "weight-type", .what = "the number " + std::to_string(number) + " is larger than int64 allows"});
  return static_cast<std::int64_t>(number);
}

template <typename Stored, typename Element, typename Convert>
Tensor converted(const Shape& shape, DType dtype, const std::byte* from, const Convert& convert) {
  Tensor tensor(shape, dtype);
  const auto to = tensor.mutable_elements<Element>();
  parallel_for(tensor.size(), 1 << 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      Stored number;
      std::memcpy(&number, from + i * static_cast<std::int64_t>(sizeof number), sizeof number);
      to[static_cast<std::size_t>(i)] = convert(number);
    }
  });
  return tensor;
}

}  // namespace

const StoredType& stored_type(std::string_view name) {
  for (const StoredType& type : kTypes)
    if (type.name == name) return type;
  throw std::out_of_range("number type");
}

Tensor stored_tensor(const Shape& shape, const StoredType& type, const std::shared_ptr<const MappedFile>& file,
                     std::uint64_t offset) {
  const std::byte* numbers = file->bytes().data() + offset;
  if (type.dtype == DType::kString)
    throw Error({.code = "weight-type", .what = "a weight must hold numbers, this data set holds text"});
  // Any byte that is not 0 is true, but only 1 is a bool.
  if (type.dtype == DType::kBool)
    return converted<std::uint8_t, bool>(shape, type.dtype, numbers, [](std::uint8_t byte) { return byte != 0; });
  if (type.name == "u2")
    return converted<std::uint16_t, std::int32_t>(shape, type.dtype, numbers,
                                                  [](std::uint16_t number) { return number; });
  if (type.name == "u4")
    return converted<std::uint32_t, std::int64_t>(shape, type.dtype, numbers,
                                                  [](std::uint32_t number) { return number; });
  if (type.name == "u8") return converted<std::uint64_t, std::int64_t>(shape, type.dtype, numbers, signed_number);
  if (reinterpret_cast<std::uintptr_t>(numbers) % type.size == 0 && shape.elements() > 0)
    return Tensor(shape, type.dtype, file, numbers);
  Tensor tensor(shape, type.dtype);
  if (tensor.size() > 0) std::memcpy(tensor.mutable_bytes(), numbers, tensor.byte_size());
  return tensor;
}

}  // namespace kerascope
