#include "inputs/guess.h"

#include <algorithm>

#include "base/text.h"

namespace kerascope {
namespace {

using Mode = Preprocessing::Mode;

struct Family {
  /// How a network's name begins, in small letters; empty where another row has it.
  std::string_view name;
  /// Two early layers that only this family has together; the star is what a name may begin with.
  std::string_view layer_a, layer_b;
  Mode mode;
  /// Made with include_preprocessing=False, so that nothing inside scales.
  Mode mode_without_scaling = mode;
};

// keras.applications: `preprocess_input` of each family, names from its source, those of older versions too.
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

bool scales(const LayerData& layer) { return layer.class_name == "Rescaling" || layer.class_name == "Normalization"; }

bool scales_itself(const Network& network) { return std::any_of(network.layers.begin(), network.layers.end(), scales); }

bool has_layer(const Network& network, std::string_view name) {
  return std::any_of(network.layers.begin(), network.layers.end(), [&](const LayerData& layer) {
    return name.starts_with('*') ? text::ends_with(layer.name, name.substr(1)) : layer.name == name;
  });
}

/// By the layers, since users rename networks and name their own like known ones; else by the name.
const Family* family_of(const Network& network) {
  for (const Family& family : kFamilies)
    if (has_layer(network, family.layer_a) && has_layer(network, family.layer_b)) return &family;
  const std::string name = text::lower(network.name);
  for (const Family& family : kFamilies)
    if (text::starts_with(name, family.name)) return &family;
  return nullptr;
}

/// The first family met in a walk, or what stands before it and scales already.
PreprocessingGuess walk(const Network& network) {
  const Family* family = family_of(network);
  const bool scaled = scales_itself(network);
  if (family && family->mode == Mode::kRaw && scaled) return {{}, network.name + " scales its input itself"};
  if (family && !scaled)
    return {{.mode = family->mode == Mode::kRaw ? family->mode_without_scaling : family->mode, .mean = {}, .std = {}},
            "guessed from " + network.name};
  bool has_computed = false;
  for (const LayerData& layer : network.layers) {
    if (scales(layer)) return {{}, "the model's own layer '" + layer.name + "' scales"};
    if (layer.is_operation && !has_computed)
      return {{}, "the model's own operation '" + layer.name + "' prepares its input"};
    has_computed |= text::ends_with(layer.class_name, "Dense") || layer.class_name.find("Conv") != std::string::npos;
    if (!layer.network) continue;
    if (PreprocessingGuess inner = walk(*layer.network); !inner.reason.empty()) return inner;
  }
  return {};
}

}  // namespace

PreprocessingGuess guess_preprocessing(const ModelData& model) { return walk(model.network); }

bool ends_as_application(const ModelData& model) {
  for (const Network* network = &model.network; network && network->outputs.size() == 1;) {
    if (family_of(*network)) return true;
    const NestedNetwork& nested = network->layers[static_cast<std::size_t>(network->outputs[0].layer)].network;
    network = nested ? &*nested : nullptr;
  }
  return false;
}

}  // namespace kerascope
