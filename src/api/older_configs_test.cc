// What files of older versions hold and the Keras of the rows does not write.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error_test_support.h"
#include "kerascope/kerascope.h"

namespace kerascope {
namespace {

Model causal(const char* class_name) {
  std::string json = R"({"class_name": "Functional", "keras_version": "2.3.0-tf", "backend": "tensorflow", "config": {
    "name": "net", "layers": [
      {"class_name": "InputLayer", "name": "x", "inbound_nodes": [],
       "config": {"batch_input_shape": [null, 3, 2], "dtype": "float32", "name": "x"}},
      {"class_name": "CLASS", "name": "attention", "config": {"name": "attention", "use_scale": false, "causal": true},
       "inbound_nodes": [[["x", 0, 0, {}], ["x", 0, 0, {}]]]}],
    "input_layers": [["x", 0, 0]], "output_layers": [["attention", 0, 0]]}})";
  json.replace(json.find("CLASS"), 5, class_name);
  return from_json(json);
}

TEST(Attention, OfOlderVersionsIsCausalByItsConfig) {
  const Tensor x = Tensor::of({1, 3, 2}, std::vector<float>{1, 2, 3, 4, 5, 6});
  for (const char* class_name : {"Attention", "AdditiveAttention"}) {
    const Model model = causal(class_name);
    const Tensor out = model.predict(x)[0];
    EXPECT_FLOAT_EQ(out.data()[0], 1) << class_name << ": the first step sees itself alone";
    EXPECT_FLOAT_EQ(out.data()[1], 2) << class_name;
    EXPECT_NE(out.data()[2], 3) << class_name;
    const Tensor scores = model.run(x, {.taps = {"attention/scores"}})["attention/scores"].tensor;
    EXPECT_EQ(scores.data()[1], 0);
    EXPECT_GT(scores.data()[3], 0);
    const Error refused = error_of([&] { model.save(std::string(testing::TempDir()) + "causal.keras"); });
    EXPECT_EQ(refused.code(), "save-unsupported");
    EXPECT_THAT(refused.what(), ::testing::HasSubstr("causal"));
  }
}

}  // namespace
}  // namespace kerascope
