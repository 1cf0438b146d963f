#include <limits>

#include "base/sanitized_for_tests.h"
#include "ops/ops_test_support.h"
#include "ops/softmax.h"

namespace kerascope {
namespace {

using ops_test::close;
using ops_test::Index;

enum class Kind { kSoftmax, kLogSoftmax };

Tensor run(const Tensor& x, Kind kind, int axis) {
  Graph graph;
  const Value in = graph.input("x", x.shape());
  const Value out = kind == Kind::kSoftmax ? ops::softmax(graph, in, axis) : ops::log_softmax(graph, in, axis);
  return ops_test::evaluate(graph, out, {{in.id, x}});
}

Tensor slow(const Tensor& x, Kind kind, int axis) {
  const std::size_t a = static_cast<std::size_t>(axis < 0 ? axis + x.shape().rank() : axis);
  return ops_test::tensor_by(x.shape(), [&](Index index) {
    const double own = ops_test::at(x, index);
    double most = -HUGE_VAL, sum = 0;
    for (index[a] = 0; index[a] < x.shape()[static_cast<int>(a)]; ++index[a])
      most = std::max<double>(most, ops_test::at(x, index));
    for (index[a] = 0; index[a] < x.shape()[static_cast<int>(a)]; ++index[a])
      sum += std::exp(ops_test::at(x, index) - most);
    return kind == Kind::kSoftmax ? std::exp(own - most) / sum : own - most - std::log(sum);
  });
}

TEST(Softmax, EveryAxisOfSmallShapes) {
  for (const Shape& shape : ops_test::small_shapes(4, {0, 1, 2, 5}))
    for (int axis = -shape.rank(); axis < shape.rank(); ++axis)
      for (Kind kind : {Kind::kSoftmax, Kind::kLogSoftmax}) {
        const Tensor x = ops_test::random_tensor(shape, 3, 0, 4);
        ASSERT_TRUE(close(run(x, kind, axis), slow(x, kind, axis))) << shape.str() << " axis " << axis;
      }
}

TEST(Softmax, LargerShapes) {
  unsigned seed = 20;
  for (const Shape& shape : {Shape{3, 1000}, Shape{2, 17, 9, 35}, Shape{700, 50}, Shape{1, 4'001}})
    for (int axis = 0; axis < shape.rank(); ++axis)
      for (Kind kind : {Kind::kSoftmax, Kind::kLogSoftmax}) {
        SCOPED_TRACE(fmt::format("{} axis {} seed {}", shape.str(), axis, ++seed));
        if (seed % kCaseStep != 0) continue;
        const Tensor x = ops_test::random_tensor(shape, seed, 100, 5);
        EXPECT_TRUE(close(run(x, kind, axis), slow(x, kind, axis)));
      }
}

TEST(Softmax, SpecialValues) {
  constexpr float i = std::numeric_limits<float>::infinity(), n = std::numeric_limits<float>::quiet_NaN();
  const auto row = [](std::vector<float> numbers) { return Tensor::of(Shape{1, 3}, numbers); };
  // As Keras 3.15.1 on TensorFlow 2.21 gives them.
  EXPECT_TRUE(close(run(row({1000, 1001, 1002}), Kind::kSoftmax, -1), row({.09003057f, .24472848f, .66524094f})));
  EXPECT_TRUE(close(run(row({1, -i, 2}), Kind::kSoftmax, -1), row({.26894142f, 0, .73105858f})));
  EXPECT_TRUE(close(run(row({1, -i, 2}), Kind::kLogSoftmax, -1), row({-1.3132616f, -i, -.31326166f})));
  EXPECT_TRUE(close(run(row({-i, -i, -i}), Kind::kSoftmax, -1), row({n, n, n})));
  EXPECT_TRUE(close(run(row({1, n, 2}), Kind::kLogSoftmax, -1), row({n, n, n})));
  EXPECT_TRUE(close(run(row({1, i, 2}), Kind::kLogSoftmax, -1), row({n, n, n})));
  // Here TensorFlow gives (0, NaN, 0); we leave no number that looks sound.
  EXPECT_TRUE(close(run(row({1, n, 2}), Kind::kSoftmax, -1), row({n, n, n})));
  EXPECT_TRUE(close(run(row({1, i, 2}), Kind::kSoftmax, -1), row({n, n, n})));
}

TEST(Softmax, AnAxisThatIsNotThereIsAnError) {
  const Tensor x(Shape{2, 3});
  EXPECT_EQ(ops_test::error_text([&] { run(x, Kind::kSoftmax, 2); }),
            "error[axis-invalid]: softmax has axis 2, but its input (2, 3) has 2 axes");
  EXPECT_EQ(ops_test::error_code([&] { run(x, Kind::kLogSoftmax, -3); }), "axis-invalid");
  EXPECT_EQ(ops_test::error_code([&] { run(Tensor(Shape{}), Kind::kSoftmax, -1); }), "axis-invalid");
}

}  // namespace
}  // namespace kerascope
