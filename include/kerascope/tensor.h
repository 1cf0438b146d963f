// A dense row-major tensor whose bytes may be owned, mapped from a file, or a view of another tensor.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kerascope/dtype.h"
#include "kerascope/export.h"
#include "kerascope/shape.h"

namespace kerascope {

/// A value with copy-on-write: copies share their numbers until one of them is changed. Numbers live as long as a
/// tensor that has them. Several threads may read one Tensor. The order is row-major: the last axis varies fastest.
/// Elements are float32 unless another type is named; ids, masks and texts have other types.
///
///     ks::Tensor grey(ks::Shape{1, 64, 64, 1});
///     std::fill_n(grey.mutable_data(), grey.size(), 127.0f);
///     const ks::Tensor line = ks::Tensor::of({1, 3}, std::vector<float>{1, 2, 3});
///     const ks::Tensor ids = ks::Tensor::of({1, 3}, std::vector<std::int64_t>{17, 4, 0});
class KERASCOPE_API Tensor {
 public:
  /// The empty() tensor, without shape and numbers.
  Tensor() = default;
  /// Uninitialised, 64-byte aligned; strings are empty. @throws Error{size-too-large} beyond 2^40 numbers;
  /// Error{memory}
  explicit Tensor(Shape shape, DType dtype = DType::kFloat32);
  /// A view of `numbers`, shape.elements() floats that live as long as `owner`. Copies nothing.
  /// @throws Error{size-too-large}
  Tensor(Shape shape, std::shared_ptr<const void> owner, const float* numbers);
  /// The same for elements of any type.
  Tensor(Shape shape, DType dtype, std::shared_ptr<const void> owner, const void* elements);
  /// Copies the numbers. @throws Error{tensor-shape} unless there are shape.elements() of them
  static Tensor of(Shape shape, std::span<const float> numbers);
  /// The same for elements of another type.
  template <typename T>
  requires(!std::is_same_v<T, float>) static Tensor of(Shape shape, const std::vector<T>& elements) {
    return of_elements(std::move(shape), dtype_of<T>, elements.size(), elements.data());
  }
  /// A copy of the texts. @throws Error{tensor-shape} as the other
  static Tensor of(Shape shape, std::vector<std::string> texts);

  const Shape& shape() const { return shape_; }
  /// The type of all elements.
  DType dtype() const { return dtype_; }
  /// The number of elements.
  std::int64_t size() const { return size_; }
  /// Points to the first number; row-major, without gaps. @throws Error{tensor-type} unless they are float32
  const float* data() const {
    require(DType::kFloat32);
    return static_cast<const float*>(data_);
  }
  /// As data(), for writing. Numbers that are shared (with a copy of this tensor, the tensor that it is a view of, a
  /// run that got it as input, a file) are copied first and stay unchanged; call it again after passing the tensor on.
  ///
  ///     ks::Tensor without = seen["conv1"].tensor;  // (1, 64, 64, 64)
  ///     for (std::int64_t i = 0; i < without.size(); i += 64) without.mutable_data()[i] = 0;  // its first channel
  ///
  /// @throws Error{tensor-shape} for Tensor(); Error{tensor-type} unless it is of float32; Error{memory}
  float* mutable_data();
  /// All numbers, size() floats. @throws Error{tensor-type} as data()
  std::span<const float> numbers() const { return {data(), static_cast<std::size_t>(size_)}; }
  /// True only for Tensor(): a tensor with an axis of size 0 is not empty.
  bool empty() const { return data_ == nullptr; }

  /// All elements: elements<std::int64_t>(), elements<bool>(), elements<std::string_view>().
  /// @throws Error{tensor-type} if they are of another type
  template <typename T>
  std::span<const T> elements() const {
    require(dtype_of<T>);
    return {static_cast<const T*>(data_), static_cast<std::size_t>(size_)};
  }
  /// The same, to be changed as by mutable_data(); not strings.
  template <typename T>
  std::span<T> mutable_elements() {
    require(dtype_of<T>);
    return {static_cast<T*>(mutable_bytes()), static_cast<std::size_t>(size_)};
  }
  /// The first element, of whatever type.
  const void* bytes() const { return data_; }
  /// The same, to be changed as by mutable_data(); not strings.
  void* mutable_bytes();
  /// How many bytes.
  std::size_t byte_size() const { return static_cast<std::size_t>(size_) * element_bytes(dtype_); }

  /// The same numbers in another type, rounded to it; without copying where they have it already. To integers they are
  /// cut off towards 0, to bool what is not 0 is true. @throws Error{tensor-type} from and to strings, and for a number
  /// that the type cannot hold
  Tensor astype(DType dtype) const;

  /// A view with another shape of as many elements. @throws Error{tensor-shape}
  Tensor reshaped(Shape shape) const;
  /// A view of one item of the batch (axis 0): (N, ...) -> (...). @throws Error{sample-index}
  Tensor item(std::int64_t index) const;
  /// A view of some items of the batch: (N, ...) -> (count, ...). @throws Error{sample-index}
  Tensor items(std::int64_t first, std::int64_t count) const;

 private:
  static Tensor of_elements(Shape shape, DType dtype, std::size_t count, const void* elements);
  void require(DType dtype) const {
    if (dtype_ != dtype) fail_type(dtype);
  }
  [[noreturn]] void fail_type(DType wanted) const;

  Shape shape_;
  DType dtype_ = DType::kFloat32;
  std::int64_t size_ = 0;
  std::shared_ptr<const void> owner_;
  const void* data_ = nullptr;
  void* writable_ = nullptr;
};

}  // namespace kerascope
