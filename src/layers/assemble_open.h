// A model assembled without an input: the shapes of its layers, as far as they are known before one is given.
#pragma once

#include <vector>

#include "layers/assemble.h"

namespace kerascope {

struct OpenAssembly {
  Assembly assembly;  ///< a batch of one; the sizes that the model leaves open have stand-ins
  /// One per site, batch first; -1 for the batch and for each size that depends on an open size. Empty if the site
  /// cannot be computed and the file does not state its shape.
  std::vector<Shape> shapes;
};

/// @param options  `fed` and `open_size` are not used.
OpenAssembly assemble_open(const ModelData& model, const AssembleOptions& options = {});

}  // namespace kerascope
