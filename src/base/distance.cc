#include "base/distance.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/check.h"
#include "base/parallel.h"

namespace kerascope {
namespace {

constexpr std::int64_t kGrain = 1 << 16;  // as many numbers make another thread worthwhile

// The result of one thread for its part of the numbers.
struct Part {
  double absolute = 0, scale = 0, dot = 0, square_a = 0, square_b = 0;
  std::int64_t place = 0, unlike = 0, first_unlike = -1;

  void add(std::span<const float> all_a, std::span<const float> all_b, std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const double a = all_a[static_cast<std::size_t>(i)], b = all_b[static_cast<std::size_t>(i)];
      if (!std::isfinite(a) || !std::isfinite(b)) {
        if (a == b || (std::isnan(a) && std::isnan(b))) continue;
        if (unlike++ == 0) first_unlike = i;
        continue;
      }
      if (const double apart = std::abs(a - b); apart > absolute) {
        absolute = apart;
        place = i;
      }
      scale = std::max({scale, std::abs(a), std::abs(b)});
      dot += a * b;
      square_a += a * a;
      square_b += b * b;
    }
  }

  // `later` is the result for the part after this one.
  void append(const Part& later) {
    if (later.absolute > absolute) {
      absolute = later.absolute;
      place = later.place;
    }
    if (first_unlike < 0) first_unlike = later.first_unlike;
    scale = std::max(scale, later.scale);
    dot += later.dot;
    square_a += later.square_a;
    square_b += later.square_b;
    unlike += later.unlike;
  }
};

}  // namespace

Distance distance(std::span<const float> a, std::span<const float> b) {
  KERASCOPE_CHECK(a.size() == b.size());
  std::vector<Part> parts(static_cast<std::size_t>(thread_count()));
  parallel_for(static_cast<std::int64_t>(a.size()), kGrain,
               [&](std::int64_t begin, std::int64_t end, std::size_t part) { parts[part].add(a, b, begin, end); });
  Part all;
  for (const Part& part : parts) all.append(part);

  Distance result{.absolute = all.absolute, .place = all.place, .unlike = all.unlike};
  if (all.absolute > 0) {
    result.relative = all.absolute / all.scale;
    const double lengths = std::sqrt(all.square_a) * std::sqrt(all.square_b);
    result.cosine = lengths > 0 ? std::clamp(all.dot / lengths, -1.0, 1.0) : 0;
  }
  if (all.unlike > 0) {
    result.absolute = result.relative = std::numeric_limits<double>::infinity();
    result.place = all.first_unlike;
  }
  return result;
}

}  // namespace kerascope
