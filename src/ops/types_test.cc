// Ops on values of other types than float32.
#include <gtest/gtest.h>

#include "ops/binary.h"
#include "ops/cast.h"
#include "ops/compare.h"
#include "ops/concatenate.h"
#include "ops/gather.h"
#include "ops/items.h"
#include "ops/ops_test_support.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/select.h"
#include "ops/slice.h"
#include "ops/softmax.h"
#include "ops/transpose.h"
#include "ops/unary.h"

namespace kerascope {
namespace {

using namespace ops_test;

template <typename T>
std::vector<T> list(const Tensor& tensor) {
  const auto elements = tensor.elements<T>();
  return {elements.begin(), elements.end()};
}

TEST(Types, FloatOpsCastTheirInputs) {
  Graph graph;
  const Value ids = graph.input("ids", {2}, DType::kInt32);
  const Value clipped = ops::unary(graph, ids, ops::Unary::kHardTanh);
  EXPECT_EQ(graph.dtype(clipped), DType::kFloat32);
  const Tensor given = Tensor::of({2}, std::vector<std::int32_t>{-3, 4});
  EXPECT_EQ(list<float>(evaluate(graph, clipped, {{ids.id, given}})), (std::vector<float>{-1, 1}));
  EXPECT_EQ(error_code([&] { ops::softmax(graph, graph.input("texts", {2}, DType::kString)); }), "type-mismatch");
}

TEST(Types, ReductionsOfWholeNumbersStayExact) {
  Graph graph;
  const std::int64_t large = (1ll << 40) + 1;
  const Value x = graph.constant(Tensor::of({2, 3}, std::vector<std::int64_t>{large, -5, 1, 2, -large, 3}));
  const auto result = [&](ops::Reduction reduction, std::vector<int> axes) {
    return list<std::int64_t>(evaluate(graph, ops::reduce(graph, x, reduction, {.axes = std::move(axes)})));
  };
  EXPECT_EQ(result(ops::Reduction::kSum, {1}), (std::vector<std::int64_t>{large - 4, 5 - large}));
  EXPECT_EQ(result(ops::Reduction::kSum, {0}), (std::vector<std::int64_t>{large + 2, -5 - large, 4}));
  EXPECT_EQ(result(ops::Reduction::kMax, {0, 1}), (std::vector<std::int64_t>{large}));
  EXPECT_EQ(graph.dtype(ops::reduce(graph, x, ops::Reduction::kMean, {.axes = {0}})), DType::kFloat32);
  const Value empty = graph.constant(Tensor(Shape{2, 0}, DType::kInt32));
  EXPECT_EQ(error_code([&] { ops::reduce(graph, empty, ops::Reduction::kMax, {.axes = {1}}); }), "shape-mismatch");
  const Value negative = ops::unary(graph, x, ops::Unary::kNegative);
  EXPECT_EQ(list<std::int64_t>(evaluate(graph, negative))[0], -large);
}

TEST(Types, WholeNumbersBeyondFloatStayExact) {
  Graph graph;
  const std::int64_t large = (1ll << 40) + 1;
  const Value x = graph.constant(Tensor::of({2}, std::vector<std::int64_t>{large, -5}));
  const Value y = graph.constant(Tensor::of(Shape(), std::vector<std::int32_t>{3}));
  const auto result = [&](ops::Binary function) {
    return list<std::int64_t>(evaluate(graph, ops::binary(graph, x, y, function)));
  };
  EXPECT_EQ(result(ops::Binary::kAdd), (std::vector<std::int64_t>{large + 3, -2}));
  EXPECT_EQ(result(ops::Binary::kSubtract), (std::vector<std::int64_t>{large - 3, -8}));
  EXPECT_EQ(result(ops::Binary::kMultiply), (std::vector<std::int64_t>{large * 3, -15}));
  EXPECT_EQ(result(ops::Binary::kMaximum), (std::vector<std::int64_t>{large, 3}));
  EXPECT_EQ(result(ops::Binary::kMinimum), (std::vector<std::int64_t>{3, -5}));
  EXPECT_EQ(graph.dtype(ops::binary(graph, x, y, ops::Binary::kDivide)), DType::kFloat32);
  const Value next = graph.constant(Tensor::of({1}, std::vector<std::int64_t>{large + 1}));
  EXPECT_EQ(list<bool>(evaluate(graph, ops::compare(graph, x, next, ops::Comparison::kEqual))),
            (std::vector<bool>{false, false}));
}

TEST(Types, MeetAsKerasPromotesThem) {
  EXPECT_EQ(ops::common_type(DType::kInt32, DType::kInt64), DType::kInt64);
  EXPECT_EQ(ops::common_type(DType::kUInt8, DType::kInt8), DType::kInt16);
  EXPECT_EQ(ops::common_type(DType::kBool, DType::kInt8), DType::kInt8);
  EXPECT_EQ(ops::common_type(DType::kInt64, DType::kFloat32), DType::kFloat32);
  EXPECT_EQ(error_code([] { ops::common_type(DType::kString, DType::kInt8); }), "type-mismatch");
}

TEST(Types, CastLimitsWhatIsTooLarge) {
  Graph graph;
  const Value x = graph.constant(Tensor::of({5}, std::vector<float>{-1.9f, 300, -300, std::nanf(""), 1e30f}));
  EXPECT_EQ(list<std::int8_t>(evaluate(graph, ops::cast(graph, x, DType::kInt8))),
            (std::vector<std::int8_t>{-1, 127, -128, -128, 127}));
  EXPECT_EQ(list<bool>(evaluate(graph, ops::cast(graph, x, DType::kBool))), std::vector<bool>(5, true));
  EXPECT_EQ(ops::cast(graph, x, DType::kFloat32), x);
}

// Elements of one, four, eight and sixteen bytes.
template <typename T>
void expect_moves(const std::vector<T>& elements) {
  Graph graph;
  const Value x = graph.constant(Tensor::of({2, 3}, elements));
  const std::vector<T>& e = elements;
  EXPECT_EQ(list<T>(evaluate(graph, ops::transpose(graph, x, {1, 0}))),
            (std::vector<T>{e[0], e[3], e[1], e[4], e[2], e[5]}));
  EXPECT_EQ(
      list<T>(evaluate(graph, ops::slice(graph, x, {{.start = 1, .size = 1}, {.start = 2, .size = 2, .step = -2}}))),
      (std::vector<T>{e[5], e[3]}));
  EXPECT_EQ(list<T>(evaluate(graph, ops::concatenate(graph, {x, x}, 1))),
            (std::vector<T>{e[0], e[1], e[2], e[0], e[1], e[2], e[3], e[4], e[5], e[3], e[4], e[5]}));
  EXPECT_EQ(list<T>(evaluate(graph, ops::reshape(graph, x, {6}))), e);
  const Value first = graph.constant(Tensor::of({2, 1}, std::vector<std::uint8_t>{1, 0}));
  const Value others = ops::slice(graph, x, {{.size = 2}, {.start = 1, .size = 1}});
  EXPECT_EQ(list<T>(evaluate(graph, ops::select(graph, first, x, others))),
            (std::vector<T>{e[0], e[1], e[2], e[4], e[4], e[4]}));
}

TEST(Types, MovesKeepElementsOfAnySize) {
  expect_moves<std::uint8_t>({1, 2, 3, 4, 5, 6});
  expect_moves<std::int16_t>({1, -2, 3, -4, 5, 6});
  expect_moves<std::int32_t>({1, 2, -3, 4, 5, 6});
  expect_moves<std::int64_t>({1ll << 60, 2, 3, 4, -5, 6});
  expect_moves<double>({0.1, 2, 3, 4, 5, 6});
  Graph graph;
  const Value x = graph.constant(Tensor::of({2}, std::vector<std::int32_t>{1, 2}));
  EXPECT_EQ(error_code([&] { ops::concatenate(graph, {x, ops::cast(graph, x, DType::kInt64)}, 0); }), "type-mismatch");
}

TEST(Types, TextsAreComparedAndMoved) {
  Graph graph;
  const Value words = graph.constant(Tensor::of({3}, std::vector<std::string>{"cat", "dog", "cat"}));
  const Value cat = graph.constant(Tensor::of(Shape(), std::vector<std::string>{"cat"}));
  EXPECT_EQ(list<bool>(evaluate(graph, ops::compare(graph, words, cat, ops::Comparison::kEqual))),
            (std::vector<bool>{true, false, true}));
  EXPECT_EQ(error_code([&] { ops::compare(graph, words, cat, ops::Comparison::kLess); }), "type-mismatch");
  EXPECT_EQ(list<std::string_view>(evaluate(graph, ops::slice(graph, words, {{.start = 2, .size = 3, .step = -1}})))[1],
            "dog");
}

TEST(Types, GatherRefusesWhatIsNotInTheTable) {
  Graph graph;
  const Value table = graph.constant(Tensor::of({2, 2}, std::vector<float>{1, 2, 3, 4}));
  const Value ids = graph.input("ids", {3}, DType::kInt32);
  const Value taken = ops::gather(graph, table, ids);
  const auto of = [&](std::vector<std::int32_t> numbers) {
    return list<float>(evaluate(graph, taken, {{ids.id, Tensor::of({3}, numbers)}}));
  };
  EXPECT_EQ(of({1, 0, 1}), (std::vector<float>{3, 4, 1, 2, 3, 4}));
  EXPECT_EQ(error_code([&] { of({0, 2, 1}); }), "index-out-of-range");
  EXPECT_EQ(error_code([&] { of({0, 1, -1}); }), "index-out-of-range");
}

TEST(Types, QuantifiersReduceAnyAxes) {
  Graph graph;
  const Value x = graph.constant(Tensor::of({2, 2, 2}, std::vector<std::uint8_t>{1, 0, 0, 0, 1, 1, 1, 1}));
  const auto of = [&](ops::Quantifier quantifier, std::vector<int> axes) {
    return list<bool>(evaluate(graph, ops::quantify(graph, x, quantifier, std::move(axes))));
  };
  EXPECT_EQ(of(ops::Quantifier::kAny, {1}), (std::vector<bool>{true, false, true, true}));
  EXPECT_EQ(of(ops::Quantifier::kAll, {0}), (std::vector<bool>{true, false, false, false}));
  EXPECT_EQ(of(ops::Quantifier::kAll, {0, 1, 2}), (std::vector<bool>{false}));
  EXPECT_EQ(of(ops::Quantifier::kAny, {0, 2}), (std::vector<bool>{true, true}));
}

/// Whether the items of `x`, along axis 0, stay apart on the way to what `make` gives.
bool apart(const Shape& shape, const std::function<Value(Graph&, Value)>& make) {
  Graph graph;
  const Value x = graph.input("x", shape);
  const Value y = make(graph, x);
  return ops::items_apart(graph, {x}, {y}).has_value();
}

TEST(Items, StayApartOnlyWhereNoOpWorksAlongTheBatch) {
  using ops::Reduction;
  EXPECT_TRUE(apart({4, 3}, [](Graph& g, Value x) { return ops::softmax(g, x, 1); }));
  EXPECT_FALSE(apart({4, 3}, [](Graph& g, Value x) { return ops::softmax(g, x, 0); }));
  EXPECT_FALSE(apart({4, 3}, [](Graph& g, Value x) { return ops::softmax(g, x, -2); }));
  EXPECT_TRUE(apart({4, 3}, [](Graph& g, Value x) { return ops::reduce(g, x, Reduction::kMean, {.axes = {1}}); }));
  EXPECT_FALSE(apart({4, 3}, [](Graph& g, Value x) { return ops::reduce(g, x, Reduction::kMean, {.axes = {0, 1}}); }));
  EXPECT_FALSE(apart({4, 3}, [](Graph& g, Value x) { return ops::transpose(g, x, {1, 0}); }));
  EXPECT_FALSE(apart({4, 3}, [](Graph& g, Value x) { return ops::concatenate(g, {x, x}, 0); }));
  EXPECT_TRUE(apart({4, 3}, [](Graph& g, Value x) { return ops::concatenate(g, {x, x}, 1); }));
  EXPECT_FALSE(apart({4, 3}, [](Graph& g, Value x) {
    return ops::slice(g, x, {{.start = 3, .size = 4, .step = -1}, {.size = 3}});
  }));
  EXPECT_TRUE(apart({4, 3}, [](Graph& g, Value x) { return ops::reshape(g, x, {4, 3, 1}); }));
  EXPECT_FALSE(apart({4, 3}, [](Graph& g, Value x) { return ops::reshape(g, x, {3, 4}); }));
  EXPECT_FALSE(apart({4, 4}, [](Graph& g, Value x) {  // (4, 4) + (4): items of the right side lie along axis 1
    const Value row = ops::reshape(g, ops::slice(g, x, {{.size = 4}, {.size = 1}}), {4});
    return ops::binary(g, x, row, ops::Binary::kAdd);
  }));
  EXPECT_TRUE(apart({4, 4}, [](Graph& g, Value x) {
    return ops::binary(g, x, g.constant(Tensor::of({4}, std::vector<float>{1, 2, 3, 4})), ops::Binary::kAdd);
  }));
}

}  // namespace
}  // namespace kerascope
