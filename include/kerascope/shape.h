// The sizes of a tensor, axis by axis, in Keras's own order (batch first).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "kerascope/export.h"

namespace kerascope {

/// The sizes of all axes, each 0 or more, or kOpen if a model does not fix it. Axes count from 0 and are not checked:
/// an axis that does not exist is a bug of the caller.
///
///     const ks::Shape map = {1, 32, 32, 128};
///     std::cout << map.back() << " channels, " << map.elements() << " numbers, " << map.str();
class KERASCOPE_API Shape {
 public:
  /// The shape of a scalar: no axes.
  Shape() = default;
  Shape(std::initializer_list<std::int64_t> sizes) : sizes_(sizes) {}
  explicit Shape(std::vector<std::int64_t> sizes) : sizes_(std::move(sizes)) {}

  /// The number of axes.
  int rank() const { return static_cast<int>(sizes_.size()); }
  /// The size of an axis.
  std::int64_t operator[](int axis) const { return sizes_[static_cast<std::size_t>(axis)]; }
  std::int64_t& operator[](int axis) { return sizes_[static_cast<std::size_t>(axis)]; }
  /// Counts from the end: back(1) is the last axis.
  std::int64_t back(int from_end = 1) const { return sizes_[sizes_.size() - static_cast<std::size_t>(from_end)]; }

  /// Product of all sizes; 1 for a scalar.
  /// @throws Error{size-too-large} beyond 2^40 elements, and if a size is open and none is 0
  std::int64_t elements() const;
  /// Product of the axes [begin, end); 1 if that is empty. @throws as above
  std::int64_t elements(int begin, int end) const;

  /// The axes [begin, end).
  Shape slice(int begin, int end) const;
  std::vector<std::int64_t>::const_iterator begin() const { return sizes_.begin(); }
  std::vector<std::int64_t>::const_iterator end() const { return sizes_.end(); }
  const std::vector<std::int64_t>& sizes() const { return sizes_; }

  bool operator==(const Shape&) const = default;

  /// As Python prints a tuple: "(1, 32, 32, 128)"; a vector is "(5,)", an open size -1.
  std::string str() const;

 private:
  std::vector<std::int64_t> sizes_;
};

}  // namespace kerascope
