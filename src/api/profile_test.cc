#include "kerascope/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error_test_support.h"
#include "kerascope/kerascope.h"

namespace kerascope {
namespace {

using ::testing::HasSubstr;

Model convolutions() {
  const KerasTensor x = Input({16, 16, 3}, "x");
  const Layer conv = layer(layers::ReLU{}, {.name = "relu"}), pool = layer(layers::MaxPooling2D{}, {.name = "pool"});
  return Model({x}, {layer(layers::Flatten{}, {.name = "flat"})(pool(conv(x)))});
}

TEST(Profile, OfAModelAddsUp) {
  const Model model = convolutions();
  std::size_t told = 0;
  const ModelProfile all = profile(model, Tensor({2, 16, 16, 3}),
                                   {.runs = 3, .call = {.on_progress = [&](std::size_t, std::size_t) { ++told; }}});
  double sum = all.outside_seconds;
  std::string addresses;
  for (const StepProfile& step : all.steps) {
    sum += step.seconds;
    addresses += step.addresses + ' ';
    EXPECT_GE(step.seconds, 0);
    EXPECT_GT(step.bytes, 0);
  }
  EXPECT_NEAR(sum, all.seconds, 1e-9);
  EXPECT_GT(all.seconds, 0);
  EXPECT_GT(all.least_seconds, 0);
  EXPECT_THAT(addresses, HasSubstr("relu"));
  EXPECT_THAT(addresses, HasSubstr("pool"));
  EXPECT_EQ(told, 5 * all.steps.size());
  EXPECT_THAT(all.table(), HasSubstr("at least"));
  EXPECT_THAT(all.table(), HasSubstr("\nall "));
}

TEST(Profile, OfSomeLayersHasTheirStepsAlone) {
  const ModelProfile some = profile(convolutions(), Tensor({1, 16, 16, 3}), {.taps = {"relu"}, .runs = 1});
  ASSERT_EQ(some.steps.size(), 1u);
  EXPECT_EQ(some.steps[0].addresses, "relu");
  EXPECT_EQ(some.steps[0].shape, (Shape{1, 16, 16, 3}));
}

TEST(Profile, NeedsARunAndInputs) {
  EXPECT_EQ(error_of([] { profile(convolutions(), Tensor({1, 16, 16, 3}), {.runs = 0}); }).code(), "argument-invalid");
  EXPECT_EQ(error_of([] { profile(convolutions(), Tensor({1, 8})); }).code(), "input-shape");
}

}  // namespace
}  // namespace kerascope
