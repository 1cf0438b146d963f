// A dense row-major float32 tensor whose bytes may be owned, mapped from a file, or a view of another tensor.
#pragma once

#include <memory>
#include <span>

#include "kerascope/export.h"
#include "kerascope/shape.h"

namespace kerascope {

/// Copies share their numbers. Reading one Tensor from several threads is safe.
class KERASCOPE_API Tensor {
 public:
  Tensor() = default;
  /// Uninitialised, 64-byte aligned.
  explicit Tensor(Shape shape);
  /// Numbers that live as long as `owner`; `numbers` must hold shape.elements() floats.
  Tensor(Shape shape, std::shared_ptr<const void> owner, const float* numbers);
  /// A copy of the numbers. @throws Error{tensor-shape} unless there are shape.elements() of them
  static Tensor of(Shape shape, std::span<const float> numbers);

  const Shape& shape() const { return shape_; }
  std::int64_t size() const { return size_; }
  const float* data() const { return data_; }
  /// Only for a tensor that this object allocated itself. @throws Error{tensor-read-only}
  float* mutable_data();
  std::span<const float> numbers() const { return {data_, static_cast<std::size_t>(size_)}; }
  bool empty() const { return data_ == nullptr; }

  /// The same numbers under another shape of as many elements. @throws Error{tensor-shape}
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
