#include "ops/matmul.h"
#include "ops/ops_test_support.h"

namespace kerascope {
namespace {

using namespace ops_test;

void expect_equals_slow_loops(const Shape& left_shape, const Shape& right_shape, unsigned seed) {
  const Tensor left = random_tensor(left_shape, seed), right = random_tensor(right_shape, seed + 1);
  const Tensor expected = tensor_by({left_shape[0], left_shape[1], right_shape[2]}, [&](const Index& index) {
    double sum = 0;
    for (std::int64_t k = 0; k < left_shape[2]; ++k)
      sum += static_cast<double>(at(left, {index[0], index[1], k})) * at(right, {index[0], k, index[2]});
    return sum;
  });
  Graph graph;
  const Value x = graph.input("left", left_shape), y = graph.input("right", right_shape);
  ASSERT_TRUE(close(evaluate(graph, ops::matmul(graph, x, y), {{x.id, left}, {y.id, right}}), expected))
      << left_shape.str() << " by " << right_shape.str();
}

TEST(Matmul, EqualsSlowLoops) {
  for (std::int64_t batch : {0, 1, 2})
    for (std::int64_t rows = 0; rows < 4; ++rows)
      for (std::int64_t size = 0; size < 4; ++size)
        for (std::int64_t columns = 0; columns < 4; ++columns)
          expect_equals_slow_loops({batch, rows, size}, {batch, size, columns}, 1);
  expect_equals_slow_loops({3, 40, 200}, {3, 200, 70}, 2);
  expect_equals_slow_loops({5, 1, 513}, {5, 513, 1}, 3);
}

TEST(Matmul, ShapesThatDoNotFitAreErrors) {
  const auto code = [](const Shape& left, const Shape& right) {
    return error_code([&] {
      Graph graph;
      ops::matmul(graph, graph.input("left", left), graph.input("right", right));
    });
  };
  EXPECT_EQ(code({2, 3, 4}, {2, 5, 6}), "shape-mismatch");
  EXPECT_EQ(code({2, 3, 4}, {1, 4, 6}), "shape-mismatch");
  EXPECT_EQ(code({3, 4}, {4, 6}), "shape-mismatch");
}

}  // namespace
}  // namespace kerascope
