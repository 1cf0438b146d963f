#include "inputs/guess.h"

#include <set>

#include "base/text.h"

namespace kerascope {
namespace {

using Mode = Preprocessing::Mode;

struct Family {
  std::string_view name;     ///< how the network's name begins, in small letters
  std::string_view layer_a;  ///< two layers that only this family has
  std::string_view layer_b;
  Mode mode;
};

// keras.applications: `preprocess_input` of each family, and names from its source. The longer name stands first.
constexpr Family kFamilies[] = {
    {"vgg", "block1_conv1", "block5_conv3", Mode::kCaffe},
    {"resnet50v2", "conv2_block1_preact_bn", "post_relu", Mode::kTf},
    {"resnet101v2", "conv2_block1_preact_bn", "post_relu", Mode::kTf},
    {"resnet152v2", "conv2_block1_preact_bn", "post_relu", Mode::kTf},
    {"resnet", "conv1_conv", "conv2_block1_1_conv", Mode::kCaffe},
    {"mobilenetv3", "expanded_conv_project", "conv_1", Mode::kRaw},
    {"mobilenet", "Conv1", "expanded_conv_depthwise", Mode::kTf},
    {"mobilenet", "conv1", "conv_dw_1", Mode::kTf},
    {"inception_resnet_v2", "conv_7b", "conv_7b_ac", Mode::kTf},
    {"inception_v3", "mixed0", "mixed10", Mode::kTf},
    {"xception", "block1_conv1", "block2_sepconv1", Mode::kTf},
    {"nasnet", "stem_conv1", "normal_conv_1_0", Mode::kTf},
    {"densenet", "conv1/conv", "conv2_block1_0_bn", Mode::kTorch},
    {"densenet", "conv1_conv", "conv2_block1_0_bn", Mode::kTorch},
    {"efficientnet", "stem_conv", "block1a_project_conv", Mode::kRaw},
    {"convnext", "convnext_tiny_stem", "convnext_base_stem", Mode::kRaw},
};

bool scales_itself(const Layer& layer) {
  return layer.class_name == "Rescaling" || layer.class_name == "Normalization";
}

const Family* family_of(const Network& network) {
  const std::string name = text::lower(network.name);
  for (const Family& family : kFamilies)
    if (text::starts_with(name, family.name)) return &family;
  std::set<std::string_view> names;
  for (const Layer& layer : network.layers) names.insert(layer.name);
  for (const Family& family : kFamilies)
    if (names.count(family.layer_a) && names.count(family.layer_b)) return &family;
  return nullptr;
}

/// The first family met in a walk, or what stands before it and scales already.
PreprocessingGuess walk(const Network& network) {
  if (const Family* family = family_of(network))
    return {{.mode = family->mode, .mean = {}, .std = {}},
            family->mode == Mode::kRaw ? network.name + " scales its input itself" : "guessed from " + network.name};
  for (const Layer& layer : network.layers) {
    if (scales_itself(layer)) return {{}, "the model's own layer '" + layer.name + "' scales"};
    if (layer.is_operation) return {{}, "the model's own operation '" + layer.name + "' prepares its input"};
    if (!layer.network) continue;
    if (PreprocessingGuess inner = walk(*layer.network); !inner.reason.empty()) return inner;
  }
  return {};
}

}  // namespace

PreprocessingGuess guess_preprocessing(const Model& model) { return walk(model.network); }

bool ends_as_application(const Model& model) {
  for (const Network* network = &model.network; network && network->outputs.size() == 1;) {
    if (family_of(*network)) return true;
    network = network->layers[static_cast<std::size_t>(network->outputs[0].layer)].network.get();
  }
  return false;
}

}  // namespace kerascope
