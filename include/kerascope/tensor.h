// A dense row-major float32 tensor whose bytes may be owned, mapped from a file, or a view of another tensor.
#pragma once

#include <memory>
#include <span>

#include "kerascope/export.h"
#include "kerascope/shape.h"

namespace kerascope {

/// A value: copies share their numbers until one of them is changed. Numbers live as long as a tensor that has them.
/// Reading one Tensor from several threads is safe. The last axis varies fastest.
///
///     ks::Tensor grey(ks::Shape{1, 64, 64, 1});
///     std::fill_n(grey.mutable_data(), grey.size(), 127.0f);
///     const ks::Tensor line = ks::Tensor::of({1, 3}, std::vector<float>{1, 2, 3});
class KERASCOPE_API Tensor {
 public:
  /// Of no shape and without numbers: empty().
  Tensor() = default;
  /// Uninitialised, 64-byte aligned. @throws Error{size-too-large} beyond 2^40 numbers; std::bad_alloc
  explicit Tensor(Shape shape);
  /// Numbers that live as long as `owner`; `numbers` must hold shape.elements() floats. Copies nothing.
  /// @throws Error{size-too-large}
  Tensor(Shape shape, std::shared_ptr<const void> owner, const float* numbers);
  /// A copy of the numbers. @throws Error{tensor-shape} unless there are shape.elements() of them
  static Tensor of(Shape shape, std::span<const float> numbers);

  const Shape& shape() const { return shape_; }
  /// How many numbers.
  std::int64_t size() const { return size_; }
  /// The first number; row-major, without gaps.
  const float* data() const { return data_; }
  /// The same, to be changed. Numbers that something else has, too (a copy of this tensor, the tensor that it is a part
  /// of, a run that was given it, a file), are copied first and stay as they are; so ask anew after it was passed on.
  ///
  ///     ks::Tensor without = seen["conv1"].tensor;  // (1, 64, 64, 64)
  ///     for (std::int64_t i = 0; i < without.size(); i += 64) without.mutable_data()[i] = 0;  // its first channel
  ///
  /// @throws Error{tensor-shape} for Tensor(); std::bad_alloc
  float* mutable_data();
  /// All of them, size() floats.
  std::span<const float> numbers() const { return {data_, static_cast<std::size_t>(size_)}; }
  /// True of Tensor() only: a tensor with an axis of size 0 is not empty.
  bool empty() const { return data_ == nullptr; }

  /// The same numbers under another shape of as many elements, without copying. @throws Error{tensor-shape}
  Tensor reshaped(Shape shape) const;
  /// One item of the batch (axis 0), without copying: (N, ...) -> (...). @throws Error{sample-index}
  Tensor item(std::int64_t index) const;
  /// Some items of the batch, without copying: (N, ...) -> (count, ...). @throws Error{sample-index}
  Tensor items(std::int64_t first, std::int64_t count) const;

 private:
  Shape shape_;
  std::int64_t size_ = 0;
  std::shared_ptr<const void> owner_;
  const float* data_ = nullptr;
  float* writable_ = nullptr;
};

}  // namespace kerascope
