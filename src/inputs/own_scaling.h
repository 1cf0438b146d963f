// What a model itself does to the numbers of an input before its first layer that has weights or mixes them.
#pragma once

#include <vector>

#include "inputs/image.h"
#include "model/model.h"

namespace kerascope {

/// y = scale * x + offset; of several channels the mean.
struct Affine {
  double scale = 1, offset = 0;
};

/// The way of one input to the first layer that learns or mixes. What only moves numbers (Reshape, ZeroPadding) or does
/// nothing at inference (Dropout, RandomFlip) lies on it and is no step.
struct OwnScaling {
  struct Step {
    const LayerData* layer;
    const Network* network;  ///< that holds it
  };
  std::vector<Step> steps;  ///< layers and operations that change the numbers
  Affine known;             ///< what the steps do together, up to the first that is not of this form
  bool is_known = true;     ///< false if there is such a step
  std::vector<const Network*>
      networks;  ///< that hold the first layer, the outermost first; empty without a first layer

  /// Whether it expects 0 to 255: brings such numbers near 0 or 1.
  bool scales_pixels() const;
  bool centres_pixels() const;
};

/// One for each of the model's inputs, in their order.
std::vector<OwnScaling> own_scalings(const ModelData& model);

/// Whether pixels that are prepared like this are prepared once more by the model.
bool is_scaled_twice(const OwnScaling& own, const Preprocessing& given);

/// "the model's own layer 'unit'", "the model's own operation 'true_divide'": the first step.
std::string own_text(const OwnScaling& own);

}  // namespace kerascope
