#include "api/compiled.h"

#include <gtest/gtest.h>

#include "formats/open.h"

namespace kerascope::api {
namespace {

Tensor doubled(const Tensor& tensor) {
  Tensor result = Tensor::of(tensor.shape(), tensor.numbers());
  for (float& number : std::span(result.mutable_data(), static_cast<std::size_t>(result.size()))) number *= 2;
  return result;
}

TEST(CompiledCache, UsesNothingThatWasMadeOfFormerWeights) {
  const auto data = std::make_shared<const ModelData>(open_model(KERASCOPE_DEMO_FOLDER "/digits.keras"));
  const Shape shape = {1, 64, 64, 1};
  const std::vector<Tensor> input = {Tensor::of(shape, std::vector<float>(64 * 64, 100))};
  const FunctionOptions options = {.taps = {"pool2"}};
  CompiledCache cache;
  const auto numbers = [&](const std::shared_ptr<const ModelData>& model) {
    const std::shared_ptr<Compiled> compiled = cache.get(model, options, std::vector{shape});
    const Tensor result = compiled->function->run(input, {}).activations.at(0).tensor;
    return std::vector<float>(result.numbers().begin(), result.numbers().end());
  };
  const std::vector<float> before = numbers(data);
  ModelData copy = *data;
  for (LayerData& layer : copy.network.layers)
    for (StoredWeight& weight : layer.weights) weight.read = [read = weight.read] { return doubled(read()); };
  const auto other = std::make_shared<const ModelData>(std::move(copy));
  const std::vector<float> after = numbers(other);
  EXPECT_NE(after, before);
  const Tensor expected = CompiledFunction(*other, std::vector{shape}, options).run(input, {}).activations.at(0).tensor;
  EXPECT_EQ(after, std::vector<float>(expected.numbers().begin(), expected.numbers().end()));
  EXPECT_EQ(numbers(data), before);
}

TEST(CompiledCache, OtherLayersShareTheGraphAndWhatWasMadeOfTheWeights) {
  const auto data = std::make_shared<const ModelData>(open_model(KERASCOPE_DEMO_FOLDER "/digits.keras"));
  const Shape shape = {1, 64, 64, 1};
  const std::vector<Tensor> input = {Tensor::of(shape, std::vector<float>(64 * 64, 100))};
  CompiledCache cache;
  const auto run = [&](const char* layer) {
    const std::shared_ptr<Compiled> compiled = cache.get(data, {.taps = {layer}}, std::vector{shape});
    compiled->function->run(input, {});
    return compiled;
  };
  const auto last = run("-1");
  const std::size_t bytes = last->shared->weights.bytes();
  EXPECT_GT(bytes, 0u);
  for (const char* layer : {"conv1", "pool2", "conv2"}) {
    const auto other = run(layer);
    EXPECT_EQ(&other->function->assembly(), &last->function->assembly());
    EXPECT_EQ(other->shared->weights.bytes(), bytes);
  }
}

}  // namespace
}  // namespace kerascope::api
