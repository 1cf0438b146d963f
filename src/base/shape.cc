#include "kerascope/shape.h"

#include "kerascope/error.h"

namespace kerascope {

std::int64_t Shape::elements() const { return elements(0, rank()); }

std::int64_t Shape::elements(int begin, int end) const {
  constexpr std::int64_t kMost = std::int64_t{1} << 40;
  std::int64_t product = 1;
  for (int axis = begin; axis < end; ++axis) {
    const std::int64_t size = (*this)[axis];
    if (size == 0) return 0;
    if (size < 0)
      throw Error(
          {.code = "size-too-large", .what = "a tensor of shape " + str() + " has no size: one of its axes is open"});
    if (product > kMost / size)
      throw Error({.code = "size-too-large", .what = "a tensor of shape " + str() + " is larger than any memory"});
    product *= size;
  }
  return product;
}

Shape Shape::slice(int begin, int end) const {
  return Shape(std::vector(sizes_.begin() + begin, sizes_.begin() + end));
}

std::string Shape::str() const {
  std::string text = "(";
  for (int axis = 0; axis < rank(); ++axis) text += (axis ? ", " : "") + std::to_string((*this)[axis]);
  return text + (rank() == 1 ? ",)" : ")");
}

}  // namespace kerascope
