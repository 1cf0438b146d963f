#include "kerascope/tensor.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

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

}  // namespace

Tensor::Tensor(Shape shape) : shape_(std::move(shape)), size_(shape_.elements()) {
  const std::size_t bytes = static_cast<std::size_t>(size_) * sizeof(float);
  std::shared_ptr<void> memory;
  if (bytes < kWorthPages) {
    memory = {std::aligned_alloc(kAlignment, (bytes + kAlignment) / kAlignment * kAlignment), std::free};
    if (!memory) throw std::bad_alloc();
  } else {
    memory = allocate_pages(bytes);
  }
  writable_ = static_cast<float*>(memory.get());
  data_ = writable_;
  owner_ = std::move(memory);
}

Tensor::Tensor(Shape shape, std::shared_ptr<const void> owner, const float* numbers)
    : shape_(std::move(shape)), size_(shape_.elements()), owner_(std::move(owner)), data_(numbers) {}

Tensor Tensor::of(Shape shape, std::span<const float> numbers) {
  Tensor tensor(std::move(shape));
  if (static_cast<std::size_t>(tensor.size()) != numbers.size())
    fail("tensor-shape", "a tensor of shape " + tensor.shape().str() + " has " + std::to_string(tensor.size()) +
                             " numbers, and " + std::to_string(numbers.size()) + " are given");
  std::copy(numbers.begin(), numbers.end(), tensor.mutable_data());
  return tensor;
}

float* Tensor::mutable_data() {
  if (empty()) fail("tensor-shape", "a tensor that was given no shape has no numbers to be changed");
  if (!writable_ || owner_.use_count() != 1) *this = of(shape_, numbers());
  std::atomic_thread_fence(std::memory_order_acquire);  // the former owners have finished reading
  return writable_;
}

Tensor Tensor::reshaped(Shape shape) const {
  if (shape.elements() != size_)
    fail("tensor-shape", "numbers of shape " + shape_.str() + " cannot have the shape " + shape.str());
  return Tensor(std::move(shape), owner_, data_);
}

Tensor Tensor::item(std::int64_t index) const {
  require_items(shape_, index, 1);
  const Shape rest = shape_.slice(1, shape_.rank());
  return Tensor(rest, owner_, data_ + index * rest.elements());
}

Tensor Tensor::items(std::int64_t first, std::int64_t count) const {
  require_items(shape_, first, count);
  Shape some = shape_;
  some[0] = count;
  return Tensor(some, owner_, data_ + first * shape_.elements(1, shape_.rank()));
}

}  // namespace kerascope
