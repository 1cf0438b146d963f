#include "layers/masks.h"

#include <gtest/gtest.h>

namespace kerascope {
namespace {

Json tensor(std::size_t place) { return {{"tensor", place}}; }

struct Called {
  Call call;
  std::vector<Output> inputs;
};

/// A call whose tensors are the values 10, 11, ..
Called called(int tensors, Json positional, Json keywords) {
  Called made{.call = {.inputs = {}, .positional = std::move(positional), .keywords = std::move(keywords)},
              .inputs = {}};
  for (int i = 0; i < tensors; ++i) {
    made.call.inputs.push_back({.layer = i});
    made.inputs.push_back({.value = Value{10 + i}, .axes = "TC"});
  }
  return made;
}

TEST(Masks, OfAListBelongToTheInputsInOrderAndAreNoInputsAnyMore) {
  auto [call, inputs] =
      called(5, Json::array({tensor(0), tensor(1)}), {{"mask", {tensor(2), tensor(3)}}, {"state", tensor(4)}});
  const Call plain = without_masks("LSTM", call, inputs);
  ASSERT_EQ(inputs.size(), 3u);
  EXPECT_EQ(inputs[0].mask->id, 12);
  EXPECT_EQ(inputs[1].mask->id, 13);
  EXPECT_EQ(inputs[2].value.id, 14);
  EXPECT_FALSE(inputs[2].mask);
  EXPECT_EQ(plain.inputs, (std::vector<TensorRef>{{.layer = 0}, {.layer = 1}, {.layer = 4}}));
  EXPECT_EQ(plain.positional, Json::array({tensor(0), tensor(1)}));
  EXPECT_EQ(plain.keywords, Json({{"mask", true}, {"state", tensor(2)}}));
}

TEST(Masks, BeforeOtherTensorsLowerTheirNumbersOnly) {
  auto [call, inputs] =
      called(3, Json::array({tensor(0)}), {{"mask", tensor(1)}, {"state", tensor(2)}, {"training", 2}});
  const Call plain = without_masks("LSTM", call, inputs);
  ASSERT_EQ(inputs.size(), 2u);
  EXPECT_EQ(inputs[0].mask->id, 11);
  EXPECT_EQ(plain.keywords, Json({{"mask", true}, {"state", tensor(1)}, {"training", 2}}));
}

TEST(Masks, MayBeTheSecondArgument) {
  auto [call, inputs] = called(2, Json::array({tensor(0), tensor(1)}), Json::object());
  const Call plain = without_masks("Softmax", call, inputs);
  ASSERT_EQ(inputs.size(), 1u);
  EXPECT_EQ(inputs[0].mask->id, 11);
  EXPECT_EQ(plain.positional, Json::array({tensor(0), nullptr}));
}

TEST(Masks, OfNoTensorChangeNoInput) {
  auto [call, inputs] = called(1, Json::array({tensor(0)}), {{"mask", nullptr}});
  const Call plain = without_masks("LSTM", call, inputs);
  EXPECT_EQ(inputs.size(), 1u);
  EXPECT_FALSE(inputs[0].mask);
  EXPECT_FALSE(plain.keywords.contains("mask"));
}

TEST(Masks, ThatDoNotExistAreLeftOut) {
  auto [call, inputs] = called(1, Json::array({tensor(0)}), {{"mask", {tensor(7), tensor(0), tensor(0)}}});
  without_masks("LSTM", call, inputs);
  EXPECT_EQ(inputs.size(), 1u);
}

TEST(Masks, GoToAllOutputsOrToNone) {
  const Outputs inputs = {{.value = Value{1}, .axes = "TC", .mask = Value{5}}, {.value = Value{2}, .axes = "TC"}};
  Outputs outputs = {{.value = Value{3}, .axes = "C", .mask = Value{9}}, {.value = Value{4}, .axes = "C"}};
  hand_on_mask(MaskRule::kOwn, inputs, outputs);
  EXPECT_EQ(outputs[0].mask->id, 9);
  hand_on_mask(MaskRule::kPasses, inputs, outputs);
  EXPECT_EQ(outputs[0].mask->id, 5);
  EXPECT_EQ(outputs[1].mask->id, 5);
  hand_on_mask(MaskRule::kStops, inputs, outputs);
  EXPECT_FALSE(outputs[0].mask);
}

}  // namespace
}  // namespace kerascope
