#include <limits>

#include "ops/ops_test_support.h"
#include "ops/sparsemax.h"

namespace kerascope {
namespace {

using ops_test::close;
using ops_test::Index;

Tensor run(const Tensor& x, int axis) {
  Graph graph;
  const Value in = graph.input("x", x.shape());
  return ops_test::evaluate(graph, ops::sparsemax(graph, in, axis), {{in.id, x}});
}

// Measured with Keras 3.15.1, whose rows sum to 1 only where one number is left or all are equal.
TEST(Sparsemax, GivesKerassNumbers) {
  const std::pair<std::vector<float>, std::vector<float>> rows[] = {
      {{.1f, .2f, .3f}, {0, .06666663f, .16666664f}},
      {{1, 2, 3}, {0, 0, 1}},
      {{1, 1.1f, 1.2f, 5}, {0, 0, 0, 1}},
      {{2, 1.9f, 1.5f, -3}, {0, 0, 0, 0}},
      {{.5f, .4f}, {.3f, .2f}},
      {{0, 0, 0}, {.33333334f, .33333334f, .33333334f}},
      {{1, -std::numeric_limits<float>::infinity(), 2}, {0, 0, 1}},
  };
  for (const auto& [x, y] : rows) {
    const Shape shape{1, static_cast<std::int64_t>(x.size())};
    EXPECT_TRUE(close(run(Tensor::of(shape, x), -1), Tensor::of(shape, y), {.tolerance = 1e-6, .at_least_one = true}));
  }
}

TEST(Sparsemax, ANanMakesItsRowNan) {
  constexpr float n = std::numeric_limits<float>::quiet_NaN();
  const Tensor y = run(Tensor::of(Shape{2, 3}, std::vector{1.0f, n, 2.0f, 1.0f, 2.0f, 3.0f}), 1);
  EXPECT_TRUE(close(y, Tensor::of(Shape{2, 3}, std::vector{n, n, n, 0.0f, 0.0f, 1.0f})));
}

/// Keras's formula with every rank's support tested by itself.
Tensor slow(const Tensor& x, int axis) {
  return ops_test::tensor_by(x.shape(), [&](Index index) {
    const double own = ops_test::at(x, index);
    std::vector<double> row;
    std::int64_t& i = index[static_cast<std::size_t>(axis)];
    for (i = 0; i < x.shape()[axis]; ++i) row.push_back(ops_test::at(x, index));
    std::sort(row.rbegin(), row.rend());
    double running = 0, total = 0, support = 0;
    for (std::size_t k = 0; k < row.size(); ++k) {
      running += row[k];
      if (row[k] * static_cast<double>(k + 1) > running - 1) total += running, support += 1;
    }
    return std::max(own - (total - 1) / support, 0.0);
  });
}

TEST(Sparsemax, EveryAxis) {
  unsigned seed = 40;
  for (const Shape& shape : {Shape{1}, Shape{4, 3}, Shape{2, 5, 7}, Shape{3, 1, 40, 6}, Shape{0, 4}, Shape{4, 0}})
    for (int axis = 0; axis < shape.rank(); ++axis) {
      SCOPED_TRACE(fmt::format("{} axis {} seed {}", shape.str(), axis, ++seed));
      const Tensor x = ops_test::random_tensor(shape, seed);
      EXPECT_TRUE(close(run(x, axis), slow(x, axis), {.tolerance = 2e-6, .at_least_one = true}));
    }
  EXPECT_EQ(ops_test::error_code([] { run(Tensor(Shape{2}), 1); }), "axis-invalid");
}

}  // namespace
}  // namespace kerascope
