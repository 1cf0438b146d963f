#include "ops/broadcast.h"

#include <fmt/format.h>

#include "kerascope/error.h"

namespace kerascope::ops {
namespace {

/// The size of an axis, counted from the end; 1 if the shape has no such axis.
std::int64_t size_from_end(const Shape& shape, int from_end) {
  return from_end <= shape.rank() ? shape.back(from_end) : 1;
}

int most_axes(std::span<const Shape> in) {
  int rank = 0;
  for (const Shape& shape : in) rank = std::max(rank, shape.rank());
  return rank;
}

}  // namespace

Shape broadcast_shape(std::string_view op, std::span<const Shape> in) {
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(most_axes(in)), 1);
  for (std::size_t axis = 0; axis < sizes.size(); ++axis)
    for (const Shape& shape : in) {
      const std::int64_t size = size_from_end(shape, static_cast<int>(sizes.size() - axis));
      if (sizes[axis] != 1 && size != 1 && size != sizes[axis]) {
        std::string shapes;
        for (const Shape& one : in) shapes += fmt::format("{}{}", shapes.empty() ? "" : " and ", one.str());
        throw Error(
            {.code = "shape-mismatch",
             .what = fmt::format("{} of {}: their sizes {} and {} do not broadcast", op, shapes, sizes[axis], size)});
      }
      if (size != 1) sizes[axis] = size;
    }
  return Shape(std::move(sizes));
}

bool broadcasts_items_apart(std::span<const Shape> in, const std::vector<bool>& has_items) {
  const int rank = most_axes(in);
  for (std::size_t i = 0; i < in.size(); ++i)
    if (has_items[i] && in[i].rank() != rank) return false;
  return true;
}

std::vector<std::int64_t> broadcast_strides(const Shape& shape, const Shape& out) {
  std::vector<std::int64_t> strides(static_cast<std::size_t>(out.rank()));
  std::int64_t stride = 1;
  for (int from_end = 1; from_end <= out.rank(); ++from_end) {
    const std::int64_t size = size_from_end(shape, from_end);
    strides[strides.size() - static_cast<std::size_t>(from_end)] = size == 1 ? 0 : stride;
    stride *= size;
  }
  return strides;
}

}  // namespace kerascope::ops
