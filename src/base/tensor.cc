#include "kerascope/tensor.h"

#include <algorithm>
#include <cstdlib>
#include <new>

#include "base/workspace.h"
#include "kerascope/error.h"

namespace kerascope {
namespace {

constexpr std::size_t kAlignment = 64, kPages = 1 << 20;

[[noreturn]] void fail(const char* code, const std::string& what) { throw Error({.code = code, .what = what}); }

void require_items(const Shape& shape, std::int64_t first, std::int64_t count) {
  if (shape.rank() == 0 || first < 0 || count < 0 || first > shape[0] || count > shape[0] - first)
    fail("sample-index", "items " + std::to_string(first) + " to " + std::to_string(first + count - 1) +
                             " are asked for of a tensor of shape " + shape.str());
}

}  // namespace

Tensor::Tensor(Shape shape) : shape_(std::move(shape)), size_(shape_.elements()) {
  const std::size_t bytes = static_cast<std::size_t>(size_) * sizeof(float);
  void* memory = bytes < kPages ? std::aligned_alloc(kAlignment, (bytes + kAlignment) / kAlignment * kAlignment)
                                : allocate_pages(bytes);
  if (!memory) throw std::bad_alloc();
  owner_ = std::shared_ptr<const void>(memory, [](const void* p) { std::free(const_cast<void*>(p)); });
  writable_ = static_cast<float*>(memory);
  data_ = writable_;
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
  if (!writable_) fail("tensor-read-only", "these numbers belong to a file or to another tensor and cannot be changed");
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
