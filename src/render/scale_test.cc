#include "render/scale.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "kerascope/error.h"
#include "render/colormap.h"

namespace kerascope {
namespace {

using Kind = Scale::Kind;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::pair<float, float> ends(Scale scale, const std::vector<float>& numbers) {
  const Range range = range_of(scale, numbers);
  return {range.minimum, range.maximum};
}

TEST(Scale, CountsOnlyFiniteNumbers) {
  const std::vector<float> numbers = {kNan, -3, kInfinity, 1, 2, -kInfinity};
  EXPECT_EQ(ends({Kind::kLayer}, numbers), std::pair(-3.0f, 2.0f));
  EXPECT_EQ(ends({Kind::kSymmetric}, numbers), std::pair(-3.0f, 3.0f));
  EXPECT_EQ(ends({Kind::kSymmetric}, {1, 5}), std::pair(-5.0f, 5.0f));
  EXPECT_EQ(ends({Kind::kFixed, -1, 7}, numbers), std::pair(-1.0f, 7.0f));
  for (const Kind kind : {Kind::kLayer, Kind::kSymmetric, Kind::kPercentile})
    EXPECT_TRUE(std::isnan(ends({kind}, {kNan, kInfinity}).second));
}

TEST(Scale, PercentilesLieBetweenNumbersAsNumPyCounts) {
  std::vector<float> numbers;  // np.percentile(np.arange(50) ** 2, [1, 99])
  for (int i = 49; i >= 0; --i) numbers.push_back(static_cast<float>(i * i));
  const auto [low, high] = ends({Kind::kPercentile}, numbers);
  EXPECT_FLOAT_EQ(low, 0.49f);
  EXPECT_FLOAT_EQ(high, 2353.47f);
  std::vector<float> sparse(1000);
  sparse[3] = 5;
  EXPECT_EQ(ends({Kind::kPercentile}, sparse), std::pair(0.0f, 5.0f));
  EXPECT_EQ(ends({Kind::kPercentile}, {7}), std::pair(7.0f, 7.0f));
}

TEST(Scale, ReadsWhatItWrites) {
  for (const std::string text : {"tile", "layer", "symmetric", "percentile", "-1.5,2"})
    EXPECT_EQ(name_of(parse_scale(text)), text);
  EXPECT_EQ(parse_scale("-1,0.5").low, -1);
  EXPECT_EQ(parse_scale("-1,0.5").high, 0.5f);
}

std::string hint_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_TRUE(error.code() == "scale-unknown" || error.code() == "colormap-unknown");
    return error.parts().hint;
  }
  return "no error";
}

TEST(Scale, RefusesWhatIsNone) {
  EXPECT_EQ(hint_of([] { parse_scale("symetric"); }), "did you mean 'symmetric'?");
  for (const std::string text : {"", "1", "1,", ",1", "1,1", "2,1", "nan,1", "0,inf", "1,2,3", "a,b", "0,1e39"})
    EXPECT_NE(hint_of([&] { parse_scale(text); }), "no error") << text;
}

TEST(Colormap, ReadsItsNames) {
  for (const std::string name : {"gray", "viridis", "magma", "diverging"})
    EXPECT_EQ(name_of(parse_colormap(name)), name);
  EXPECT_EQ(parse_colormap("grey"), Colormap::kGray);
  EXPECT_EQ(hint_of([] { parse_colormap("virdis"); }), "did you mean 'viridis'?");
}

TEST(Colormap, TheDivergingOneIsDarkestAtBothEndsAndNearWhiteInTheMiddle) {
  const auto table = colors(Colormap::kDiverging);
  auto brightness = [&](std::size_t i) { return 2 * table[i].r + 5 * table[i].g + table[i].b; };
  for (std::size_t i = 0; i < 127; ++i) {
    EXPECT_LE(brightness(i), brightness(i + 1));
    EXPECT_GE(brightness(255 - i - 1), brightness(255 - i));
  }
  EXPECT_GT(table[0].b, table[0].r);
  EXPECT_GT(table[255].r, table[255].b);
  EXPECT_GT(table[127].g, 235);
}

}  // namespace
}  // namespace kerascope
