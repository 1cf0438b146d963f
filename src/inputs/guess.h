// What a model expects of its pictures, guessed from its architecture.
#pragma once

#include <string>
#include <vector>

#include "inputs/image.h"
#include "model/model.h"

namespace kerascope {

struct PreprocessingGuess {
  Preprocessing preprocessing;
  std::string reason;  ///< "guessed from resnet50", "scaled by the model's own Rescaling"; empty without any sign
};

/// One for each of the model's inputs. Knows the networks of keras.applications by their names and, fine-tuned under
/// another name, by their layers'.
std::vector<PreprocessingGuess> guess_preprocessing(const ModelData& model);

/// True where the model's only output is that of a network of keras.applications, so that 1000 numbers are ImageNet's
/// classes.
bool ends_as_application(const ModelData& model);

}  // namespace kerascope
