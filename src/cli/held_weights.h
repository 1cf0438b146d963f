// The weights of each layer, whether Kerascope can compute the layer or not.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "layers/assemble.h"

namespace kerascope::cli {

struct HeldWeight {
  std::string name;  ///< in Keras, "kernel"; for a layer that could not be built, in the file: "kernel" or "0"
  Shape shape;
  DType dtype = DType::kFloat32;
  std::function<Tensor()> read;          ///< not set if `problem` is
  std::shared_ptr<const Error> problem;  ///< why the file has no such weight
};

/// Weights as the layers declare them or, for layers that could not be built, as in the file.
class HeldWeights {
 public:
  HeldWeights(const ModelData& model, const Assembly& assembly);
  /// Empty for a nested model: its layers hold the weights.
  std::vector<HeldWeight> of(const LayerData& layer) const;
  /// Why the layer cannot be computed; null if it can.
  std::shared_ptr<const Error> problem_of(const LayerData& layer) const { return problems_.at(&layer); }

 private:
  const Assembly& assembly_;
  std::map<const LayerData*, std::vector<HeldWeight>> stored_;
  std::map<const LayerData*, std::shared_ptr<const Error>> problems_;
};

}  // namespace kerascope::cli
