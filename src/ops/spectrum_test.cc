#include "ops/spectrum.h"

#include <complex>
#include <numbers>

#include "ops/ops_test_support.h"

namespace kerascope {
namespace {

using namespace ops_test;

/// By the definition, frame by frame.
Tensor slow(const Tensor& x, const ops::SpectrumOptions& options, const Shape& out) {
  const auto length = std::ssize(options.window), steps = x.shape()[1];
  return tensor_by(out, [&](const Index& index) {
    std::complex<double> sum;
    for (std::int64_t k = 0; k < length; ++k) {
      std::int64_t step = std::abs(index[1] * options.stride + k - length / 2);
      if (step >= steps) step = 2 * steps - 2 - step;
      const double angle = -2 * std::numbers::pi * static_cast<double>(k * index[2]) / static_cast<double>(length);
      sum +=
          std::polar(static_cast<double>(at(x, {index[0], step}) * options.window[static_cast<std::size_t>(k)]), angle);
    }
    return std::abs(sum);
  });
}

TEST(Spectrum, EqualsTheDefinitionForEveryLength) {
  for (std::int64_t length = 1; length <= 40; ++length) {
    SCOPED_TRACE(length);
    const Tensor x = random_tensor({2, length / 2 + 9}, 1), window = random_tensor({length}, 2);
    const ops::SpectrumOptions options = {.window = {window.numbers().begin(), window.numbers().end()}, .stride = 3};
    Graph graph;
    const Value in = graph.input("x", x.shape()), out = ops::magnitude_spectrum(graph, in, options);
    EXPECT_EQ(graph.shape(out)[2], length / 2 + 1);
    EXPECT_TRUE(close(evaluate(graph, out, {{in.id, x}}), slow(x, options, graph.shape(out))));
  }
}

TEST(Spectrum, AShortSignalCannotBeMirrored) {
  Graph graph;
  const Value x = graph.input("x", {2, 4});
  const ops::SpectrumOptions options = {.window = std::vector<float>(8, 1.0f)};
  EXPECT_EQ(error_code([&] { ops::magnitude_spectrum(graph, x, options); }), "shape-mismatch");
}

}  // namespace
}  // namespace kerascope
