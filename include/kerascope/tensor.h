// A dense row-major float32 tensor whose bytes may be owned, mapped from a file, or a view of another tensor.
#pragma once

#include <memory>
#include <span>

#include "kerascope/export.h"
#include "kerascope/shape.h"

namespace kerascope {

/// A value with copy-on-write: copies share their numbers until one of them is changed. Numbers live as long as a
/// tensor that has them. Several threads may read one Tensor. The order is row-major: the last axis varies fastest.
///
///     ks::Tensor grey(ks::Shape{1, 64, 64, 1});
///     std::fill_n(grey.mutable_data(), grey.size(), 127.0f);
///     const ks::Tensor line = ks::Tensor::of({1, 3}, std::vector<float>{1, 2, 3});
class KERASCOPE_API Tensor {
 public:
  /// The empty() tensor, without shape and numbers.
  Tensor() = default;
  /// Uninitialised, 64-byte aligned. @throws Error{size-too-large} beyond 2^40 numbers; std::bad_alloc
  explicit Tensor(Shape shape);
  /// A view of `numbers`, shape.elements() floats that live as long as `owner`. Copies nothing.
  /// @throws Error{size-too-large}
  Tensor(Shape shape, std::shared_ptr<const void> owner, const float* numbers);
  /// Copies the numbers. @throws Error{tensor-shape} unless there are shape.elements() of them
  static Tensor of(Shape shape, std::span<const float> numbers);

  const Shape& shape() const { return shape_; }
  /// The number of elements.
  std::int64_t size() const { return size_; }
  /// Points to the first number; row-major, without gaps.
  const float* data() const { return data_; }
  /// As data(), for writing. Numbers that are shared (with a copy of this tensor, the tensor that it is a view of, a
  /// run that got it as input, a file) are copied first and stay unchanged; call it again after passing the tensor on.
  ///
  ///     ks::Tensor without = seen["conv1"].tensor;  // (1, 64, 64, 64)
  ///     for (std::int64_t i = 0; i < without.size(); i += 64) without.mutable_data()[i] = 0;  // its first channel
  ///
  /// @throws Error{tensor-shape} for Tensor(); std::bad_alloc
  float* mutable_data();
  /// All numbers, size() floats.
  std::span<const float> numbers() const { return {data_, static_cast<std::size_t>(size_)}; }
  /// True only for Tensor(): a tensor with an axis of size 0 is not empty.
  bool empty() const { return data_ == nullptr; }

  /// A view with another shape of as many elements. @throws Error{tensor-shape}
  Tensor reshaped(Shape shape) const;
  /// A view of one item of the batch (axis 0): (N, ...) -> (...). @throws Error{sample-index}
  Tensor item(std::int64_t index) const;
  /// A view of some items of the batch: (N, ...) -> (count, ...). @throws Error{sample-index}
  Tensor items(std::int64_t first, std::int64_t count) const;

 private:
  Shape shape_;
  std::int64_t size_ = 0;
  std::shared_ptr<const void> owner_;
  const float* data_ = nullptr;
  float* writable_ = nullptr;
};

}  // namespace kerascope
