// Layers that the program computes itself, in a model that was opened.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error_test_support.h"
#include "kerascope/kerascope.h"

namespace kerascope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Weights = std::vector<std::pair<std::string, Tensor>>;

// A masked sequence goes through the custom layer; the mean behind it shows whether the mask went on.
constexpr const char* kGated = R"({"class_name": "Sequential", "config": {"name": "net", "layers": [
    {"class_name": "InputLayer", "config": {"batch_shape": [null, 2, 1], "name": "x"}},
    {"class_name": "Masking", "config": {"name": "masking"}},
    {"class_name": "Gate", "module": "mine.layers", "registered_name": "mine>Gate",
     "config": {"name": "gate", "strength": 3}},
    {"class_name": "GlobalAveragePooling1D", "config": {"name": "mean"}}]}})";

Tensor scaled(const Tensor& x, float by) {
  Tensor y = x;
  for (float& number : y.mutable_elements<float>()) number *= by;
  return y;
}

Model gated(const CustomLayer& gate) {
  const Weights weights = {{"layers/gate/vars/0", Tensor::of({1}, std::vector<float>{10})},
                           {"layers/gate/cell/vars/0", Tensor::of({1}, std::vector<float>{20})}};
  return from_json(kGated, weights, "3.15.1", {.by_class = {{"Gate", gate}}});
}

Tensor sequence() { return Tensor::of({1, 2, 1}, std::vector<float>{4, 0}); }

std::vector<float> floats_of(const Tensor& tensor) { return {tensor.numbers().begin(), tensor.numbers().end()}; }

TEST(CustomLayer, IsGivenItsConfigWeightsInputsAndMask) {
  std::string seen;
  const Model model = gated([&](const CustomCall& call) {
    seen = call.address + ' ' + call.class_name + ' ' + call.arguments;
    EXPECT_THAT(call.config, HasSubstr("\"strength\":3"));
    EXPECT_EQ(call.weights.size(), 2u);
    const float by = call.weights[0].second.data()[0];
    EXPECT_THAT((std::vector{call.weights[0].first, call.weights[1].first}),
                ::testing::UnorderedElementsAre("0", "cell/0"));
    EXPECT_TRUE(call.masks[0].has_value());
    return CustomOutputs{.tensors = {scaled(call.inputs[0], by)}, .masks = {call.masks[0]}};
  });
  const Activations all = model.run(sequence());
  EXPECT_EQ(seen, "gate mine>Gate [[{\"tensor\":0}],{}]");
  const float by = floats_of(all["gate"].tensor)[0] / 4;
  EXPECT_TRUE(by == 10 || by == 20);
  EXPECT_THAT(floats_of(all["mean"].tensor), ElementsAre(4 * by)) << "the second step is masked";
  EXPECT_EQ(model.layer("gate").output().shape(), (Shape{kOpen, 2, 1}));
  EXPECT_EQ(model.layer("gate").weights().size(), 2u);
}

TEST(CustomLayer, WithoutAMaskEndsIt) {
  const Model model = gated([](const CustomCall& call) { return CustomOutputs{{call.inputs[0]}}; });
  EXPECT_THAT(floats_of(model.predict(sequence())[0]), ElementsAre(2));
}

TEST(CustomLayer, IsToldThePhase) {
  const Model model =
      gated([](const CustomCall& call) { return CustomOutputs{{scaled(call.inputs[0], call.training ? 2 : 1)}}; });
  EXPECT_THAT(floats_of(model.predict(sequence(), {.phase = Phase::kTraining})[0]), ElementsAre(4));
}

TEST(CustomLayer, MayChangeShapesAndHaveSeveralOutputs) {
  const Model model = gated([](const CustomCall& call) {
    const Tensor& x = call.inputs[0];
    return CustomOutputs{{Tensor({x.shape()[0], 5, 7}), Tensor(x.shape(), DType::kInt64)}};
  });
  EXPECT_EQ(model.layer("mean").output().shape(), (Shape{kOpen, 7}));
  EXPECT_EQ(model.run(sequence())["gate#1"].tensor.dtype(), DType::kInt64);
}

TEST(CustomLayer, ThatFailsIsAProblemOfTheLayerOrEndsTheRun) {
  const Model never = gated([](const CustomCall&) -> CustomOutputs { throw std::runtime_error("no gate today"); });
  const Error problem = error_of([&] { never.predict(sequence()); });
  EXPECT_EQ(problem.code(), "custom-layer-failed");
  EXPECT_THAT(problem.what(), HasSubstr("no gate today"));
  EXPECT_THAT(problem.what(), HasSubstr("'gate'"));
  EXPECT_THAT(floats_of(never.run(sequence())["masking"].tensor), ElementsAre(4, 0)) << "the others are computed";

  const Model sometimes = gated([](const CustomCall& call) -> CustomOutputs {
    if (call.inputs[0].data()[0] != 0) throw std::runtime_error("no numbers");
    return {{call.inputs[0]}};
  });
  EXPECT_THROW(sometimes.predict(sequence()), std::runtime_error);

  const Model by_numbers = gated([](const CustomCall& call) -> CustomOutputs {
    return {{Tensor({1, call.inputs[0].data()[0] != 0 ? 3 : 2, 1})}};
  });
  EXPECT_EQ(error_of([&] { by_numbers.predict(sequence()); }).code(), "custom-layer-shape");
  const Model nothing = gated([](const CustomCall&) { return CustomOutputs{}; });
  EXPECT_EQ(error_of([&] { nothing.predict(sequence()); }).code(), "custom-layer-failed");
}

TEST(CustomLayer, ComesBeforeALayerOfThatNameUnlessTheFileSaysItIsKerass) {
  constexpr const char* kModel = R"({"class_name": "Sequential", "config": {"name": "net", "layers": [
      {"class_name": "InputLayer", "config": {"batch_shape": [null, 2], "name": "x"}},
      {"class_name": "ReLU", "module": "MODULE", "registered_name": null, "config": {"name": "relu"}}]}})";
  const CustomLayer doubled = [](const CustomCall& call) { return CustomOutputs{{scaled(call.inputs[0], 2)}}; };
  const auto computed = [&](const std::string& module) {
    std::string json = kModel;
    json.replace(json.find("MODULE"), 6, module);
    const Model model = from_json(json, {}, "3.15.1", {.by_class = {{"ReLU", doubled}}});
    return floats_of(model.predict(Tensor::of({1, 2}, std::vector<float>{-1, 1}))[0]);
  };
  EXPECT_THAT(computed("keras.layers"), ElementsAre(0, 1));
  EXPECT_THAT(computed("mine.layers"), ElementsAre(-2, 2));
}

TEST(CustomLayer, OtherwiseIsForWhatCannotBeComputed) {
  const CustomLayer ten = [](const CustomCall& call) { return CustomOutputs{{scaled(call.inputs[0], 10)}}; };
  const Model model = from_json(kGated, {}, "3.15.1", {.otherwise = ten});
  EXPECT_THAT(floats_of(model.predict(sequence())[0]), ElementsAre(20));
}

}  // namespace
}  // namespace kerascope
