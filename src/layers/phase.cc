#include "layers/phase.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "model/json.h"

namespace kerascope {
namespace {

/// Whether a layer computes something else in the training phase; of a class that nobody knows: false.
bool acts_in_training(const LayerData& layer) {
  constexpr std::array<std::string_view, 7> kOthers = {"BatchNormalization", "MixUp",    "CutMix",         "AugMix",
                                                       "RandAugment",        "Pipeline", "SpectralNormalization"};
  if (layer.network) return false;  // its layers are asked themselves
  const std::string& name = layer.class_name;
  const auto has_rate = [&](const char* key) {
    const Json& value = member(layer.config, key);
    return value.is_number() && value.get<double>() > 0;
  };
  return std::ranges::count(kOthers, name) > 0 || name.find("Dropout") != name.npos ||
         text::starts_with(name, "Gaussian") || text::starts_with(name, "Random") || has_rate("dropout") ||
         has_rate("recurrent_dropout");
}

}  // namespace

TrainingArgument PhaseOfCalls::of_call(const TrainingArgument& outer, const LayerData& layer, const Call& call,
                                       const std::string& address) {
  const Json& given = member(call.keywords, "training");
  const auto stored = given.is_boolean() ? std::optional(given.get<bool>()) : std::nullopt;
  if (layer.is_operation) return outer;  // it has no phase, and Keras 3 does not note its call
  if (keras_major_ < 3) return {.value = stored.value_or(outer.value), .as_called = std::nullopt};
  TrainingArgument argument{.value = outer.value, .as_called = outer.as_called};
  if (!argument.as_called) argument.as_called = stored;
  if (!argument.as_called) argument.as_called = called_before_;
  if (!argument.as_called) argument.as_called = default_training(layer.class_name);
  called_before_ = argument.as_called;
  if (argument.as_called == true && !argument.value && acts_in_training(layer)) trained_.push_back(address);
  if (phase_ == Phase::kAsCalled) argument.value = argument.as_called.value_or(false);
  return argument;
}

std::string PhaseOfCalls::note() const {
  if (trained_.empty() || phase_ != Phase::kInference) return "";
  std::string names = fmt::format(
      "'{}'",
      fmt::join(trained_.begin(), trained_.begin() + std::min<std::ptrdiff_t>(std::ssize(trained_), 3), "', '"));
  if (trained_.size() > 3) names += fmt::format(" and {} more", trained_.size() - 3);
  return fmt::format("model(x) would train in {}; shown is model.predict(x) (--phase as-called shows model(x))", names);
}

std::optional<bool> default_training(std::string_view class_name) {
  constexpr std::array<std::string_view, 21> kFalse = {"AdditiveAttention", "AlphaDropout",
                                                       "Attention",         "ConvLSTM1D",
                                                       "ConvLSTM2D",        "ConvLSTM3D",
                                                       "Dropout",           "GRU",
                                                       "GRUCell",           "GaussianDropout",
                                                       "GaussianNoise",     "LSTM",
                                                       "LSTMCell",          "RNN",
                                                       "SimpleRNN",         "SimpleRNNCell",
                                                       "SpatialDropout1D",  "SpatialDropout2D",
                                                       "SpatialDropout3D",  "SpectralNormalization",
                                                       "StackedRNNCells"};
  constexpr std::array<std::string_view, 12> kTrue = {"AugMix",
                                                      "AutoContrast",
                                                      "CenterCrop",
                                                      "ContrastLimitedAdaptiveHistogramEqualization",
                                                      "CutMix",
                                                      "Equalization",
                                                      "MaxNumBoundingBoxes",
                                                      "MixUp",
                                                      "Pipeline",
                                                      "RandAugment",
                                                      "Resizing",
                                                      "Solarization"};

  if (std::ranges::count(kFalse, class_name) > 0) return false;
  if (std::ranges::count(kTrue, class_name) > 0 || text::starts_with(std::string(class_name), "Random")) return true;
  return std::nullopt;
}

}  // namespace kerascope
