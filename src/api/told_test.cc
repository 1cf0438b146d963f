// What the library tells besides activations: predictions, comparisons, warnings, tables, pages; and large batches.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>

#include "api/demo_for_tests.h"
#include "base/error_test_support.h"
#include "kerascope/kerascope.h"

namespace kerascope {
namespace {

namespace kl = layers;
using namespace demo_tests;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string written(const std::string& name, const std::string& content) {
  const std::string path = std::filesystem::path(testing::TempDir()) / name;
  std::ofstream(path) << content;
  return path;
}

/// The digit, each sample of the batch a little darker than the one before.
Tensor batch_of(const Model& model, std::int64_t count) {
  const Tensor one = digit(model);
  Tensor batch({count, 64, 64, 1});
  for (std::int64_t i = 0; i < batch.size(); ++i)
    batch.mutable_data()[i] =
        one.data()[i % one.size()] * (1.0f - 0.5f * static_cast<float>(i / one.size()) / static_cast<float>(count));
  return batch;
}

TEST(Predictions, AreTheLargestFirstAndNaNLast) {
  const Tensor output = Tensor::of({2, 4}, std::vector<float>{0, 0, 0, 0, 0.1f, NAN, 0.7f, 0.7f});
  const std::vector<Prediction> best = predictions(output, {"a", "b", "c"}, 1);
  ASSERT_EQ(best.size(), 4u);
  EXPECT_EQ(best[0].index, 2);
  EXPECT_EQ(best[0].label, "c");
  EXPECT_EQ(best[1].index, 3) << "of equal numbers the first comes first";
  EXPECT_EQ(best[1].label, "") << "has no name";
  EXPECT_EQ(best[2].index, 0);
  EXPECT_TRUE(std::isnan(best[3].value));
  EXPECT_EQ(predictions(output, {}, 1, 1).size(), 1u);
  EXPECT_THAT(predictions(Tensor({1, 2, 2})), IsEmpty()) << "no classifier's output";
  EXPECT_EQ(error_of([&] { predictions(output, {}, 2); }).code(), "sample-index");
}

TEST(Labels, AreReadAsLinesListsAndKerassIndex) {
  EXPECT_THAT(read_labels(written("lines.txt", "cat\r\ndog\n")), ElementsAre("cat", "dog"));
  EXPECT_THAT(read_labels(written("list.json", R"(["cat", "dog"])")), ElementsAre("cat", "dog"));
  EXPECT_THAT(read_labels(written("index.json", R"({"1": ["n02", "dog"], "0": ["n01", "cat"]})")),
              ElementsAre("cat", "dog"));
  EXPECT_EQ(error_of([] { read_labels(written("bad.json", R"({"cat": 0})")); }).code(), "labels-invalid");
  EXPECT_THAT(labels(digits()), IsEmpty());
}

TEST(Batch, IsComputedInPartsAndReturnedAsAWhole) {
  const Model model = digits();
  constexpr std::int64_t kCount = 37;  // two parts of 16, and one that overlaps the second
  const Tensor batch = batch_of(model, kCount);
  const Function f = function(model.inputs(), {model.layer("pool3").output(), model.layer("digit").output()});
  std::size_t steps = 0, all = 0;
  const std::vector<Tensor> whole = f(batch, {.on_progress = [&](std::size_t done, std::size_t of) {
                                        EXPECT_EQ(done, steps++);
                                        all = of;
                                      }});
  EXPECT_EQ(steps, all) << "the steps of all parts are counted";
  ASSERT_EQ(whole[0].shape(), (Shape{kCount, 8, 8, 64}));
  EXPECT_EQ(numbers_of(model.predict(batch)[0]), numbers_of(whole[1]));
  const Activations together = model.run(batch, {.taps = {"pool3", "digit"}});
  EXPECT_EQ(numbers_of(whole[0]), numbers_of(together["pool3"].tensor));
  EXPECT_EQ(numbers_of(whole[1]), numbers_of(together["digit"].tensor));
}

TEST(Batch, IsRefusedBeyondItsLimitAlsoIfItRanBefore) {
  const Model model = digits();
  const Tensor picture = digit(model);
  model.run(picture);
  EXPECT_EQ(error_of([&] { model.run(picture, {.most_memory = 1000}); }).code(), "memory");
}

TEST(Batch, PassesEachSampleOnce) {
  const Model model = digits();
  constexpr std::int64_t kCount = 21;
  const Tensor batch = batch_of(model, kCount), whole = model.run(batch, {.taps = {"conv4"}})["conv4"];
  std::int64_t next = 0;
  const auto on_ready = [&](const Activation& seen) {
    EXPECT_EQ(seen.first, next);
    const std::int64_t samples = seen.tensor.shape()[0];
    EXPECT_EQ(numbers_of(seen.tensor), numbers_of(whole.items(next, samples)));
    next += samples;
  };
  const Activations kept = model.run(batch, {.taps = {"conv4"}, .on_ready = on_ready});
  EXPECT_EQ(next, kCount);
  EXPECT_TRUE(kept.empty());
}

TEST(Batch, StaysTogetherWhereAModelMixesSamplesOrTrains) {
  const KerasTensor x = Input({3});
  const Model model({x}, {layer(kl::BatchNormalization{.center = false, .scale = false})(x)});
  const Tensor batch = Tensor::of({40, 3}, std::vector<float>(120, 1));
  // Without weights nothing is computed; in training the batch's own statistics would be those of a part.
  EXPECT_EQ(error_of([&] { model.predict(batch); }).code(), "weight-missing");
  Sequential noisy;
  noisy.add(kl::GaussianNoise{.stddev = 1}, {.input_shape = {3}});
  const CallOptions training{.phase = Phase::kTraining, .seed = 5};
  const Tensor whole = noisy.predict(batch, training)[0];
  const Activations seen = noisy.run(batch, {.call = training});
  EXPECT_EQ(numbers_of(whole), numbers_of(seen[seen.size() - 1].tensor));
  const std::set<float> different(whole.data(), whole.data() + whole.size());
  EXPECT_GT(different.size(), 100u) << "each sample has noise of its own";
}

TEST(Compare, FindsWhereTwoRunsPart) {
  const Model model = digits();
  const Tensor picture = digit(model);
  const Activations seen = model.run(picture);
  std::vector<Activation> changed(seen.begin(), seen.end());
  for (Activation& one : changed)
    if (one.address == "conv3" || one.address == "digit") one.tensor.mutable_data()[5] += 1;
  const Comparison same = compare(seen, seen), other = compare(seen, Activations(changed));
  EXPECT_EQ(same.parted, 0);
  EXPECT_FALSE(same.first);
  EXPECT_EQ(other.parted, 2);
  ASSERT_TRUE(other.first);
  const ComparedRow& first = other.rows[*other.first];
  EXPECT_EQ(first.address, "conv3");
  EXPECT_EQ(first.distance.place, 5);
  EXPECT_FLOAT_EQ(first.value_b - first.value_a, 1);
  EXPECT_THAT(table(other), HasSubstr("parts first"));
  EXPECT_THAT(table(other), HasSubstr("layers equal"));
  EXPECT_THAT(table(other, {.top = 1}), HasSubstr(".. 11 more"));
  EXPECT_GT(curve(other).width, 0);
  EXPECT_EQ(error_of([] { compare({}, {}); }).code(), "nothing-to-compare");
}

TEST(Compare, TellsShapesAndWhatOneSideLacks) {
  const auto seen = [](std::vector<std::pair<std::string, Shape>> shapes) {
    std::vector<Activation> all;
    for (const auto& [address, shape] : shapes)
      all.push_back({.address = address, .axes = "C", .tensor = Tensor(shape)});
    return Activations(all);
  };
  const Comparison both = compare(seen({{"a", {1, 2}}, {"b", {1, 2}}}), seen({{"a", {1, 3}}, {"c", {1, 2}}}));
  ASSERT_EQ(both.rows.size(), 3u);
  EXPECT_EQ(both.rows[0].kind, ComparedRow::Kind::kShapes);
  EXPECT_EQ(both.rows[1].kind, ComparedRow::Kind::kOnlyB);
  EXPECT_EQ(both.rows[2].kind, ComparedRow::Kind::kOnlyA);
  EXPECT_EQ(both.parted, 3);
  EXPECT_EQ(both.first, 0u);
}

TEST(Compare, ComparesTheWeightsOfModels) {
  const Comparison same = compare_weights(digits(), digits());
  EXPECT_EQ(same.parted, 0);
  EXPECT_EQ(same.rows[0].address, "conv1/kernel");
  Sequential empty;
  empty.add(kl::Flatten{}, {.input_shape = {2}});
  EXPECT_EQ(error_of([&] { compare_weights(empty, digits()); }).code(), "weights-missing");
}

TEST(ReadInputs, PassesOverDamagedPicturesIfAsked) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(testing::TempDir()) / "pictures";
  fs::remove_all(folder);
  fs::create_directory(folder);
  fs::copy_file(kDemo + "/digit.png", folder / "a.png");
  std::ofstream(folder / "b.png") << "\x89PNG\r\n\x1a\n and no more";
  const Model model = digits();
  EXPECT_EQ(error_of([&] { read_inputs({folder}, model); }).code(), "image-invalid");
  const Inputs inputs = read_inputs({folder}, model, {.skips_damaged = true});
  EXPECT_EQ(inputs[0].shape(), (Shape{1, 64, 64, 1}));
  EXPECT_THAT(inputs.names, ElementsAre("a.png"));
  EXPECT_THAT(inputs.skipped, ElementsAre(HasSubstr("b.png")));
}

TEST(CheckPreprocessing, HasNothingToTellOfAModelWithoutBatchNormalization) {
  const Model model = digits();
  const Inputs inputs = read_inputs({kDemo + "/digit.png"}, model);
  EXPECT_THAT(inputs.done, ElementsAre(HasSubstr("raw preprocessing, the model's own layer 'unit' scales")));
  EXPECT_FALSE(check_preprocessing(model, inputs));
  EXPECT_FALSE(check_preprocessing(model, std::vector{inputs[0]}));
}

TEST(Summary, IsJsonForPrograms) {
  const std::string json = digits().summary_json();
  EXPECT_THAT(json, HasSubstr("\"address\": \"conv1\""));
  EXPECT_THAT(json, HasSubstr("\"trainable_parameters\": 185866"));
}

TEST(OpenSizes, AreSeenThroughLayersThatDivideThem) {
  const KerasTensor x = Input({kOpen, kOpen, 1});
  EXPECT_EQ(layer(kl::MaxPooling2D{.pool_size = {128, 128}})(x).shape(), (Shape{kOpen, kOpen, kOpen, 1}));
  EXPECT_EQ(layer(kl::GlobalMaxPooling2D{})(x).shape(), (Shape{kOpen, 1}));
}

TEST(OpenSizes, AreTakenAsTheModelNeedsThem) {
  const KerasTensor sequence = Input({kOpen, 3});
  EXPECT_EQ(layer(kl::Conv1D{.filters = 4, .kernel_size = {400}})(sequence).shape(), (Shape{kOpen, kOpen, 4}));
  const KerasTensor positions = Input({129, 3});
  const KerasTensor sum = layer(kl::Add{})({sequence, positions});
  EXPECT_EQ(sum.shape(), (Shape{kOpen, 129, 3}));
  const Error error = error_of([&] { layer(kl::Reshape{.target_shape = {5, 7}})(sequence); });
  EXPECT_EQ(error.code(), "shape-mismatch") << "no length has 35 numbers in rows of 3";
}

TEST(Overview, IsAPageThatLoadsNothing) {
  const Model model = digits();
  const std::string page = overview_page(model.run(digit(model)), {.title = "<digits>"});
  EXPECT_THAT(page, HasSubstr("<h1>&lt;digits&gt;</h1>"));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  EXPECT_THAT(page, HasSubstr(">conv4</th>"));
  EXPECT_EQ(page.find("<script"), page.npos);
}

TEST(Layer, IsMadeFromItsNameAndConfig) {
  const KerasTensor x = Input({8, 8, 1});
  const Layer conv = layer("Conv2D", R"({"filters": 4, "kernel_size": [3, 3], "padding": "same", "name": "c"})");
  EXPECT_EQ(conv.name(), "c");
  EXPECT_EQ(conv(x).shape(), (Shape{kOpen, 8, 8, 4}));
  EXPECT_EQ(layer("ReLU").class_name(), "ReLU");
  EXPECT_EQ(layer("ReLU", "{}", {.name = "r"}).name(), "r");
  const Error unknown = error_of([] { layer("Conv2d"); });
  EXPECT_EQ(unknown.code(), "layer-unknown");
  EXPECT_THAT(unknown.what(), HasSubstr("did you mean 'Conv2D'?"));
  EXPECT_EQ(error_of([] { layer("Conv2D"); }).code(), "config-missing");
  const Error argument = error_of([] { layer("Conv2D", R"({"filters": 4, "kernel_size": 3, "stride": 2})"); });
  EXPECT_EQ(argument.code(), "config-type");
  EXPECT_THAT(argument.what(), HasSubstr("has no argument 'stride'"));
  EXPECT_EQ(error_of([] { layer("ReLU", "["); }).code(), "json-invalid");
  EXPECT_EQ(error_of([] { layer("ReLU", "3"); }).code(), "config-type");
  EXPECT_EQ(error_of([] { layer("ReLU", R"({"name": "a/b"})"); }).code(), "name-invalid");
}

TEST(Layer, OfANameEqualsTheStruct) {
  const auto model_of = [](const Layer& dense) {
    const KerasTensor x = Input({3});
    return Model({x}, {dense(x)}).summary_json();
  };
  EXPECT_EQ(model_of(layer(kl::Dense{.units = 2, .use_bias = false}, {.trainable = false})),
            model_of(layer("Dense", R"({"units": 2, "use_bias": false, "trainable": false})")));
}

constexpr const char* kDense = R"({"class_name": "Sequential", "config": {"name": "net", "layers": [
    {"class_name": "InputLayer", "config": {"batch_shape": [null, 2], "name": "x"}},
    {"class_name": "Dense", "config": {"units": 1, "name": "dense"}}]}})";

TEST(FromJson, ComputesWithTheGivenWeights) {
  const Tensor kernel = Tensor::of({2, 1}, std::vector<float>{10, 1}), bias = Tensor::of({1}, std::vector<float>{0.5f});
  const Model model = from_json(kDense, {{"layers/dense/vars/0", kernel}, {"layers/dense/vars/1", bias}}, "3.15.1");
  EXPECT_EQ(model.keras_version(), "3.15.1");
  EXPECT_EQ(model.predict(Tensor::of({1, 2}, std::vector<float>{3, 4}))[0].data()[0], 34.5f);
  EXPECT_EQ(model.layer("dense").weights()[0].numbers.data(), kernel.data()) << "shared, not copied";
}

TEST(FromJson, WithoutWeightsHasAnArchitecture) {
  const Model model = from_json(kDense);
  EXPECT_EQ(model.layer("dense").class_name(), "Dense");
  EXPECT_EQ(error_of([&] { model.predict(Tensor(Shape{1, 2})); }).code(), "weight-missing");
}

TEST(FromJson, RefusesWhatIsNoModelAndWeightsOfAnother) {
  const Tensor one = Tensor::of({1}, std::vector<float>{0});
  EXPECT_EQ(error_of([] { from_json("{"); }).code(), "json-invalid");
  EXPECT_EQ(error_of([] { from_json("{}"); }).code(), "model-missing");
  EXPECT_EQ(error_of([&] {
              from_json(kDense, {{"layers/dense/vars/0", one}, {"/layers/dense/vars/0", one}});
            }).code(),
            "name-taken");
  EXPECT_EQ(error_of([&] {
              from_json(kDense, {{"layers/dense", one}, {"layers/dense/vars/0", one}});
            }).code(),
            "name-taken");
  const Model without = from_json(kDense, {{"layers/conv2d/vars/0", one}});
  EXPECT_EQ(error_of([&] { without.predict(Tensor(Shape{1, 2})); }).code(), "weight-missing");
  const Model wrong = from_json(kDense, {{"layers/dense/vars/0", one}, {"layers/dense/vars/1", one}});
  EXPECT_EQ(error_of([&] { wrong.predict(Tensor(Shape{1, 2})); }).code(), "weight-shape");
}

}  // namespace
}  // namespace kerascope
