#include <limits>

#include "ops/ops_test_support.h"
#include "ops/resize.h"

namespace kerascope {
namespace {

using namespace ops_test;
using Sizes = std::vector<ops::ResizeOptions::AxisSize>;

Tensor run(const Tensor& x, const ops::ResizeOptions& options) {
  Graph graph;
  const Value in = graph.input("x", x.shape());
  return evaluate(graph, ops::resize(graph, in, options), {{in.id, x}});
}

struct Answer {
  Interpolation interpolation;
  bool antialias;
  std::vector<float> numbers;
};
// What tf.image.resize of TensorFlow 2.21 makes of 3 -1 4 1 -5 9 2. Without a row of its own, antialias changes
// nothing.
const std::vector<Answer> kAnswers = {
    {Interpolation::kNearest, false, {-1.0f, 1.0f, 9.0f}},
    {Interpolation::kNearest, false, {3.0f, 3.0f, -1.0f, 4.0f, 4.0f, 1.0f, -5.0f, -5.0f, 9.0f, 2.0f, 2.0f}},
    {Interpolation::kBilinear, false, {0.333333f, 1.0f, 6.666669f}},
    {Interpolation::kBilinear,
     false,
     {3.0f, 1.181818f, -0.545455f, 2.636364f, 2.909091f, 1.0f, -2.818181f, -1.181822f, 7.727274f, 5.181818f, 2.0f}},
    {Interpolation::kBilinear, true, {1.5f, 0.647059f, 3.5f}},
    {Interpolation::kBicubic, false, {-0.073054f, 1.0f, 7.752863f}},
    {Interpolation::kBicubic,
     false,
     {3.281043f, 1.077748f, -0.853729f, 2.971524f, 3.625314f, 1.0f, -4.167049f, -2.060625f, 8.441788f, 5.640708f,
      1.508175f}},
    {Interpolation::kBicubic, true, {1.689516f, 0.351648f, 3.528226f}},
    {Interpolation::kBicubic,
     true,
     {3.28125f, 1.075299f, -0.853494f, 2.969948f, 3.624344f, 1.0f, -4.164538f, -2.056352f, 8.441025f, 5.645319f,
      1.507814f}},
    {Interpolation::kArea, false, {1.428571f, 0.142858f, 4.0f}},
    {Interpolation::kArea,
     false,
     {3.0f, 1.285714f, -1.0f, 3.285714f, 3.142857f, 1.0f, -3.285715f, -3.000001f, 9.0f, 5.000002f, 2.000001f}},
    {Interpolation::kLanczos3, false, {-0.204746f, 1.0f, 8.189682f}},
    {Interpolation::kLanczos3,
     false,
     {3.550249f, 0.877068f, -0.88448f, 2.697725f, 4.435002f, 1.0f, -5.175556f, -1.840225f, 8.433333f, 6.224248f,
      0.876994f}},
    {Interpolation::kLanczos3, true, {1.88801f, 0.300754f, 3.379541f}},
    {Interpolation::kLanczos5, false, {-0.01222f, 1.0f, 8.261618f}},
    {Interpolation::kLanczos5,
     false,
     {3.674695f, 0.963776f, -1.033926f, 2.122758f, 5.211038f, 1.0f, -5.649127f, -1.614257f, 8.480109f, 6.441787f,
      0.493057f}},
    {Interpolation::kLanczos5, true, {1.975893f, 0.270272f, 3.328578f}},
    {Interpolation::kGaussian, false, {0.44087f, 0.680479f, 6.357577f}},
    {Interpolation::kGaussian,
     false,
     {2.754468f, 1.181319f, 0.047316f, 2.514978f, 2.822762f, 0.680479f, -2.567066f, -0.917272f, 6.374107f, 5.182693f,
      2.429682f}},
    {Interpolation::kGaussian, true, {1.499103f, 0.79876f, 3.198738f}},
    {Interpolation::kMitchellCubic, false, {0.191148f, 0.833333f, 7.084508f}},
    {Interpolation::kMitchellCubic,
     false,
     {3.049498f, 1.103336f, -0.37549f, 2.69793f, 3.263377f, 0.833333f, -3.437427f, -1.361093f, 7.327406f, 5.483078f,
      1.913378f}},
    {Interpolation::kMitchellCubic, true, {1.644773f, 0.577587f, 3.291186f}},
};

TEST(Resize, EqualsTensorFlow) {
  const Tensor x = Tensor::of({7}, std::array{3.0f, -1.0f, 4.0f, 1.0f, -5.0f, 9.0f, 2.0f});
  for (const auto& [interpolation, antialias, numbers] : kAnswers) {
    const auto size = static_cast<std::int64_t>(numbers.size());
    const Tensor seen = run(x, {.sizes = {{0, size}}, .interpolation = interpolation, .antialias = antialias});
    EXPECT_TRUE(close(seen, Tensor::of({size}, numbers)))
        << kInterpolationNames[static_cast<std::size_t>(interpolation)] << " to " << size << " antialias " << antialias;
  }
}

/// The line through `index` along the axis, resized alone.
float resized_alone(const Tensor& x, Index index, const ops::ResizeOptions& options) {
  const auto axis = static_cast<std::size_t>(options.sizes[0].axis);
  const std::int64_t position = index[axis];
  const Tensor line = tensor_by({x.shape()[options.sizes[0].axis]}, [&](const Index& along) {
    index[axis] = along[0];
    return at(x, index);
  });
  ops::ResizeOptions alone = options;
  alone.sizes[0].axis = 0;
  return run(line, alone).data()[position];
}

TEST(Resize, TreatsEveryLineAlike) {
  for (const Shape& shape : small_shapes(3, {1, 3}))
    for (int axis = 0; axis < shape.rank(); ++axis)
      for (std::int64_t size : {1, 2, 3, 4})
        for (Interpolation interpolation : {Interpolation::kNearest, Interpolation::kBicubic}) {
          const Tensor x = random_tensor(shape, 3);
          Shape resized = shape;
          resized[axis] = size;
          const ops::ResizeOptions options = {.sizes = {{axis, size}}, .interpolation = interpolation};
          ASSERT_TRUE(close(run(x, options),
                            tensor_by(resized, [&](const Index& index) { return resized_alone(x, index, options); })))
              << shape.str() << " axis " << axis << " to " << size;
        }
}

TEST(Resize, RepeatsWithNearest) {
  for (std::int64_t times : {1, 2, 3, 7, 100})
    for (std::int64_t size : {1, 2, 33, 1000}) {
      const Tensor x = counting_tensor({2, size, 5});
      const Tensor expected = tensor_by({2, size * times, 5}, [&](const Index& index) {
        return at(x, {index[0], index[1] / times, index[2]});
      });
      ASSERT_TRUE(close(run(x, {.sizes = {{1, size * times}}}), expected, {.tolerance = 0})) << size << " x " << times;
    }
}

TEST(Resize, SeveralAxesAreResizedOneByOne) {
  const Tensor x = random_tensor({2, 17, 19, 33}, 4);
  for (std::size_t i = 0; i < kInterpolationNames.size(); ++i) {
    const auto interpolation = static_cast<Interpolation>(i);
    const Tensor once = run(x, {.sizes = {{1, 40}}, .interpolation = interpolation});
    EXPECT_TRUE(close(run(x, {.sizes = {{1, 40}, {2, 7}}, .interpolation = interpolation}),
                      run(once, {.sizes = {{2, 7}}, .interpolation = interpolation})));
  }
}

TEST(Resize, ToTheSameSizesIsTheInputUnlessItBlurs) {
  Graph graph;
  const Value x = graph.input("x", {2, 5, 6, 3});
  EXPECT_EQ(ops::resize(graph, x, {.sizes = {{1, 5}, {2, 6}}, .interpolation = Interpolation::kLanczos3}), x);
  EXPECT_NE(ops::resize(graph, x, {.sizes = {{1, 5}, {2, 6}}, .interpolation = Interpolation::kGaussian}), x);
}

TEST(Resize, NearestKeepsInfinityAndNan) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity(), kNan = std::numeric_limits<float>::quiet_NaN();
  const Tensor x = Tensor::of({3}, std::array{kInfinity, kNan, -kInfinity});
  EXPECT_TRUE(close(run(x, {.sizes = {{0, 6}}}),
                    Tensor::of({6}, std::array{kInfinity, kInfinity, kNan, kNan, -kInfinity, -kInfinity})));
}

TEST(Resize, SizesThatDoNotFitAreErrors) {
  const auto text = [](const Shape& shape, const Sizes& sizes) {
    return error_text([&] {
      Graph graph;
      ops::resize(graph, graph.input("x", shape), {.sizes = sizes});
    });
  };
  EXPECT_EQ(text({1, 5}, {{1, 0}}),
            "error[shape-mismatch]: resize of axis 1 of (1, 5) to 0: both sizes must be 1 to 16777216");
  EXPECT_NE(text({1, 0}, {{1, 5}}), "");
  EXPECT_NE(text({1, 5}, {{1, std::int64_t{1} << 40}}), "");
}

}  // namespace
}  // namespace kerascope
