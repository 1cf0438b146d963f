// Files of weights: those that save_weights wrote, and the weights of whole models.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "formats/hdf5.h"
#include "model/model.h"

namespace kerascope {

/// What a file stores under one name of a layer.
struct StoredLayer {
  std::string name;
  std::vector<StoredWeight> weights;
};

struct WeightsFile {
  std::string path;           ///< for messages
  std::string backend;        ///< "theano", ..; empty where the file does not say
  std::string keras_version;  ///< empty for a .weights.h5, which does not say
  /// True where weights lie layer by layer, in the order of `model.layers` (.h5); false where their paths count equal
  /// class names (.keras, .weights.h5), see layer_groups.h.
  bool is_by_layer = false;
  std::vector<StoredLayer> layers;  ///< by layer: all, also those without weights; a nested model is one
  std::shared_ptr<const Hdf5File> hdf5;
  std::string archive;  ///< the path of a .keras, which says how its layers are named; else empty
};

/// @throws Error{file-missing, format-unknown, weights-missing, format-unsupported, ...}
WeightsFile open_weights(const std::string& path);

/// Layer by layer, from the group that holds `layer_names`; empty where there is no such list.
std::vector<StoredLayer> stored_layers(const Hdf5File& file, const std::string& group);

/// Calls visit(layer, group) for each layer that is no model with the group in which Keras 3 finds its weights, see
/// layer_groups.h.
/// @param class_of  the class that Keras 3 has for a layer
/// @param outer     of a nested model, with its slash
template <typename ClassOf, typename Visit>
void each_filed(const Network& network, const ClassOf& class_of, const Visit& visit, const std::string& outer = "") {
  std::map<std::string, int> seen;
  for (std::size_t i = network.is_sequential ? 1 : 0; i < network.layers.size(); ++i) {
    const LayerData& layer = network.layers[i];
    if (layer.is_operation) continue;
    const std::string name = snake_case(class_of(layer));
    const int count = seen[name]++;
    std::string group = outer + "layers/" + name;
    if (count > 0) group.append("_").append(std::to_string(count));
    if (layer.network)
      each_filed(*layer.network, class_of, visit, group + "/");
    else
      visit(layer, group);
  }
}

/// A layer's weights as a list of a file alone shows them.
struct ListedWeights {
  std::string group;  ///< "layers/conv2d_1"; of a file by layer the same as its name
  std::string name;   ///< the layer's, empty where the file does not say
  std::vector<StoredWeight> weights;
  std::string title() const { return name.empty() || name == group ? group : group + " (" + name + ")"; }
};

/// All layers of a file that have weights, also those inside nested models.
std::vector<ListedWeights> listed_weights(const WeightsFile& file);

/// The paths of all weights of layers in a file that is not by layer.
std::vector<std::string> weight_paths(const Hdf5File& file);

/// The layers of such a file, at any depth, by the name that they had.
/// @throws Error{weights-unnamed} if the Keras that wrote it did not keep the names
std::vector<StoredLayer> named_layers(const WeightsFile& file);

}  // namespace kerascope
