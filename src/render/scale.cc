#include "render/scale.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "base/text.h"
#include "kerascope/error.h"

namespace kerascope {
namespace {

using Kind = Scale::Kind;

const std::vector<std::pair<std::string, Kind>> kNames = {
    {"tile", Kind::kTile}, {"layer", Kind::kLayer}, {"symmetric", Kind::kSymmetric}, {"percentile", Kind::kPercentile}};

Scale fixed(const std::string& text) {
  const std::vector<std::string> ends = text::split(text, ',');
  const auto low = text::to_number(ends[0]), high = text::to_number(ends[1]);
  const Scale scale{
      .kind = Kind::kFixed, .low = static_cast<float>(low.value_or(0)), .high = static_cast<float>(high.value_or(0))};
  const bool is_finite = std::isfinite(scale.low) && std::isfinite(scale.high);
  if (ends.size() != 2 || !low || !high || !is_finite || !(scale.low < scale.high))
    throw Error({.code = "scale-unknown",
                 .what = fmt::format("the scale '{}' is not two finite numbers of which the first is less",
                                     text::printable(text)),
                 .hint = "as in -1,1"});
  return scale;
}

/// As numpy.percentile: linear interpolation between the two nearest numbers. Reorders the numbers.
float percentile(std::vector<float>& numbers, double percent) {
  const double place = percent / 100 * static_cast<double>(numbers.size() - 1);
  const auto below = numbers.begin() + static_cast<std::ptrdiff_t>(place);
  std::nth_element(numbers.begin(), below, numbers.end());
  const double share = place - std::floor(place), low = *below;
  if (share == 0) return *below;
  const double high = *std::min_element(below + 1, numbers.end());
  return static_cast<float>(low + share * (high - low));
}

}  // namespace

Scale parse_scale(const std::string& text) {
  std::vector<std::string> names;
  for (const auto& [name, kind] : kNames) {
    if (name == text) return {.kind = kind};
    names.push_back(name);
  }
  if (text.find(',') != text.npos) return fixed(text);
  const std::string meant = text::did_you_mean(text, names);
  throw Error({.code = "scale-unknown",
               .what = fmt::format("there is no scale '{}'", text::printable(text)),
               .hint = meant.empty() ? "tile, layer, symmetric, percentile, or LO,HI" : meant});
}

void require_valid(const Scale& scale) {
  if (scale.kind == Kind::kFixed && !(std::isfinite(scale.low) && std::isfinite(scale.high) && scale.low < scale.high))
    throw Error({.code = "scale-unknown",
                 .what = fmt::format("the fixed scale {} to {} is not two finite numbers of which the first is less",
                                     scale.low, scale.high)});
}

std::string name_of(const Scale& scale) {
  for (const auto& [name, kind] : kNames)
    if (kind == scale.kind) return name;
  return fmt::format("{},{}", scale.low, scale.high);
}

Range range_of(const Scale& scale, std::span<const float> numbers) {
  Range range = finite_range(numbers);
  if (scale.kind == Kind::kFixed) {
    range.minimum = scale.low;
    range.maximum = scale.high;
  } else if (scale.kind == Kind::kSymmetric) {
    range.maximum = std::max(std::abs(range.minimum), std::abs(range.maximum));
    range.minimum = -range.maximum;
  } else if (scale.kind == Kind::kPercentile) {
    std::vector<float> finite;
    finite.reserve(numbers.size());
    std::copy_if(numbers.begin(), numbers.end(), std::back_inserter(finite), [](float x) { return std::isfinite(x); });
    if (finite.empty()) return range;
    const float low = percentile(finite, 1), high = percentile(finite, 99);
    if (low < high) {
      range.minimum = low;
      range.maximum = high;
    }
  }
  return range;
}

}  // namespace kerascope
