#include "layers/phase.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/text.h"
#include "model/json.h"

namespace kerascope {
namespace {

/// Whether a layer computes something else in the training phase; false for unknown classes.
bool acts_in_training(const LayerData& layer) {
  constexpr std::array<std::string_view, 7> kOthers = {
      "BatchNormalization", "MixUp", "CutMix", "AugMix", "RandAugment", "Pipeline", "SpectralNormalization"};
  if (layer.network) return false;  // its layers are looked at one by one
  const std::string& name = layer.class_name;
  const auto has_rate = [&](const char* key) {
    const Json& value = member(layer.config, key);
    return value.is_number() && value.get<double>() > 0;
  };
  return std::ranges::count(kOthers, name) > 0 || name.find("Dropout") != name.npos ||
         text::starts_with(name, "Gaussian") || text::starts_with(name, "Random") || has_rate("dropout") ||
         has_rate("recurrent_dropout");
}

/// A call of a network: its layer, and which of the layer's calls.
using Id = std::pair<int, int>;

/// The calls that the network's outputs need, in the order in which Keras finds them: depth first, each after the calls
/// that it needs.
std::vector<Id> found_from_outputs(const Network& network) {
  struct Open {
    Id id;
    std::size_t next = 0;  ///< the input to visit next
  };
  std::vector<Id> found;
  std::set<Id> seen;
  std::vector<Open> open;
  const auto calls_of = [&](const TensorRef& tensor) -> const std::vector<Call>& {
    return network.layers[static_cast<std::size_t>(tensor.layer)].calls;
  };
  const auto visit = [&](const TensorRef& tensor) {
    if (!calls_of(tensor).empty() && seen.emplace(tensor.layer, tensor.call).second)
      open.push_back({.id = {tensor.layer, tensor.call}});
  };
  for (const TensorRef& output : network.outputs) {
    visit(output);
    while (!open.empty()) {
      Open& last = open.back();
      const auto& [layer, call] = last.id;
      const auto& inputs = network.layers[static_cast<std::size_t>(layer)].calls[static_cast<std::size_t>(call)].inputs;
      if (last.next < inputs.size()) {
        visit(inputs[last.next++]);
      } else {
        found.push_back(last.id);
        open.pop_back();
      }
    }
  }
  return found;
}

/// The calls in the order in which Keras 3 makes them: by their distance from the outputs, the furthest first. A call
/// is at least as far away as the calls of its layer that were found after it. Calls that no output needs come last.
std::vector<Id> calls_in_order(const Network& network) {
  std::vector<Id> met;  // as Keras's dict of depths keeps them
  std::map<Id, int> depths;
  std::map<int, int> layer_depths;
  const auto depth_of = [&](const Id& id) -> int& {
    const auto [depth, is_new] = depths.try_emplace(id, 0);
    if (is_new) met.push_back(id);
    return depth->second;
  };
  const std::vector<Id> found = found_from_outputs(network);
  for (auto id = found.rbegin(); id != found.rend(); ++id) {
    int& depth = depth_of(*id);
    int& of_layer = layer_depths[id->first];
    depth = of_layer = std::max(depth, of_layer);
    const int further = depth + 1;
    const LayerData& layer = network.layers[static_cast<std::size_t>(id->first)];
    for (const TensorRef& input : layer.calls[static_cast<std::size_t>(id->second)].inputs) {
      if (network.layers[static_cast<std::size_t>(input.layer)].calls.empty()) continue;
      int& other = depth_of({input.layer, input.call});
      other = std::max(other, further);
    }
  }
  std::ranges::stable_sort(met, std::ranges::greater(), [&](const Id& id) { return depths.at(id); });
  for (int layer = 0; layer < static_cast<int>(network.layers.size()); ++layer)
    for (int call = 0; call < static_cast<int>(network.layers[static_cast<std::size_t>(layer)].calls.size()); ++call)
      if (!depths.count({layer, call})) met.emplace_back(layer, call);
  return met;
}

}  // namespace

PhaseOfCalls::PhaseOfCalls(const ModelData& model, Phase phase) : keras_major_(model.keras_major()), phase_(phase) {
  decide(model.network, "", {.value = phase == Phase::kTraining, .as_called = std::nullopt});
}

void PhaseOfCalls::decide(const Network& network, const std::string& container, const Argument& outer) {
  for (const auto& [layer_index, call_index] : calls_in_order(network)) {
    const LayerData& layer = network.layers[static_cast<std::size_t>(layer_index)];
    const std::string address = (container.empty() ? "" : container + "/") + layer.name +
                                (layer.calls.size() > 1 ? fmt::format("@{}", call_index) : "");
    const Argument argument = of_call(outer, layer, layer.calls[static_cast<std::size_t>(call_index)], address);
    trains_[address] = argument.value;
    if (layer.network) decide(*layer.network, address, argument);
  }
}

PhaseOfCalls::Argument PhaseOfCalls::of_call(const Argument& outer, const LayerData& layer, const Call& call,
                                             const std::string& address) {
  if (layer.is_operation) return outer;  // it has no phase, and does not count as the call before another
  const Json& given = member(call.keywords, "training");
  const auto stored = given.is_boolean() ? std::optional(given.get<bool>()) : std::nullopt;
  if (keras_major_ < 3) return {.value = stored.value_or(outer.value), .as_called = std::nullopt};
  Argument argument = outer;
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
