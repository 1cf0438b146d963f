#include <numeric>

#include "ops/ops_test_support.h"
#include "ops/transpose.h"

namespace kerascope {
namespace {

using ops_test::close;
using ops_test::Index;

Tensor run(const Tensor& x, const std::vector<int>& axes) {
  Graph graph;
  const Value in = graph.input("x", x.shape());
  return ops_test::evaluate(graph, ops::transpose(graph, in, axes), {{in.id, x}});
}

void expect_all_permutations(const Shape& shape) {
  const Tensor x = ops_test::counting_tensor(shape);
  std::vector<int> axes(static_cast<std::size_t>(shape.rank()));
  std::iota(axes.begin(), axes.end(), 0);
  do {
    std::vector<std::int64_t> sizes;
    for (int axis : axes) sizes.push_back(shape[axis]);
    const Tensor expected = ops_test::tensor_by(Shape(sizes), [&](const Index& index) {
      Index source(index.size());
      for (std::size_t i = 0; i < axes.size(); ++i) source[static_cast<std::size_t>(axes[i])] = index[i];
      return ops_test::at(x, source);
    });
    ASSERT_TRUE(close(run(x, axes), expected, {.tolerance = 0}))
        << shape.str() << fmt::format(" {}", fmt::join(axes, ","));
  } while (std::next_permutation(axes.begin(), axes.end()));
}

TEST(Transpose, EveryPermutationOfSmallShapes) {
  for (const Shape& shape : ops_test::small_shapes(4, {0, 1, 2, 3})) expect_all_permutations(shape);
  expect_all_permutations({2, 3, 4, 5, 2});
}

TEST(Transpose, LargerShapes) {
  for (const Shape& shape : {Shape{2, 19, 33, 70}, Shape{1, 65, 64, 17}, Shape{300, 200}})
    expect_all_permutations(shape);
}

TEST(Transpose, IsAViewWhereNoNumberMoves) {
  Graph graph;
  const Value x = graph.input("x", {2, 1, 3, 1});
  EXPECT_EQ(ops::transpose(graph, x, {0, 1, 2, 3}), x);
  for (const std::vector<int>& axes : {std::vector{1, 0, 2, 3}, {0, 2, 3, 1}, {3, 0, 1, 2}})
    EXPECT_TRUE(graph.node(ops::transpose(graph, x, axes)).op->is_view());
  EXPECT_FALSE(graph.node(ops::transpose(graph, x, {2, 1, 0, 3})).op->is_view());
}

TEST(Transpose, WhatIsNoPermutationIsAnError) {
  const Tensor x(Shape{2, 3});
  EXPECT_EQ(ops_test::error_text([&] {
              run(x, {1, 1});
            }),
            "error[axis-invalid]: transpose to the axes (1, 1) is no permutation of the 2 axes of (2, 3)");
  for (const std::vector<int>& axes : {std::vector{0}, {0, 1, 2}, {0, 2}, {-1, 0}, {0, 1, 1}})
    EXPECT_EQ(ops_test::error_code([&] { run(x, axes); }), "axis-invalid") << axes.size();
}

}  // namespace
}  // namespace kerascope
