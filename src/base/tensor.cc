#include "kerascope/tensor.h"

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

#include "base/memory.h"
#include "base/number_types.h"
#include "base/parallel.h"
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

[[noreturn]] void fail_value(double number, DType dtype) {
  fail("tensor-type", std::string(name_of(dtype)) + " cannot hold " + std::to_string(number));
}

/// Fractions are cut off; a number that the type cannot hold is an error.
struct Checked {
  template <typename To, typename From>
  To operator()(From number) const {
    if constexpr (std::is_floating_point_v<From>) {
      // The limits of 64 bits are no doubles, those beside them are.
      const double cut = std::trunc(static_cast<double>(number)),
                   end = std::ldexp(1.0, std::numeric_limits<To>::digits);
      const double least = std::is_signed_v<To> ? -end : 0;
      if (!(cut >= least && cut < end)) fail_value(cut, dtype_of<To>);
      return static_cast<To>(cut);
    } else {
      const std::int64_t whole = number;
      if (whole < std::int64_t{std::numeric_limits<To>::min()} || whole > std::int64_t{std::numeric_limits<To>::max()})
        fail_value(static_cast<double>(whole), dtype_of<To>);
      return static_cast<To>(whole);
    }
  }
};

}  // namespace

Tensor Tensor::astype(DType dtype) const {
  if (dtype == dtype_) return *this;
  if (dtype_ == DType::kString) fail("tensor-type", "texts are no numbers");
  if (dtype == DType::kString) fail("tensor-type", "numbers cannot become texts");
  Tensor result(shape_, dtype);
  with_number_type(dtype_, [&]<typename From>(From) {
    with_number_type(dtype, [&]<typename To>(To) {
      const auto* const from = static_cast<const From*>(data_);
      auto* const to = static_cast<To*>(result.writable_);
      parallel_for(size_, 1 << 16, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) to[i] = converted<To>(from[i], Checked{});
      });
    });
  });
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
