#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/parallel.h"
#include "ops/matmul.h"
#include "ops/ops_test_support.h"

namespace kerascope {
namespace {

using namespace ops_test;

/// The offset of the operand's matrix for one matrix of the product. Batch axes broadcast.
std::int64_t start_of(const Shape& operand, const Shape& out, std::int64_t matrix) {
  const Index index = index_of(Shape(std::vector(out.begin(), out.end() - 2)), matrix);
  Index own(static_cast<std::size_t>(operand.rank()));
  const std::size_t more = index.size() + 2 - own.size();
  for (std::size_t axis = 0; axis + 2 < own.size(); ++axis)
    own[axis] = operand[static_cast<int>(axis)] == 1 ? 0 : index[axis + more];
  return position_of(operand, own);
}

Tensor slow_matmul(const Tensor& left, const Tensor& right, const Shape& out) {
  const std::int64_t rows = out.back(2), columns = out.back(), depth = left.shape().back();
  Tensor product(out);
  for (std::int64_t i = 0; i < product.size(); ++i) {
    const std::int64_t matrix = i / (rows * columns), row = i / columns % rows, column = i % columns;
    const float* l = left.data() + start_of(left.shape(), out, matrix) + row * depth;
    const float* r = right.data() + start_of(right.shape(), out, matrix) + column;
    double sum = 0;
    for (std::int64_t k = 0; k < depth; ++k) sum += static_cast<double>(l[k]) * r[k * columns];
    product.mutable_data()[i] = static_cast<float>(sum);
  }
  return product;
}

/// Each matrix with its rows as columns.
Tensor turned(const Tensor& x) {
  std::vector<std::int64_t> sizes = x.shape().sizes();
  std::swap(sizes.end()[-1], sizes.end()[-2]);
  return tensor_by(Shape(sizes), [&](Index index) {
    std::swap(index.end()[-1], index.end()[-2]);
    return static_cast<double>(at(x, index));
  });
}

struct Case {
  Shape left, right, out;
};

/// With each operand transposed or not, the right one a constant or not.
void expect_equals_slow_loops(const Case& c, unsigned seed) {
  const Tensor left = random_tensor(c.left, seed), right = random_tensor(c.right, seed + 1),
               expected = slow_matmul(left, right, c.out), left_turned = turned(left), right_turned = turned(right);
  for (bool transpose_left : {false, true})
    for (bool transpose_right : {false, true})
      for (bool constant : {false, true}) {
        const Tensor &l = transpose_left ? left_turned : left, &r = transpose_right ? right_turned : right;
        Graph graph;
        const Value x = graph.input("left", l.shape()),
                    y = constant ? graph.constant(r) : graph.input("right", r.shape());
        std::map<int, Tensor> inputs = {{x.id, l}};
        if (!constant) inputs[y.id] = r;
        const Value out =
            ops::matmul(graph, x, y, {.transpose_left = transpose_left, .transpose_right = transpose_right});
        ASSERT_TRUE(close(evaluate(graph, out, inputs), expected))
            << l.shape().str() << " by " << r.shape().str() << " left transposed: " << transpose_left
            << " right transposed: " << transpose_right << " constant: " << constant << " seed " << seed;
      }
}

TEST(Matmul, EqualsSlowLoopsOverAllSmallMatrices) {
  for (std::int64_t batch : {0, 1, 2})
    for (std::int64_t rows = 0; rows < 4; ++rows)
      for (std::int64_t size = 0; size < 4; ++size)
        for (std::int64_t columns = 0; columns < 4; ++columns)
          expect_equals_slow_loops({{batch, rows, size}, {batch, size, columns}, {batch, rows, columns}}, 1);
}

TEST(Matmul, EqualsSlowLoopsOnLargerMatrices) {
  for (unsigned threads : {1, 3}) {
    const ThreadLimit limit(static_cast<int>(threads));
    for (const Case& c : std::vector<Case>{
             {{3, 40, 200}, {3, 200, 70}, {3, 40, 70}},
             {{5, 1, 513}, {5, 513, 1}, {5, 1, 1}},
             {{2, 300, 20}, {2, 20, 33}, {2, 300, 33}},  // a matrix in parts
             {{70, 9, 17}, {70, 17, 16}, {70, 9, 16}},   // several matrices in one call
             {{20, 200}, {200, 700}, {20, 700}},         // panels shared among threads
             {{2, 130, 200}, {2, 200, 700}, {2, 130, 700}},
         })
      expect_equals_slow_loops(c, threads);
  }
}

TEST(Matmul, BroadcastsTheAxesBeforeTheLastTwo) {
  for (const Case& c : std::vector<Case>{
           {{3, 4}, {4, 5}, {3, 5}},
           {{2, 3, 4}, {4, 5}, {2, 3, 5}},
           {{3, 4}, {2, 4, 5}, {2, 3, 5}},
           {{2, 6, 3, 4}, {2, 6, 4, 5}, {2, 6, 3, 5}},
           {{2, 1, 3, 4}, {6, 4, 5}, {2, 6, 3, 5}},
           {{1, 6, 3, 4}, {2, 1, 4, 5}, {2, 6, 3, 5}},
           {{3, 1, 2, 1, 3, 4}, {3, 2, 2, 4, 5}, {3, 3, 2, 2, 3, 5}},
           {{0, 1, 3, 4}, {6, 4, 5}, {0, 6, 3, 5}},
       })
    expect_equals_slow_loops(c, 4);
}

TEST(Matmul, CountsTwoFlopsAMultiplication) {
  const std::array<Shape, 2> in = {Shape{2, 7, 3}, Shape{2, 5, 7}};
  Graph graph;
  const Value out = ops::matmul(graph, graph.input("left", in[0]), graph.input("right", in[1]),
                                {.transpose_left = true, .transpose_right = true});
  EXPECT_EQ(graph.shape(out), (Shape{2, 3, 5}));
  EXPECT_EQ(graph.node(out).op->cost(in, graph.shape(out)).flops, 2.0 * 2 * 3 * 7 * 5);
  EXPECT_EQ(graph.node(out).op->describe(), "matmul left transposed right transposed");
}

TEST(Matmul, ShapesThatDoNotFitAreErrors) {
  const auto refuse = [](const Shape& left, const Shape& right, const ops::MatmulOptions& options,
                         const std::string& what) {
    const auto build = [&] {
      Graph graph;
      ops::matmul(graph, graph.input("left", left), graph.input("right", right), options);
    };
    EXPECT_EQ(error_code(build), "shape-mismatch");
    EXPECT_THAT(error_text(build), testing::HasSubstr(what));
  };
  refuse({2, 3, 4}, {2, 5, 6}, {},
         "matmul of (2, 3, 4) by (2, 5, 6): the left rows have 4 numbers, the right columns 5");
  refuse({2, 3, 4}, {2, 4, 6}, {.transpose_left = true}, "the left rows have 3 numbers, the right columns 4");
  refuse({2, 3, 4}, {2, 4, 6}, {.transpose_right = true}, "the left rows have 4 numbers, the right columns 6");
  refuse({2, 3, 4}, {3, 4, 6}, {}, "their sizes 2 and 3 do not broadcast");
  refuse({4}, {4, 6}, {}, "matmul of (4,) by (4, 6): each operand needs two axes at least");
  refuse({3, 4}, {4}, {}, "each operand needs two axes at least");
}

}  // namespace
}  // namespace kerascope
