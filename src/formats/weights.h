// Files of weights: from save_weights, and the weights in full models.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "formats/hdf5.h"
#include "model/model.h"

namespace kerascope {

/// The weights that a file stores under one layer name.
struct StoredLayer {
  std::string name;
  std::vector<StoredWeight> weights;
};

struct WeightsFile {
  std::string path;           ///< for messages
  std::string backend;        ///< "theano", ..; empty if the file does not say
  std::string keras_version;  ///< empty for a .weights.h5, which does not say
  /// True if weights are stored layer by layer, in the order of `model.layers` (.h5); false if paths number the layers
  /// of each class (.keras, .weights.h5), see layer_groups.h.
  bool is_by_layer = false;
  std::vector<StoredLayer> layers;  ///< if is_by_layer: all layers, also without weights; a nested model is one layer
  std::shared_ptr<const Hdf5File> hdf5;
  std::string archive;  ///< the path of a .keras, whose configuration names its layers; else empty
};

/// @throws Error{file-missing, format-unknown, weights-missing, format-unsupported, ...}
WeightsFile open_weights(const std::string& path);

/// The layers of the group that holds `layer_names`, in that order; empty if there is no such list.
std::vector<StoredLayer> stored_layers(const Hdf5File& file, const std::string& group);

/// Calls visit(layer, group) for each layer that is not a model, with the group in which Keras 3 finds its weights, see
/// layer_groups.h.
/// @param class_of  gives a layer's class in Keras 3
/// @param outer     the group of the enclosing nested model, with its slash
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

/// A layer's weights for the list of a file of weights alone.
struct ListedWeights {
  std::string group;  ///< "layers/conv2d_1"; if is_by_layer, the same as `name`
  std::string name;   ///< the layer's name; empty if the file does not say
  std::vector<StoredWeight> weights;
  std::string title() const { return name.empty() || name == group ? group : group + " (" + name + ")"; }
};

/// All layers of a file that have weights, also those inside nested models.
std::vector<ListedWeights> listed_weights(const WeightsFile& file);

/// The paths of all layer weights in a file with is_by_layer = false.
std::vector<std::string> weight_paths(const Hdf5File& file);

/// The layers of such a file, at any depth, with their stored names.
/// @throws Error{weights-unnamed} if the Keras version that wrote it did not store names
std::vector<StoredLayer> named_layers(const WeightsFile& file);

}  // namespace kerascope
