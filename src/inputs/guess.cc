#include "inputs/guess.h"

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "inputs/own_scaling.h"

namespace kerascope {
namespace {

using Mode = Preprocessing::Mode;

struct Family {
  /// How a network's name begins, in lower case; empty if another row has the same.
  std::string_view name;
  /// Two early layers that only this family has together; a star stands for any beginning of a name.
  std::string_view layer_a, layer_b;
  Mode mode;
  /// The mode for networks made with include_preprocessing=False, which do not scale their input.
  Mode mode_without_scaling = mode;
};

// keras.applications: each family's `preprocess_input`; names from its source code, also of older versions.
constexpr Family kFamilies[] = {
    {"vgg1", "block1_conv1", "block1_pool", Mode::kCaffe},
    {"resnet50v2", "conv1_conv", "conv2_block1_preact_bn", Mode::kTf},
    {"resnet101v2", "conv1_conv", "conv2_block1_preact_bn", Mode::kTf},
    {"resnet152v2", "conv1_conv", "conv2_block1_preact_bn", Mode::kTf},
    {"resnet50", "conv1_bn", "conv2_block1_0_conv", Mode::kCaffe},
    {"resnet101", "conv1_bn", "conv2_block1_0_conv", Mode::kCaffe},
    {"resnet152", "bn_conv1", "res2a_branch2a", Mode::kCaffe},
    {"mobilenetv3", "conv_bn", "expanded_conv_project", Mode::kRaw, Mode::kTf},
    {"mobilenetv3", "Conv/BatchNorm", "expanded_conv/project", Mode::kRaw, Mode::kTf},
    {"mobilenetv2", "Conv1", "bn_Conv1", Mode::kTf},
    {"mobilenet_", "conv1", "conv_dw_1", Mode::kTf},
    {"inception_resnet_v2", "mixed_5b", "block35_1_conv", Mode::kTf},
    {"inception_v3", "mixed0", "mixed1", Mode::kTf},
    {"xception", "block1_conv1", "block2_sepconv1", Mode::kTf},
    {"nasnet", "stem_conv1", "stem_bn1", Mode::kTf},
    {"densenet", "conv2_block1_0_bn", "conv2_block1_concat", Mode::kTorch},
    {"efficientnet", "stem_conv", "block1a_project_conv", Mode::kRaw, Mode::kTf},
    {"convnext_", "*_stem", "*_stage_0_block_0_depthwise_conv", Mode::kRaw, Mode::kTorch},
};

bool has_layer(const Network& network, std::string_view name) {
  return std::any_of(network.layers.begin(), network.layers.end(), [&](const LayerData& layer) {
    return name.starts_with('*') ? text::ends_with(layer.name, name.substr(1)) : layer.name == name;
  });
}

const Family* family_by_layers(const Network& network) {
  const auto found = std::ranges::find_if(kFamilies, [&](const Family& family) {
    return has_layer(network, family.layer_a) && has_layer(network, family.layer_b);
  });
  return found == std::end(kFamilies) ? nullptr : found;
}

const Family* family_by_name(const Network& network) {
  const std::string name = text::lower(network.name);
  const auto found =
      std::ranges::find_if(kFamilies, [&](const Family& family) { return text::starts_with(name, family.name); });
  return found == std::end(kFamilies) ? nullptr : found;
}

/// First by the layers, as users rename networks and give known names to their own; then by the name.
const Family* family_of(const Network& network) {
  const Family* family = family_by_layers(network);
  return family ? family : family_by_name(network);
}

struct Known {
  const Family* family = nullptr;
  const Network* network = nullptr;
};

/// The known network among those around an input's first layer.
Known known_around(const std::vector<const Network*>& networks) {
  for (auto network = networks.rbegin(); network != networks.rend(); ++network)
    if (const Family* family = family_by_layers(**network)) return {family, *network};
  for (const Network* network : networks)
    if (const Family* family = family_by_name(*network)) return {family, network};
  return {};
}

/// The first known network in a walk over nested models.
Known known_inside(const Network& network) {
  if (const Family* family = family_of(network)) return {family, &network};
  for (const LayerData& layer : network.layers)
    if (layer.network)
      if (const Known inner = known_inside(*layer.network); inner.family) return inner;
  return {};
}

bool scales_itself(const Network& network) {
  return std::ranges::any_of(network.layers, [](const LayerData& layer) {
    return layer.class_name == "Rescaling" || layer.class_name == "Normalization";
  });
}

PreprocessingGuess guess(const ModelData& model, const OwnScaling& own) {
  Known known = known_around(own.networks);
  const auto is_in_known = [&](const OwnScaling::Step& step) { return step.network == known.network; };
  if (!own.steps.empty()) {
    if (known.family && known.family->mode == Mode::kRaw && std::ranges::any_of(own.steps, is_in_known))
      return {{}, known.network->name + " scales its input itself"};
    return {{}, own_text(own) + (own.steps[0].layer->is_operation ? " prepares its input" : " scales")};
  }
  if (!known.family) {
    // The network may come after an unknown layer, or after one that makes three channels of one.
    known = known_inside(model.network);
    if (!known.family) return {};
    if (scales_itself(*known.network))
      return known.family->mode == Mode::kRaw ? PreprocessingGuess{{}, known.network->name + " scales its input itself"}
                                              : PreprocessingGuess{};
  }
  const Mode mode = known.family->mode == Mode::kRaw ? known.family->mode_without_scaling : known.family->mode;
  return {{.mode = mode, .mean = {}, .std = {}}, "guessed from " + known.network->name};
}

}  // namespace

std::vector<PreprocessingGuess> guess_preprocessing(const ModelData& model) {
  std::vector<PreprocessingGuess> guesses;
  for (const OwnScaling& own : own_scalings(model)) guesses.push_back(guess(model, own));
  return guesses;
}

bool ends_as_application(const ModelData& model) {
  for (const Network* network = &model.network; network && network->outputs.size() == 1;) {
    if (family_of(*network)) return true;
    const NestedNetwork& nested = network->layers[static_cast<std::size_t>(network->outputs[0].layer)].network;
    network = nested ? &*nested : nullptr;
  }
  return false;
}

}  // namespace kerascope
