#include "ops/slice.h"
#include "ops/ops_test_support.h"

namespace kerascope {
namespace {

using ops::SliceAxis;
using ops_test::Index;

Tensor run(const Tensor& x, const std::vector<SliceAxis>& axes) {
  Graph graph;
  const Value in = graph.input("x", x.shape());
  return ops_test::evaluate(graph, ops::slice(graph, in, axes), {{in.id, x}});
}

void expect_slice(const Tensor& x, const std::vector<SliceAxis>& axes) {
  std::vector<std::int64_t> sizes;
  for (const SliceAxis& axis : axes) sizes.push_back(axis.size);
  const Tensor expected = ops_test::tensor_by(Shape(sizes), [&](const Index& index) {
    Index source;
    for (std::size_t i = 0; i < axes.size(); ++i) source.push_back(axes[i].start + index[i] * axes[i].step);
    return ops_test::at(x, source);
  });
  ASSERT_TRUE(ops_test::close(run(x, axes), expected, {.tolerance = 0}));
}

/// Every slice that an axis of `size` has.
std::vector<SliceAxis> all_slices(std::int64_t size) {
  std::vector<SliceAxis> slices = {{.start = 0, .size = 0}};
  for (std::int64_t start = 0; start < size; ++start)
    for (std::int64_t step : {-3, -2, -1, 1, 2, 3})
      for (std::int64_t count = 1, last = start; last >= 0 && last < size; ++count, last += step)
        slices.push_back({start, count, step});
  return slices;
}

TEST(Slice, EverySliceOfSmallShapes) {
  const Tensor x = ops_test::counting_tensor({4, 3});
  for (const SliceAxis& rows : all_slices(4))
    for (const SliceAxis& columns : all_slices(3)) expect_slice(x, {rows, columns});
}

TEST(Slice, LargerShapes) {
  expect_slice(ops_test::counting_tensor({3, 40, 50, 7}), {{1, 2}, {39, 20, -2}, {5, 30}, {6, 7, -1}});
  expect_slice(ops_test::counting_tensor({3, 40, 50, 7}), {{0, 3}, {0, 40}, {49, 50, -1}, {0, 7}});
}

TEST(Slice, AStepOfZeroRepeatsOnePosition) {
  const Tensor x = ops_test::counting_tensor({2, 3});
  const Tensor y = run(x, {{0, 2}, {1, 4, 0}});
  EXPECT_EQ(y.shape(), (Shape{2, 4}));
  for (std::int64_t i = 0; i < y.size(); ++i) EXPECT_EQ(y.data()[i], i < 4 ? 1 : 4);
}

TEST(Slice, WhatLeavesTheTensorIsAnError) {
  const Tensor x(Shape{4, 3});
  EXPECT_EQ(ops_test::error_text([&] {
              run(x, {{0, 4}, {1, 3}});
            }),
            "error[shape-mismatch]: slice of 3 positions from 1 by 1 leaves axis 1 of (4, 3)");
  for (const SliceAxis& rows : {SliceAxis{-1, 1}, {4, 1}, {0, 5}, {0, 3, 2}, {1, 3, -1}, {4, 1, 0}, {0, -1}})
    EXPECT_EQ(ops_test::error_code([&] { run(x, {rows, {0, 3}}); }), "shape-mismatch") << rows.start;
  EXPECT_EQ(ops_test::error_code([&] { run(x, {{0, 4}}); }), "shape-mismatch");
}

}  // namespace
}  // namespace kerascope
