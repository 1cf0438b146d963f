#include "ops/pad.h"
#include "ops/ops_test_support.h"

namespace kerascope {
namespace {

using ops_test::close;
using ops_test::Index;
using Sizes = std::vector<std::array<std::int64_t, 2>>;

Tensor run(const Tensor& x, const ops::PadOptions& options) {
  Graph graph;
  const Value in = graph.input("x", x.shape());
  return ops_test::evaluate(graph, ops::pad(graph, in, options), {{in.id, x}});
}

void expect_padded(const Shape& shape, const Sizes& sizes, float fill) {
  const Tensor x = ops_test::random_tensor(shape, 9);
  Shape padded = shape;
  for (int axis = 0; axis < shape.rank(); ++axis)
    padded[axis] += sizes[static_cast<std::size_t>(axis)][0] + sizes[static_cast<std::size_t>(axis)][1];
  const Tensor expected = ops_test::tensor_by(padded, [&](Index index) {
    for (int axis = 0; axis < shape.rank(); ++axis) {
      std::int64_t& i = index[static_cast<std::size_t>(axis)];
      i -= sizes[static_cast<std::size_t>(axis)][0];
      if (i < 0 || i >= shape[axis]) return fill;
    }
    return ops_test::at(x, index);
  });
  ASSERT_TRUE(close(run(x, {.sizes = sizes, .fill = fill}), expected, {.tolerance = 0})) << shape.str();
}

TEST(Pad, AddsAndCutsOnEverySideOfSmallShapes) {
  const Sizes choices = {{0, 0}, {1, 0}, {0, 2}, {-1, 1}, {2, -1}, {-1, -1}, {-2, 0}};
  for (const Shape& shape : ops_test::small_shapes(3, {2, 3})) {
    std::int64_t combinations = 1;
    for (int axis = 0; axis < shape.rank(); ++axis) combinations *= static_cast<std::int64_t>(choices.size());
    for (std::int64_t combination = 0; combination < combinations; ++combination) {
      Sizes sizes;
      for (std::int64_t rest = combination; sizes.size() < static_cast<std::size_t>(shape.rank());
           rest /= static_cast<std::int64_t>(choices.size()))
        sizes.push_back(choices[static_cast<std::size_t>(rest) % choices.size()]);
      expect_padded(shape, sizes, 0.5f);
    }
  }
}

TEST(Pad, LargerShapes) {
  expect_padded({2, 56, 57, 33}, {{0, 0}, {3, 3}, {2, 4}, {0, 0}}, 0);
  expect_padded({2, 56, 57, 33}, {{0, 0}, {-3, -1}, {-2, 4}, {0, 0}}, -7);
  expect_padded({3, 5'000}, {{1, 1}, {10'000, -17}}, 1);
  expect_padded({0, 3}, {{2, 1}, {0, 1}}, 4);
}

TEST(Pad, OfNothingIsTheInput) {
  Graph graph;
  const Value x = graph.input("x", {2, 3});
  EXPECT_EQ(ops::pad(graph, x, {.sizes = {{0, 0}, {0, 0}}}), x);
}

TEST(Pad, SizesThatDoNotFitAreErrors) {
  const Tensor x(Shape{1, 4});
  EXPECT_EQ(ops_test::error_text([&] {
              run(x, {.sizes = {{0, 0}, {-3, -2}}});
            }),
            "error[shape-mismatch]: 5 cannot be cut off axis 1 of (1, 4), which has 4");
  EXPECT_EQ(ops_test::error_text([&] {
              run(x, {.sizes = {{1, 1}}});
            }),
            "error[shape-mismatch]: pad has sizes for 1 axes, but its input (1, 4) has 2");
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(ops_test::error_code([&] { run(x, {.sizes = {{0, 0}, {kMost, kMost}}}); }), "size-too-large");
  EXPECT_EQ(ops_test::error_code([&] { run(x, {.sizes = {{0, 0}, {-kMost - 1, 0}}}); }), "size-too-large");
}

}  // namespace
}  // namespace kerascope
