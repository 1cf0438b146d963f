// How far two tensors of one shape are apart.
#pragma once

#include <cstdint>

namespace kerascope {

/// How far two tensors of one shape are apart. NaN equals NaN, and an infinity equals one of the same sign; if they
/// meet another number, `absolute` and `relative` are infinite. The cosine is over the places at which both are finite.
struct Distance {
  double absolute = 0;      ///< the largest |a - b|
  double relative = 0;      ///< `absolute` divided by the largest finite |a| or |b|; 0 if all numbers are equal
  double cosine = 1;        ///< cosine similarity of a and b as vectors; 0 if exactly one of them is all zeros
  std::int64_t place = 0;   ///< flat index of the largest |a - b|, or of the first unlike place; row-major
  std::int64_t unlike = 0;  ///< places at which only one is NaN, or an infinity meets another number
};

}  // namespace kerascope
