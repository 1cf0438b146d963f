// A model assembled for no input in particular: what is known of its layers' shapes before one is given.
#pragma once

#include <vector>

#include "layers/assemble.h"

namespace kerascope {

struct OpenAssembly {
  Assembly assembly;          ///< for sizes that stand in for those which the model leaves open; a batch of one
  std::vector<Shape> shapes;  ///< one a site, batch first; -1 where a size depends on what is left open, the batch
                              ///< always is. Empty for a site that cannot be computed
};

/// @param options  `fed` is not used.
OpenAssembly assemble_open(const ModelData& model, const AssembleOptions& options = {});

}  // namespace kerascope
