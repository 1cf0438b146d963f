#include "ops/reshape.h"
#include "ops/ops_test_support.h"

namespace kerascope {
namespace {

TEST(Reshape, IsAViewThatCostsNothing) {
  Graph graph;
  const Value x = graph.input("x", Shape{2, 3, 4});
  const Value y = ops::reshape(graph, x, Shape{2, 12});
  const Op& op = *graph.node(y).op;
  EXPECT_TRUE(op.is_view());
  EXPECT_EQ(op.cost(std::vector{Shape{2, 3, 4}}, Shape{2, 12}).bytes, 0);
  EXPECT_EQ(op.describe(), "reshape (2, 12)");
  const Tensor numbers = ops_test::counting_tensor(Shape{2, 3, 4});
  EXPECT_EQ(ops_test::evaluate(graph, y, {{x.id, numbers}}).data(), numbers.data());
}

TEST(Reshape, AnotherNumberOfElementsIsAnError) {
  EXPECT_EQ(ops_test::error_text([] {
              Graph graph;
              ops::reshape(graph, graph.input("x", Shape{2, 3}), Shape{7});
            }),
            "error[shape-mismatch]: reshape of (2, 3) to (7,): 6 elements cannot become 7");
}

TEST(CompletedShape, MinusOneTakesWhatRemains) {
  EXPECT_EQ(ops::completed_shape({2, -1, 3}, 12), (Shape{2, 2, 3}));
  EXPECT_EQ(ops::completed_shape({4, 3}, 12), (Shape{4, 3}));
  for (const Shape& wanted : {Shape{5, -1}, {-1, -1}, {-2, 6}, {4, 4}, {0, -1}})
    EXPECT_EQ(ops::completed_shape(wanted, 12), std::nullopt) << wanted.str();
}

}  // namespace
}  // namespace kerascope
