#include "ops/concatenate.h"
#include "ops/ops_test_support.h"

namespace kerascope {
namespace {

using ops_test::close;
using ops_test::Index;

Tensor run(const std::vector<Tensor>& parts, int axis) {
  Graph graph;
  std::vector<Value> values;
  std::map<int, Tensor> inputs;
  for (const Tensor& part : parts) {
    values.push_back(graph.input("x", part.shape()));
    inputs[values.back().id] = part;
  }
  return ops_test::evaluate(graph, ops::concatenate(graph, values, axis), inputs);
}

void expect_joined(const Shape& shape, const std::vector<std::int64_t>& sizes, int axis, unsigned seed) {
  std::vector<Tensor> parts;
  Shape whole = shape;
  whole[axis] = 0;
  for (std::int64_t size : sizes) {
    Shape part = shape;
    part[axis] = size;
    whole[axis] += size;
    parts.push_back(ops_test::random_tensor(part, seed++));
  }
  const Tensor expected = ops_test::tensor_by(whole, [&](Index index) {
    std::size_t part = 0;
    for (std::int64_t& i = index[static_cast<std::size_t>(axis)]; i >= sizes[part]; ++part) i -= sizes[part];
    return ops_test::at(parts[part], index);
  });
  ASSERT_TRUE(close(run(parts, axis), expected, {.tolerance = 0})) << whole.str() << " axis " << axis;
  ASSERT_TRUE(close(run(parts, axis - shape.rank()), expected, {.tolerance = 0}));
}

TEST(Concatenate, EveryAxisOfSmallShapes) {
  for (const Shape& shape : ops_test::small_shapes(4, {0, 1, 2}))
    for (int axis = 0; axis < shape.rank(); ++axis)
      for (const auto& sizes : {Index{2}, Index{1, 3}, Index{2, 0, 1}, Index{0, 0}})
        expect_joined(shape, sizes, axis, 1);
}

TEST(Concatenate, LargerShapes) {
  for (int axis = 0; axis < 4; ++axis) expect_joined(Shape{2, 28, 29, 31}, {31, 7, 64}, axis, 80);
}

TEST(Concatenate, PartsThatDoNotFitAreErrors) {
  EXPECT_EQ(ops_test::error_text([] {
              run({Tensor(Shape{1, 4, 2}), Tensor(Shape{1, 5, 2})}, 2);
            }),
            "error[shape-mismatch]: concatenate along axis 2: input 1 is (1, 5, 2), input 0 is (1, 4, 2)\n"
            "  because: all other axes must have equal sizes");
  EXPECT_EQ(ops_test::error_code([] { run({Tensor(Shape{1, 4}), Tensor(Shape{1, 4, 1})}, 1); }), "shape-mismatch");
  EXPECT_EQ(ops_test::error_code([] { run({Tensor(Shape{1, 4})}, 2); }), "axis-invalid");
  EXPECT_EQ(ops_test::error_code([] { run({}, 0); }), "shape-mismatch");
}

}  // namespace
}  // namespace kerascope
