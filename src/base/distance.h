// How far two tensors of one shape are apart.
#pragma once

#include <cstdint>
#include <span>

namespace kerascope {

/// A NaN equals a NaN and an infinity one of its sign; where only one side is such, `absolute` and `relative` are
/// infinite. The cosine is taken over the places where both are finite.
struct Distance {
  double absolute = 0;      ///< the largest |a - b|
  double relative = 0;      ///< that, over the largest finite |a| or |b|; 0 where all numbers are equal
  double cosine = 1;        ///< of the angle between a and b as vectors; 0 where only one of them is all zeros
  std::int64_t place = 0;   ///< of the largest |a - b|, or the first unlike place; the last axis counts fastest
  std::int64_t unlike = 0;  ///< places where only one is NaN, or where an infinity meets anything but itself
};

/// One pass on all threads. Both have as many numbers.
Distance distance(std::span<const float> a, std::span<const float> b);

}  // namespace kerascope
