#include <limits>

#include "base/sanitized_for_tests.h"
#include "ops/binary.h"
#include "ops/ops_test_support.h"

namespace kerascope {
namespace {

using ops::Binary;
using ops_test::close;
using ops_test::evaluate;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

Tensor run(const Tensor& left, const Tensor& right, Binary function) {
  Graph graph;
  const Value l = graph.input("left", left.shape()), r = graph.input("right", right.shape());
  return evaluate(graph, ops::binary(graph, l, r, function), {{l.id, left}, {r.id, right}});
}

double formula(Binary function, double l, double r) {
  switch (function) {
    case Binary::kAdd:
      return l + r;
    case Binary::kSubtract:
      return l - r;
    case Binary::kMultiply:
      return l * r;
    case Binary::kDivide:
      return l / r;
    case Binary::kMaximum:
      return std::max(l, r);
    case Binary::kMinimum:
      return std::min(l, r);
    case Binary::kPower:
      return std::pow(l, r);
    case Binary::kArctan2:
      return std::atan2(l, r);
    case Binary::kPrelu:
      return l > 0 ? l : r * l;
    case Binary::kMod:
      return l - std::floor(l / r) * r;
    case Binary::kFloorDivide:
      return std::floor(l / r);
    case Binary::kFmod:
      return std::fmod(l, r);
    case Binary::kHypot:
      return std::hypot(l, r);
    case Binary::kLogaddexp:
      return std::log(std::exp(l) + std::exp(r));
    case Binary::kLogaddexp2:
      return std::log2(std::exp2(l) + std::exp2(r));
    default:
      break;  // real Keras answers for the others
  }
  return 0;
}

/// The element of x that stands at `index` of the broadcast shape.
float broadcast_at(const Tensor& x, const ops_test::Index& index) {
  ops_test::Index own(index.end() - x.shape().rank(), index.end());
  for (int axis = 0; axis < x.shape().rank(); ++axis)
    if (x.shape()[axis] == 1) own[static_cast<std::size_t>(axis)] = 0;
  return ops_test::at(x, own);
}

Tensor slow(const Tensor& left, const Tensor& right, const Shape& out_shape, Binary function) {
  return ops_test::tensor_by(out_shape, [&](const ops_test::Index& index) {
    return formula(function, broadcast_at(left, index), broadcast_at(right, index));
  });
}

constexpr Binary kAll[] = {Binary::kAdd,     Binary::kSubtract,  Binary::kMultiply,  Binary::kDivide,
                           Binary::kMaximum, Binary::kMinimum,   Binary::kArctan2,   Binary::kPrelu,
                           Binary::kHypot,   Binary::kLogaddexp, Binary::kLogaddexp2};

TEST(Binary, EveryPairOfSmallShapesBroadcastsAsInNumPy) {
  const std::vector<Shape> shapes = ops_test::small_shapes(4, {1, 2, 3});
  int fitting = 0;
  for (const Shape& left : shapes)
    for (const Shape& right : shapes) {
      std::vector<std::int64_t> sizes;
      bool fits = true;
      for (int from_end = std::max(left.rank(), right.rank()); from_end > 0; --from_end) {
        const std::int64_t l = from_end <= left.rank() ? left.back(from_end) : 1;
        const std::int64_t r = from_end <= right.rank() ? right.back(from_end) : 1;
        fits = fits && (l == r || l == 1 || r == 1);
        sizes.push_back(std::max(l, r));
      }
      const Tensor x = ops_test::counting_tensor(left), y = ops_test::random_tensor(right, 7);
      if (!fits) {
        ASSERT_EQ(ops_test::error_code([&] { run(x, y, Binary::kAdd); }), "shape-mismatch");
        continue;
      }
      ASSERT_TRUE(close(run(x, y, Binary::kSubtract), slow(x, y, Shape(sizes), Binary::kSubtract)))
          << left.str() << " and " << right.str();
      ++fitting;
    }
  EXPECT_GT(fitting, 1000);
}

TEST(Binary, EveryFunctionOverLargerShapes) {
  const std::pair<Shape, Shape> pairs[] = {
      {{2, 57, 31, 19}, {2, 57, 31, 19}},
      {{2, 57, 31, 19}, {19}},
      {{2, 57, 31, 19}, {2, 1, 1, 19}},
      {{2, 57, 31, 19}, {}},
      {{1, 1, 64}, {300, 7, 1}},
      {{40'000}, {2, 40'000}},
      {{5, 1, 301, 1}, {1, 70, 1, 3}},
      {{2, 57, 31, 1}, {19}},
      {{0, 3}, {1, 3}},
  };
  unsigned seed = 11;
  for (const auto& [left, right] : pairs)
    for (Binary function : kAll) {
      SCOPED_TRACE(fmt::format("{} {} seed {}", left.str(), right.str(), ++seed));
      if (seed % kCaseStep != 0) continue;
      const Tensor x = ops_test::random_tensor(left, seed), y = ops_test::random_tensor(right, seed + 1000, 3);
      const Tensor out = run(x, y, function), swapped = run(y, x, function);
      EXPECT_TRUE(close(out, slow(x, y, out.shape(), function)));
      EXPECT_TRUE(close(swapped, slow(y, x, out.shape(), function)));
    }
}

// Measured with Keras 3.15.1 on TensorFlow 2.21.
TEST(Binary, SpecialValuesAreThoseOfKeras) {
  constexpr float n = kNan, i = kInfinity;
  const Tensor left = Tensor::of(Shape{8}, std::vector{n, 1.0f, n, 0.0f, i, -i, i, 1.0f});
  const Tensor right = Tensor::of(Shape{8}, std::vector{1.0f, n, n, 0.0f, -i, i, i, 0.0f});
  const std::pair<Binary, std::vector<float>> table[] = {
      {Binary::kMaximum, {n, n, n, 0, i, i, i, 1}},    {Binary::kMinimum, {n, n, n, 0, -i, -i, i, 0}},
      {Binary::kAdd, {n, n, n, 0, n, n, i, 1}},        {Binary::kSubtract, {n, n, n, 0, i, -i, n, 1}},
      {Binary::kMultiply, {n, n, n, 0, -i, -i, i, 0}}, {Binary::kDivide, {n, n, n, n, n, n, n, i}},
      {Binary::kPrelu, {n, n, n, 0, n, -i, n, 1}},
  };
  for (const auto& [function, expected] : table)
    EXPECT_TRUE(close(run(left, right, function), Tensor::of(Shape{8}, expected))) << static_cast<int>(function);
}

TEST(Binary, TheMessageNamesBothShapesAndTheSizes) {
  const std::string text = ops_test::error_text([] {
    Graph graph;
    ops::binary(graph, graph.input("x", Shape{1, 8, 8, 3}), graph.input("y", Shape{1, 8, 6, 3}), Binary::kAdd);
  });
  EXPECT_EQ(text, "error[shape-mismatch]: add of (1, 8, 8, 3) and (1, 8, 6, 3): their sizes 8 and 6 do not broadcast");
}

TEST(Binary, PowersAsInNumPy) {
  const Tensor base = Tensor::of({7}, std::vector<float>{2, 0.5f, 3, -2, 0, -8, 1});
  const Tensor exponent = Tensor::of({7}, std::vector<float>{10, -1.5f, 0, 3, 0, 0.5f, kNan});
  const Tensor power = run(base, exponent, Binary::kPower);
  const std::vector<float> expected = {1024, 2.82842712f, 1, -8, 1, kNan, 1};
  EXPECT_TRUE(close(power, Tensor::of({7}, expected)));
}

}  // namespace
}  // namespace kerascope
