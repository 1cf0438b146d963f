// Checks the whole contract of a layer for every row of *.rows.json, against the answers of real Keras.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>

#include "base/text.h"
#include "engine/function.h"
#include "formats/open.h"
#include "inputs/array.h"
#include "layers/registry.h"

namespace kerascope {
namespace {

std::filesystem::path answers_folder() {
  const char* folder = std::getenv("KERASCOPE_ORACLE_DIR");
  return std::filesystem::path(folder ? folder : "") / "rows";
}

/// The rows that tests/oracle/rows.py lists; empty if it has not run.
const std::vector<Json>& rows() {
  static const std::vector<Json> all = [] {
    std::ifstream manifest(answers_folder() / "manifest.json");
    return manifest ? Json::parse(manifest).get<std::vector<Json>>() : std::vector<Json>();
  }();
  return all;
}

std::vector<Tensor> tensors(const std::filesystem::path& path) {
  std::vector<Tensor> all;
  for (const NamedArray& array : read_arrays(path)) all.push_back(array.tensor);
  return all;
}

/// Reads an answer of Keras: texts stay texts.
Tensor as_numbers(const Tensor& tensor) {
  return tensor.dtype() == DType::kString ? tensor : tensor.astype(DType::kFloat32);
}

std::vector<Shape> shapes_of(const std::vector<Tensor>& inputs) {
  std::vector<Shape> shapes;
  for (const Tensor& input : inputs) shapes.push_back(input.shape());
  return shapes;
}

/// The largest difference, and the largest finite absolute value to judge it by. NaN equals NaN, infinity itself only.
std::pair<float, float> difference(std::span<const float> seen, std::span<const float> truth) {
  float apart = 0, largest = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    if (std::isfinite(truth[i])) largest = std::max(largest, std::abs(truth[i]));
    if (seen[i] == truth[i] || (std::isnan(seen[i]) && std::isnan(truth[i]))) continue;
    const float d = std::abs(seen[i] - truth[i]);
    apart = std::isfinite(d) ? std::max(apart, d) : INFINITY;
  }
  return {apart, largest};
}

/// Keys that every layer has and no output depends on.
bool only_for_training(const std::string& key) {
  for (const char* ending : {"_initializer", "_regularizer", "_constraint"})
    if (text::ends_with(key, ending)) return true;
  return key == "name" || key == "trainable" || key == "dtype";
}

void gather(const Json& json, std::vector<Json>& all) {
  if (json.is_array())
    for (const Json& item : json) gather(item, all);
  else if (json.is_number())
    all.emplace_back(json.get<float>());
  else if (!json.is_null())
    all.push_back(json);
}

/// Keras writes 2 for [2, 2], -1 for [-1], and null for an empty list, or the other way round.
bool means_the_same(const Json& one, const Json& other) {
  std::vector<Json> a, b;
  gather(one, a);
  gather(other, b);
  if (a.size() == 1 && b.size() > 1) a.resize(b.size(), a[0]);
  if (b.size() == 1 && a.size() > 1) b.resize(a.size(), b[0]);
  return a == b;
}

class LayerRow : public testing::TestWithParam<Json> {
 protected:
  std::filesystem::path answer(const char* name) const {
    return answers_folder() / row_["folder"].get<std::string>() / name;
  }
  /// All outputs of the layer.
  FunctionOptions options() const {
    std::vector<std::string> taps = {"layer"};
    if (expected_.size() > 1) taps.clear();
    for (std::size_t k = 0; expected_.size() > 1 && k < expected_.size(); ++k)
      taps.push_back(fmt::format("layer#{}", k));
    return {.taps = std::move(taps),
            .call = {.phase = row_.value("training", false) ? Phase::kTraining : Phase::kInference}};
  }
  /// Keras 2 writes no .keras file.
  bool of_keras_3() const { return row_["keras"] == "keras"; }
  ModelData usual_model() const { return open_model(answer(of_keras_3() ? "model.keras" : "model.h5")); }
  std::vector<Activation> outputs(const ModelData& model, const std::vector<Tensor>& inputs) const {
    return CompiledFunction(model, shapes_of(inputs), options()).run(inputs, {}).activations;
  }
  void expect_near(const Tensor& seen, const Tensor& truth) const {
    ASSERT_EQ(seen.shape(), truth.shape());
    if (truth.dtype() == DType::kString) {
      EXPECT_TRUE(std::ranges::equal(seen.elements<std::string_view>(), truth.elements<std::string_view>()));
      return;
    }
    const auto [apart, largest] = difference(seen.astype(DType::kFloat32).numbers(), truth.numbers());
    EXPECT_LE(apart, row_.value("tolerance", 1e-5f) * largest);
  }
  void expect_as_keras(const std::vector<Activation>& seen) const {
    ASSERT_EQ(seen.size(), expected_.size());
    for (std::size_t k = 0; k < seen.size(); ++k) {
      SCOPED_TRACE(seen[k].address);
      expect_near(seen[k].tensor, expected_[k]);
    }
  }
  /// The notes and errors of Kerascope as it plans the model with this config of the layer.
  struct Said {
    std::string error, code;
    std::vector<std::string> notes;
  };
  Said plan_with(ModelData& model, Json config) const {
    Json& place = tested_layer(model).config;
    std::swap(place, config);
    Said said;
    try {
      said.notes = CompiledFunction(model, shapes_of(inputs_), options()).notes();
    } catch (const Error& error) {
      said = {.error = error.what(), .code = error.code(), .notes = {}};
    }
    std::swap(place, config);
    return said;
  }
  static LayerData& tested_layer(ModelData& model) {
    const auto is_tested = [](const LayerData& layer) { return layer.name == "layer"; };
    return *std::find_if(model.network.layers.begin(), model.network.layers.end(), is_tested);
  }
  /// Whether the row's file names the key in one of its lists, "required" or "unread".
  bool listed(const char* list, const std::string& key) const {
    return std::find(row_[list].begin(), row_[list].end(), key) != row_[list].end();
  }

  const Json& row_ = GetParam();
  const std::vector<Tensor> inputs_ = tensors(answer("input.npz")), expected_ = tensors(answer("expected.npz"));
};

TEST_P(LayerRow, OutputEqualsKeras) {
  for (const char* file : {"model.h5", "model.keras"}) {
    if (file == std::string("model.keras") ? !of_keras_3() : row_.value("archive", false)) continue;
    SCOPED_TRACE(file);
    const std::vector<Activation> seen = outputs(open_model(answer(file)), inputs_);
    expect_as_keras(seen);
    EXPECT_EQ(seen[0].axes, row_.value("axes", seen[0].axes));
    EXPECT_EQ(static_cast<int>(seen[0].axes.size()), expected_[0].shape().rank() - 1);
  }
  RecordProperty("rows_compared", 1);
}

TEST_P(LayerRow, BatchEqualsSingles) {
  if (row_.value("training", false)) GTEST_SKIP() << "training may mix the samples of a batch";
  const ModelData model = usual_model();
  const std::vector<Activation> whole = outputs(model, inputs_);
  for (std::int64_t item = 0; item < whole[0].tensor.shape()[0]; ++item) {
    std::vector<Tensor> single;
    for (const Tensor& input : inputs_) {
      std::vector<std::int64_t> sizes = input.shape().sizes();
      sizes[0] = 1;
      single.push_back(input.item(item).reshaped(Shape(sizes)));
    }
    const std::vector<Activation> alone = outputs(model, single);
    for (std::size_t k = 0; k < whole.size(); ++k)
      expect_near(alone[k].tensor.item(0), as_numbers(whole[k].tensor.item(item)));
  }
}

TEST_P(LayerRow, ConfigIsChecked) {
  ModelData model = usual_model();
  const Json config = tested_layer(model).config;
  const Said usual = plan_with(model, config);
  ASSERT_EQ(usual.error, "");
  for (const auto& [key, value] : config.items()) {
    SCOPED_TRACE(key);
    Json changed = config;
    changed[key] = {{"unexpected", true}};  // no key has this type
    if (!listed("unread", key) && !only_for_training(key)) {
      const Said said = plan_with(model, changed);
      EXPECT_EQ(said.code, "config-type");
      EXPECT_NE(said.error.find("'" + key + "'"), std::string::npos) << said.error;
    }
    if (listed("required", key)) {
      changed.erase(key);
      const Said said = plan_with(model, changed);
      EXPECT_EQ(said.code, "config-missing");
      EXPECT_NE(said.error.find("'" + key + "'"), std::string::npos) << said.error;
    }
  }
  Json more = config;
  more["brightness"] = 1;
  const Said said = plan_with(model, more);
  EXPECT_EQ(said.error, "");
  ASSERT_EQ(said.notes.size(), usual.notes.size() + 1);
  EXPECT_TRUE(std::ranges::any_of(said.notes, [](const std::string& note) {
    return note.find("brightness") != note.npos;
  })) << said.notes.back();
}

TEST_P(LayerRow, WrittenConfigMeansTheSame) {
  ModelData model = usual_model();
  LayerData& layer = tested_layer(model);
  const LayerType* type = find_layer_type(layer.class_name);
  if (!type || layer.is_operation) GTEST_SKIP() << "an operation has no config that Keras 3 writes";
  FieldReader reader(layer, model.keras_major());
  const Json written = type->today(reader);
  // The same values as Keras 3's, for each key that it writes.
  for (const auto& [key, value] : written.items())
    if (of_keras_3() && layer.config.contains(key) && !layer.config[key].is_object()) {
      EXPECT_TRUE(means_the_same(value, layer.config[key])) << key << ": " << value << ", Keras " << layer.config[key];
    }
  layer.config = written;
  expect_as_keras(outputs(model, inputs_));
  FieldReader again(layer, model.keras_major());
  EXPECT_EQ(type->today(again), written);
}

std::string name_of_row(const testing::TestParamInfo<Json>& row) {
  return fmt::format("{}_{}", row.param["class"].get<std::string>(), row.param["row"].get<int>());
}
INSTANTIATE_TEST_SUITE_P(Keras, LayerRow, testing::ValuesIn(rows()), name_of_row);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(LayerRow);

TEST(LayerRows, InfinityEqualsItselfOnly) {
  const auto is_far = [](std::vector<float> seen, std::vector<float> truth) {
    const auto [apart, largest] = difference(seen, truth);
    return !(apart <= 1e-5f * largest);
  };
  EXPECT_FALSE(is_far({1, INFINITY, -INFINITY, NAN}, {1, INFINITY, -INFINITY, NAN}));
  EXPECT_TRUE(is_far({1, 7}, {1, INFINITY}));
  EXPECT_TRUE(is_far({1, INFINITY}, {1, -INFINITY}));
  EXPECT_TRUE(is_far({1, NAN}, {1, INFINITY}));
  EXPECT_TRUE(is_far({1, INFINITY}, {1, 7}));
  EXPECT_TRUE(is_far({1, NAN}, {1, 7}));
  EXPECT_TRUE(is_far({5, INFINITY}, {1, INFINITY})) << "infinity is no scale for the others";
}

TEST(LayerRows, CoverEveryLayerThatCanBeComputed) {
  ASSERT_FALSE(rows().empty()) << "no answers of real Keras in " << answers_folder() << "; ./dev test makes them";
  std::set<decltype(LayerType::build)> covered;
  const auto cover = [&](const Json& name) {
    if (const LayerType* type = name.is_string() ? find_layer_type(name.get<std::string>()) : nullptr)
      covered.insert(type->build);
  };
  // Layers within a layer are in its config.
  const std::function<void(const Json&)> cover_inside = [&](const Json& config) {
    if (config.is_object()) cover(config.value("class_name", Json()));
    if (config.is_structured())
      for (const Json& item : config) cover_inside(item);
  };
  for (const Json& row : rows()) {
    cover(row["class"]);
    cover_inside(row["config"]);
  }
  covered.insert(find_layer_type("Lambda")->build);  // rows hold no Python code; tests/test_lambdas.py has its tests
  for (const std::string& name : layer_class_names())
    EXPECT_TRUE(find_layer_type(name)->module.starts_with("tests.") || covered.count(find_layer_type(name)->build))
        << name << " has no rows";
}

}  // namespace
}  // namespace kerascope
