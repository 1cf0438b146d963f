#include "ops/glu.h"
#include "ops/ops_test_support.h"

namespace kerascope {
namespace {

using ops_test::close;
using ops_test::Index;

Tensor run(const Tensor& x, int axis) {
  Graph graph;
  const Value in = graph.input("x", x.shape());
  return ops_test::evaluate(graph, ops::glu(graph, in, axis), {{in.id, x}});
}

TEST(Glu, MultipliesTheFirstHalfByTheSigmoidOfTheSecond) {
  unsigned seed = 60;
  for (const Shape& shape : {Shape{2}, Shape{3, 4}, Shape{2, 6, 4, 10}, Shape{2, 30, 31, 52}, Shape{2, 0}})
    for (int axis = 0; axis < shape.rank(); ++axis) {
      if (shape[axis] % 2 != 0) continue;
      SCOPED_TRACE(fmt::format("{} axis {} seed {}", shape.str(), axis, ++seed));
      const Tensor x = ops_test::random_tensor(shape, seed, 0, 3);
      Shape half = shape;
      half[axis] /= 2;
      const Tensor expected = ops_test::tensor_by(half, [&](Index index) {
        const double value = ops_test::at(x, index);
        index[static_cast<std::size_t>(axis)] += half[axis];
        return value / (1 + std::exp(-static_cast<double>(ops_test::at(x, index))));
      });
      EXPECT_TRUE(close(run(x, axis), expected));
      EXPECT_TRUE(close(run(x, axis - shape.rank()), expected));
    }
}

TEST(Glu, AnOddAxisIsAnError) {
  EXPECT_EQ(ops_test::error_text([] {
              run(Tensor(Shape{2, 5}), -1);
            }),
            "error[shape-mismatch]: glu halves axis 1 of (2, 5), whose size 5 is odd");
  EXPECT_EQ(ops_test::error_code([] { run(Tensor(Shape{2, 4}), 2); }), "axis-invalid");
}

}  // namespace
}  // namespace kerascope
