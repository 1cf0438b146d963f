#include "ops/categories.h"
#include "ops/ops_test_support.h"

namespace kerascope {
namespace {

using ops_test::error_code;
using ops_test::evaluate;

std::vector<float> encoded(const std::vector<float>& numbers, const ops::CategoriesOptions& options,
                           const std::vector<float>& weights = {}) {
  Graph graph;
  const Shape shape = {1, static_cast<std::int64_t>(numbers.size())};
  std::optional<Value> weight;
  if (!weights.empty()) weight = graph.constant(Tensor::of(shape, weights));
  const Tensor out =
      evaluate(graph, ops::categories(graph, graph.constant(Tensor::of(shape, numbers)), weight, options));
  return {out.numbers().begin(), out.numbers().end()};
}

// Real Keras answers what lies in the range: category_encoding.rows.json.
TEST(Categories, PassOverWhatIsNone) {
  const std::vector<float> numbers = {0, 2, 2, -1, 3, 1e30f, NAN, INFINITY};
  EXPECT_EQ(encoded(numbers, {.depth = 3}), (std::vector<float>{1, 0, 1}));
  EXPECT_EQ(encoded(numbers, {.depth = 3, .counts = true}), (std::vector<float>{1, 0, 2}));
  EXPECT_EQ(encoded({1, 0, 1}, {.depth = 2, .counts = true}, {0.5f, 2, 0.25f}), (std::vector<float>{2, 0.75f}));
}

TEST(Categories, OfNothingAreNone) {
  Graph graph;
  EXPECT_EQ(evaluate(graph, ops::categories(graph, graph.constant(Tensor(Shape{2, 0})), {}, {.depth = 3})).numbers()[5],
            0);
  EXPECT_EQ(evaluate(graph, ops::categories(graph, graph.constant(Tensor(Shape{0, 2})), {}, {.depth = 3})).size(), 0);
}

TEST(Categories, RefuseWhatDoesNotFit) {
  Graph graph;
  const Value x = graph.input("x", {2, 3}), other = graph.input("other", {2, 4});
  EXPECT_EQ(error_code([&] { ops::categories(graph, x, {}, {.depth = 0}); }), "shape-mismatch");
  EXPECT_EQ(error_code([&] { ops::categories(graph, x, other, {.depth = 4, .counts = true}); }), "shape-mismatch");
}

}  // namespace
}  // namespace kerascope
