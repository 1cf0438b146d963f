// A model assembled for no input in particular: what is known of its layers' shapes before one is given.
#pragma once

#include <vector>

#include "layers/assemble.h"

namespace kerascope {

struct OpenAssembly {
  Assembly assembly;  ///< for sizes that stand in for those which the model leaves open; a batch of one
  /// One for each site, batch first; -1 for a size that depends on what is left open, as the batch always does. Empty
  /// for a site that cannot be computed and of whose shape the file says nothing.
  std::vector<Shape> shapes;
};

/// @param options  `fed` and `open_size` are not used.
OpenAssembly assemble_open(const ModelData& model, const AssembleOptions& options = {});

}  // namespace kerascope
