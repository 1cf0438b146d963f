#include "formats/convert.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "base/half.h"
#include "base/parallel.h"

namespace kerascope {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are copied as the file has them");

struct Half {
  std::uint16_t bits;
};
struct BFloat16 {
  std::uint16_t bits;
};
struct Boolean {
  std::uint8_t byte;
};

template <typename Number>
float to_float(Number number) {
  return static_cast<float>(number);
}
float to_float(Boolean value) { return value.byte != 0 ? 1.0f : 0.0f; }
float to_float(BFloat16 number) { return float_of_bfloat(number.bits); }
float to_float(Half number) { return float_of_half(number.bits); }

template <typename Number>
void convert(const std::byte* from, Tensor& to) {
  float* numbers = to.mutable_data();
  parallel_for(to.size(), 1 << 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      Number number;
      std::memcpy(&number, from + i * static_cast<std::int64_t>(sizeof number), sizeof number);
      numbers[i] = to_float(number);
    }
  });
}

struct NumberType {
  std::string_view name;
  std::uint64_t size;
  void (*convert)(const std::byte* from, Tensor& to);
};

template <typename Number>
constexpr NumberType number_type(std::string_view name) {
  return {name, sizeof(Number), convert<Number>};
}

constexpr NumberType kTypes[] = {number_type<float>("f4"),         number_type<double>("f8"),
                                 number_type<Half>("f2"),          number_type<BFloat16>("bf16"),
                                 number_type<Boolean>("b1"),       number_type<std::int8_t>("i1"),
                                 number_type<std::int16_t>("i2"),  number_type<std::int32_t>("i4"),
                                 number_type<std::int64_t>("i8"),  number_type<std::uint8_t>("u1"),
                                 number_type<std::uint16_t>("u2"), number_type<std::uint32_t>("u4"),
                                 number_type<std::uint64_t>("u8"), {"s", 0, nullptr}};

const NumberType& type_named(std::string_view name) {
  for (const NumberType& type : kTypes)
    if (type.name == name) return type;
  throw std::out_of_range("number type");
}

}  // namespace

std::uint64_t number_size(std::string_view type) { return type_named(type).size; }

Tensor float32_tensor(const Shape& shape, std::string_view type, const std::shared_ptr<const MappedFile>& file,
                      std::uint64_t offset) {
  const std::byte* numbers = file->bytes().data() + offset;
  const bool aligned = reinterpret_cast<std::uintptr_t>(numbers) % alignof(float) == 0;
  if (type == "f4" && aligned && shape.elements() > 0)
    return Tensor(shape, file, reinterpret_cast<const float*>(numbers));
  Tensor tensor(shape);
  type_named(type).convert(numbers, tensor);
  return tensor;
}

}  // namespace kerascope
