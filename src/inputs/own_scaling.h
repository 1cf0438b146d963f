// How a model itself scales an input before the first layer that has weights or mixes numbers.
#pragma once

#include <vector>

#include "inputs/image.h"
#include "model/model.h"

namespace kerascope {

/// y = scale * x + offset; for several channels, their means.
struct Affine {
  double scale = 1, offset = 0;
};

/// The path of one input to the first layer that learns or mixes numbers. Layers that only move numbers (Reshape,
/// ZeroPadding) or do nothing at inference (Dropout, RandomFlip) are on it but are not steps.
struct OwnScaling {
  struct Step {
    const LayerData* layer;
    const Network* network;  ///< the network that contains it
  };
  std::vector<Step> steps;  ///< layers and operations that change the numbers
  Affine known;             ///< the steps' composition, up to the first step that is not affine
  bool is_known = true;     ///< false if a step is not affine
  std::vector<const Network*>
      networks;  ///< those that contain the first layer, the outermost first; empty without a first layer

  /// Whether it expects 0 to 255, because it scales such numbers to small ones.
  bool scales_pixels() const;
  bool centres_pixels() const;
};

/// One per model input, in their order.
std::vector<OwnScaling> own_scalings(const ModelData& model);

/// Whether the model scales pixels that this preprocessing has already scaled.
bool is_scaled_twice(const OwnScaling& own, const Preprocessing& given);

/// "the model's own layer 'unit'", "the model's own operation 'true_divide'": names the first step.
std::string own_text(const OwnScaling& own);

}  // namespace kerascope
