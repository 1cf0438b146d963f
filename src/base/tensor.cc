#include "kerascope/tensor.h"

#include <algorithm>
#include <cstdlib>
#include <new>

#include "base/check.h"
#include "base/workspace.h"

namespace kerascope {
namespace {

constexpr std::size_t kAlignment = 64, kPages = 1 << 20;

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
  KERASCOPE_CHECK(static_cast<std::size_t>(tensor.size()) == numbers.size());
  std::copy(numbers.begin(), numbers.end(), tensor.mutable_data());
  return tensor;
}

float* Tensor::mutable_data() {
  KERASCOPE_CHECK(writable_ != nullptr);
  return writable_;
}

Tensor Tensor::reshaped(Shape shape) const {
  KERASCOPE_CHECK(shape.elements() == size_);
  return Tensor(std::move(shape), owner_, data_);
}

Tensor Tensor::item(std::int64_t index) const {
  KERASCOPE_CHECK(shape_.rank() > 0 && index >= 0 && index < shape_[0]);
  const Shape rest = shape_.slice(1, shape_.rank());
  return Tensor(rest, owner_, data_ + index * rest.elements());
}

Tensor Tensor::items(std::int64_t first, std::int64_t count) const {
  KERASCOPE_CHECK(shape_.rank() > 0 && first >= 0 && count >= 0 && count <= shape_[0] - first);
  Shape some = shape_;
  some[0] = count;
  return Tensor(some, owner_, data_ + first * shape_.elements(1, shape_.rank()));
}

}  // namespace kerascope
