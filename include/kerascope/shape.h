// The sizes of a tensor, axis by axis, in Keras's own order (batch first).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "kerascope/export.h"

namespace kerascope {

class KERASCOPE_API Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<std::int64_t> sizes) : sizes_(sizes) {}
  explicit Shape(std::vector<std::int64_t> sizes) : sizes_(std::move(sizes)) {}

  int rank() const { return static_cast<int>(sizes_.size()); }
  std::int64_t operator[](int axis) const { return sizes_[static_cast<std::size_t>(axis)]; }
  std::int64_t& operator[](int axis) { return sizes_[static_cast<std::size_t>(axis)]; }
  /// Counts from the end: back(1) is the last axis.
  std::int64_t back(int from_end = 1) const { return sizes_[sizes_.size() - static_cast<std::size_t>(from_end)]; }

  /// Product of all sizes; 1 for a scalar.
  /// @throws Error{size-too-large} beyond 2^40 elements.
  std::int64_t elements() const;
  /// Product of the axes [begin, end).
  std::int64_t elements(int begin, int end) const;

  Shape slice(int begin, int end) const;
  std::vector<std::int64_t>::const_iterator begin() const { return sizes_.begin(); }
  std::vector<std::int64_t>::const_iterator end() const { return sizes_.end(); }
  const std::vector<std::int64_t>& sizes() const { return sizes_; }

  bool operator==(const Shape&) const = default;

  /// "(1, 32, 32, 128)", as Python prints it; a vector is "(5,)".
  std::string str() const;

 private:
  std::vector<std::int64_t> sizes_;
};

}  // namespace kerascope
