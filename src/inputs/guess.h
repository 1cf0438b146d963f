// Guesses from its architecture which preprocessing a model expects.
#pragma once

#include <string>
#include <vector>

#include "inputs/image.h"
#include "model/model.h"

namespace kerascope {

struct PreprocessingGuess {
  Preprocessing preprocessing;
  std::string reason;  ///< "guessed from resnet50", "scaled by the model's own Rescaling"; empty if there is no clue
};

/// One guess per model input. Recognises the networks of keras.applications by their names and, if they are fine-tuned
/// under another name, by their layers' names.
std::vector<PreprocessingGuess> guess_preprocessing(const ModelData& model);

/// True if the model's only output is that of a network of keras.applications, so that 1000 numbers are ImageNet's
/// classes.
bool ends_as_application(const ModelData& model);

}  // namespace kerascope
