#include <limits>

#include "ops/ops_test_support.h"
#include "ops/reduce.h"

namespace kerascope {
namespace {

using ops::Reduction;
using ops_test::close;
using ops_test::Index;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

Tensor run(const Tensor& x, Reduction reduction, const ops::ReduceOptions& options) {
  Graph graph;
  const Value in = graph.input("x", x.shape());
  return ops_test::evaluate(graph, ops::reduce(graph, in, reduction, options), {{in.id, x}});
}

Tensor slow(const Tensor& x, Reduction reduction, const ops::ReduceOptions& options) {
  std::vector<std::int64_t> full, shown;
  double count = 1;
  for (int axis = 0; axis < x.shape().rank(); ++axis) {
    const bool reduced = std::count(options.axes.begin(), options.axes.end(), axis) > 0;
    full.push_back(reduced ? 1 : x.shape()[axis]);
    if (!reduced || options.keepdims) shown.push_back(full.back());
    if (reduced) count *= static_cast<double>(x.shape()[axis]);
  }
  const Shape kept(full);
  std::vector<double> results(static_cast<std::size_t>(kept.elements()), reduction == Reduction::kMax ? -HUGE_VAL : 0);
  for (std::int64_t i = 0; i < x.size(); ++i) {
    Index index = ops_test::index_of(x.shape(), i);
    for (int axis : options.axes) index[static_cast<std::size_t>(axis)] = 0;
    double& result = results[static_cast<std::size_t>(ops_test::position_of(kept, index))];
    result = reduction == Reduction::kMax ? std::max<double>(result, x.data()[i]) : result + x.data()[i];
  }
  Tensor out{Shape(shown)};
  for (std::int64_t i = 0; i < out.size(); ++i) {
    const double result = results[static_cast<std::size_t>(i)];
    out.mutable_data()[i] = static_cast<float>(reduction == Reduction::kMean ? result / count : result);
  }
  return out;
}

std::vector<int> axes_of(unsigned bits) {
  std::vector<int> axes;
  for (int axis = 0; bits >> axis; ++axis)
    if (bits >> axis & 1) axes.push_back(axis);
  return axes;
}

void expect_all_sets_of_axes(const Shape& shape, unsigned seed) {
  const Tensor x = ops_test::random_tensor(shape, seed, 1);
  for (unsigned bits = 0; bits < 1u << shape.rank(); ++bits)
    for (Reduction reduction : {Reduction::kMean, Reduction::kMax, Reduction::kSum})
      for (bool keepdims : {false, true}) {
        const ops::ReduceOptions options = {.axes = axes_of(bits), .keepdims = keepdims};
        ASSERT_TRUE(close(run(x, reduction, options), slow(x, reduction, options), {.tolerance = 1e-7}))
            << shape.str() << " axes " << bits << " reduction " << static_cast<int>(reduction) << " seed " << seed;
      }
}

TEST(Reduce, EverySetOfAxesOfSmallShapes) {
  for (const Shape& shape : ops_test::small_shapes(4, {0, 1, 2, 3})) expect_all_sets_of_axes(shape, 5);
}

TEST(Reduce, LargerShapes) {
  for (const Shape& shape : {Shape{2, 7, 9, 300}, Shape{1, 33, 35, 24}, Shape{3, 40, 41, 3}, Shape{70'001}})
    expect_all_sets_of_axes(shape, 6);
}

TEST(Reduce, LongSumsKeepTheirDigits) {
  // In float32, the roundings of so many equal steps would all go the same way.
  constexpr std::int64_t kCount = 2'000'000;
  Tensor x(Shape{kCount, 2});
  std::fill_n(x.mutable_data(), x.size(), 0.1f);
  for (const Shape& shape : {Shape{1, kCount * 2}, Shape{kCount, 2}}) {
    const std::vector axes = {shape[0] == 1 ? 1 : 0};
    const Tensor mean = run(x.reshaped(shape), Reduction::kMean, {.axes = axes});
    for (float number : mean.numbers()) EXPECT_EQ(number, 0.1f) << shape.str();
  }
}

// As Keras 3.15.1 on TensorFlow 2.21 gives them, along the last axis and along the one before.
TEST(Reduce, SpecialValuesAreThoseOfKeras) {
  constexpr float n = kNan, i = kInfinity;
  const struct {
    std::vector<float> x;
    float mean, max, sum;
  } rows[] = {{{1, n, 2}, n, n, n},   {{1, i, 2}, i, i, i}, {{1, -i, i}, n, i, n},
              {{-i, -i}, -i, -i, -i}, {{n, n}, n, n, n},    {{}, n, -i, 0}};
  for (const auto& row : rows) {
    const std::int64_t size = static_cast<std::int64_t>(row.x.size());
    const Tensor x = Tensor::of(Shape{1, size}, row.x);
    const auto scalar = [](float number) { return Tensor::of(Shape{1}, std::vector{number}); };
    EXPECT_TRUE(close(run(x, Reduction::kMean, {.axes = {1}}), scalar(row.mean)));
    EXPECT_TRUE(close(run(x, Reduction::kMax, {.axes = {1}}), scalar(row.max)));
    EXPECT_TRUE(close(run(x, Reduction::kSum, {.axes = {1}}), scalar(row.sum)));
    // Seventeen columns: a whole group of them and a part of one.
    const Tensor columns = ops_test::tensor_by(
        Shape{size, 17}, [&](const Index& index) { return row.x[static_cast<std::size_t>(index[0])]; });
    const Tensor expected = ops_test::tensor_by(Shape{17}, [&](const Index&) { return row.max; });
    EXPECT_TRUE(close(run(columns, Reduction::kMax, {.axes = {0}}), expected));
  }
}

TEST(Reduce, AxesThatDoNotFitAreErrors) {
  const Tensor x(Shape{2, 3});
  EXPECT_EQ(ops_test::error_text([&] {
              run(x, Reduction::kMean, {.axes = {0, 2}});
            }),
            "error[axis-invalid]: mean over the axes (0, 2) of (2, 3): axis 2 is not there");
  EXPECT_EQ(ops_test::error_text([&] {
              run(x, Reduction::kMax, {.axes = {1, 1}});
            }),
            "error[axis-invalid]: max over the axes (1, 1) of (2, 3): axis 1 is named twice");
  EXPECT_EQ(ops_test::error_code([&] { run(x, Reduction::kMax, {.axes = {-1}}); }), "axis-invalid");
}

}  // namespace
}  // namespace kerascope
