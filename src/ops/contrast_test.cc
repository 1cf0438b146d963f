#include "ops/contrast.h"
#include "ops/ops_test_support.h"

namespace kerascope {
namespace {

using ops_test::error_code;
using ops_test::evaluate;

// Real Keras answers whole pictures: auto_contrast.rows.json,
// contrast_limited_adaptive_histogram_equalization.rows.json.
TEST(AutoContrast, LeavesWhatHasNoRangeAsItIs) {
  Graph graph;
  const Tensor x = Tensor::of({1, 2, 2, 3}, std::vector<float>{5, 10, 1, 5, 20, NAN, 5, 15, 2, 5, 10, 3});
  const Tensor y = evaluate(graph, ops::auto_contrast(graph, graph.constant(x), 0, 255));
  for (std::int64_t i = 0; i < 12; i += 3) {
    EXPECT_EQ(y.data()[i], 5) << "a constant channel";
    EXPECT_EQ(y.data()[i + 1], (x.data()[i + 1] - 10) * 25.5f);
    EXPECT_TRUE(y.data()[i + 2] == x.data()[i + 2] || std::isnan(x.data()[i + 2])) << "a channel with a NaN";
  }
}

TEST(Contrast, RefusesWhatIsNoPicture) {
  Graph graph;
  const Value rows = graph.input("rows", {2, 3, 4}), picture = graph.input("picture", {2, 3, 9, 1});
  EXPECT_EQ(error_code([&] { ops::auto_contrast(graph, rows, 0, 1); }), "shape-rank");
  EXPECT_EQ(error_code([&] { ops::clahe(graph, rows, {}); }), "shape-rank");
  EXPECT_EQ(error_code([&] { ops::clahe(graph, picture, {.tiles = {8, 2}}); }), "shape-mismatch");
  EXPECT_EQ(error_code([&] { ops::clahe(graph, picture, {.tiles = {3, 2}}); }), "");
}

}  // namespace
}  // namespace kerascope
