#include "kerascope/tensor.h"

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

#include "base/half.h"
#include "base/memory.h"
#include "base/workspace.h"
#include "kerascope/error.h"

namespace kerascope {
namespace {

constexpr std::size_t kAlignment = 64, kWorthPages = 1 << 20;  // bytes

[[noreturn]] void fail(const char* code, const std::string& what) { throw Error({.code = code, .what = what}); }

void require_items(const Shape& shape, std::int64_t first, std::int64_t count) {
  if (shape.rank() == 0 || first < 0 || count < 0 || first > shape[0] || count > shape[0] - first)
    fail("sample-index", std::to_string(count) + " items from " + std::to_string(first) +
                             " on are asked for of a tensor of shape " + shape.str());
}

const void* offset(const void* elements, std::int64_t count, DType dtype) {
  return static_cast<const std::byte*>(elements) + count * static_cast<std::int64_t>(element_bytes(dtype));
}

}  // namespace

Tensor::Tensor(Shape shape, DType dtype) : shape_(std::move(shape)), dtype_(dtype), size_(shape_.elements()) {
  const std::size_t bytes = byte_size();
  std::shared_ptr<void> memory;
  if (bytes < kWorthPages) {
    memory = {std::aligned_alloc(kAlignment, (bytes + kAlignment) / kAlignment * kAlignment), std::free};
    if (!memory) throw want_of_memory(bytes);
  } else {
    memory = allocate_pages(bytes);
  }
  if (dtype == DType::kString)
    std::uninitialized_default_construct_n(static_cast<std::string_view*>(memory.get()), size_);
  writable_ = memory.get();
  data_ = writable_;
  owner_ = std::move(memory);
}

Tensor::Tensor(Shape shape, std::shared_ptr<const void> owner, const float* numbers)
    : Tensor(std::move(shape), DType::kFloat32, std::move(owner), numbers) {}

Tensor::Tensor(Shape shape, DType dtype, std::shared_ptr<const void> owner, const void* elements)
    : shape_(std::move(shape)), dtype_(dtype), size_(shape_.elements()), owner_(std::move(owner)), data_(elements) {}

Tensor Tensor::of_elements(Shape shape, DType dtype, std::size_t count, const void* elements) {
  Tensor tensor(std::move(shape), dtype);
  if (static_cast<std::size_t>(tensor.size()) != count)
    fail("tensor-shape", "a tensor of shape " + tensor.shape().str() + " has " + std::to_string(tensor.size()) +
                             " numbers, and " + std::to_string(count) + " are given");
  if (count > 0) std::memcpy(tensor.writable_, elements, tensor.byte_size());
  return tensor;
}

Tensor Tensor::of(Shape shape, std::span<const float> numbers) {
  return of_elements(std::move(shape), DType::kFloat32, numbers.size(), numbers.data());
}

Tensor Tensor::of(Shape shape, std::vector<std::string> texts) {
  struct Owner {
    std::vector<std::string> texts;
    std::vector<std::string_view> views;
  };
  const auto owner = std::make_shared<Owner>();
  owner->texts = std::move(texts);
  owner->views.assign(owner->texts.begin(), owner->texts.end());
  if (shape.elements() != std::ssize(owner->views))
    fail("tensor-shape", "a tensor of shape " + shape.str() + " has " + std::to_string(shape.elements()) +
                             " texts, and " + std::to_string(owner->views.size()) + " are given");
  if (owner->views.empty()) return Tensor(std::move(shape), DType::kString);
  const void* const first = owner->views.data();
  return Tensor(std::move(shape), DType::kString, owner, first);
}

float* Tensor::mutable_data() {
  require(DType::kFloat32);
  return static_cast<float*>(mutable_bytes());
}

void* Tensor::mutable_bytes() {
  if (empty()) fail("tensor-shape", "a tensor that was given no shape has no numbers to be changed");
  if (dtype_ == DType::kString) fail("tensor-type", "the texts of a tensor cannot be changed in it: make another");
  if (!writable_ || owner_.use_count() != 1)
    *this = of_elements(shape_, dtype_, static_cast<std::size_t>(size_), data_);
  std::atomic_thread_fence(std::memory_order_acquire);  // the former owners have finished reading
  return writable_;
}

void Tensor::fail_type(DType wanted) const {
  fail("tensor-type", "a tensor of " + std::string(name_of(dtype_)) + " is read as one of " +
                          std::string(name_of(wanted)) + "; astype() converts");
}

namespace {

/// Calls `use` with the elements as numbers of their C++ type, 16 bits wide ones as their bits.
template <typename Use>
void with_elements(const void* data, DType dtype, Use use) {
  switch (dtype) {
    case DType::kFloat32:
      return use(static_cast<const float*>(data), [](float x) { return x; });
    case DType::kFloat16:
      return use(static_cast<const std::uint16_t*>(data), float_of_half);
    case DType::kBFloat16:
      return use(static_cast<const std::uint16_t*>(data), float_of_bfloat);
    case DType::kFloat64:
      return use(static_cast<const double*>(data), [](double x) { return x; });
    case DType::kInt8:
      return use(static_cast<const std::int8_t*>(data), [](std::int8_t x) { return std::int64_t{x}; });
    case DType::kInt16:
      return use(static_cast<const std::int16_t*>(data), [](std::int16_t x) { return std::int64_t{x}; });
    case DType::kInt32:
      return use(static_cast<const std::int32_t*>(data), [](std::int32_t x) { return std::int64_t{x}; });
    case DType::kInt64:
      return use(static_cast<const std::int64_t*>(data), [](std::int64_t x) { return x; });
    case DType::kUInt8:
      return use(static_cast<const std::uint8_t*>(data), [](std::uint8_t x) { return std::int64_t{x}; });
    case DType::kBool:
      return use(static_cast<const bool*>(data), [](bool x) { return std::int64_t{x}; });
    case DType::kString:
      break;
  }
  fail("tensor-type", "texts are no numbers");
}

[[noreturn]] void fail_value(double number, DType dtype) {
  fail("tensor-type", std::string(name_of(dtype)) + " cannot hold " + std::to_string(number));
}

template <typename T, typename From>
T converted(From number) {
  if constexpr (std::is_same_v<T, bool>) {
    return number != 0;
  } else if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(number);
  } else if constexpr (std::is_floating_point_v<From>) {
    // The limits of 64 bits are no doubles, those beside them are.
    const double cut = std::trunc(static_cast<double>(number)), end = std::ldexp(1.0, std::numeric_limits<T>::digits);
    const double least = std::is_signed_v<T> ? -end : 0;
    if (!(cut >= least && cut < end)) fail_value(cut, dtype_of<T>);
    return static_cast<T>(cut);
  } else {
    if (number < std::int64_t{std::numeric_limits<T>::min()} || number > std::int64_t{std::numeric_limits<T>::max()})
      fail_value(static_cast<double>(number), dtype_of<T>);
    return static_cast<T>(number);
  }
}

}  // namespace

Tensor Tensor::astype(DType dtype) const {
  if (dtype == dtype_) return *this;
  Tensor result(shape_, dtype);
  const auto fill = [&](auto convert) {
    with_elements(data_, dtype_, [&](const auto* from, auto number) {
      auto* to = static_cast<decltype(convert(number(*from)))*>(result.writable_);
      for (std::int64_t i = 0; i < size_; ++i) to[i] = convert(number(from[i]));
    });
  };
  const auto fill_as = [&]<typename T>(T) { fill([](auto number) { return converted<T>(number); }); };
  switch (dtype) {
    case DType::kFloat32:
      fill_as(float{});
      break;
    case DType::kFloat16:
      fill([](auto number) { return half_of(static_cast<double>(number)); });
      break;
    case DType::kBFloat16:
      fill([](auto number) { return bfloat_of(static_cast<float>(number)); });
      break;
    case DType::kFloat64:
      fill_as(double{});
      break;
    case DType::kInt8:
      fill_as(std::int8_t{});
      break;
    case DType::kInt16:
      fill_as(std::int16_t{});
      break;
    case DType::kInt32:
      fill_as(std::int32_t{});
      break;
    case DType::kInt64:
      fill_as(std::int64_t{});
      break;
    case DType::kUInt8:
      fill_as(std::uint8_t{});
      break;
    case DType::kBool:
      fill_as(bool{});
      break;
    case DType::kString:
      fail("tensor-type", "numbers cannot become texts");
  }
  return result;
}

Tensor Tensor::reshaped(Shape shape) const {
  if (shape.elements() != size_)
    fail("tensor-shape", "numbers of shape " + shape_.str() + " cannot have the shape " + shape.str());
  return Tensor(std::move(shape), dtype_, owner_, data_);
}

Tensor Tensor::item(std::int64_t index) const {
  require_items(shape_, index, 1);
  const Shape rest = shape_.slice(1, shape_.rank());
  return Tensor(rest, dtype_, owner_, offset(data_, index * rest.elements(), dtype_));
}

Tensor Tensor::items(std::int64_t first, std::int64_t count) const {
  require_items(shape_, first, count);
  Shape some = shape_;
  some[0] = count;
  return Tensor(some, dtype_, owner_, offset(data_, first * shape_.elements(1, shape_.rank()), dtype_));
}

}  // namespace kerascope
