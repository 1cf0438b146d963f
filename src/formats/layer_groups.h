// Which group of a .keras archive or .weights.h5 file holds which layer's weights.
//
// When Keras saves a model, it traverses all its objects and names a layer's group by class and order:
// "layers/conv2d_1" is the second Conv2D of a container, "layers/functional/layers/dense" lies in a nested model. An
// object is stored at its first visit. Which layer counts as the second of its class depends on the version:
//   Keras 2.12, 2.13         in "_layer_checkpoint_dependencies", where layers with weights are listed twice and the
//                            second visit counts: conv2d, conv2d_2, conv2d_4
//   Keras 2.14               there, too, but objects met before do not count: conv2d, conv2d_1
//   Keras 2.15 and tf_keras  in "layers", objects met before do not count
//   Keras 3                  in "layers", objects met before count; since 3.6 each group stores its layer's name
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "formats/hdf5.h"
#include "model/model.h"

namespace kerascope {

/// "layers", or its name in the version of Keras that wrote the file.
std::string container_of(const Hdf5File& file);

/// All weights below a layer's group: its own ("vars/0") and those of layers inside ("cell/vars/0").
std::vector<StoredWeight> weights_below(const Hdf5File& file, const std::string& group);

/// A layer, and the layer name that the file stores with its weights.
using NamedPair = std::pair<const LayerData*, std::string>;

/// Which Keras wrote a file.
struct Writer {
  int keras_major = 3;
  bool is_certain = true;  ///< false if this is known only from the model, and the weights are from another file
  /// An archive's asset vocabulary.txt of a group; nothing if it has none.
  std::function<std::optional<std::string>(const std::string& group)> vocabulary_of = {};
};

/// Gives the layers of a network the weights in their groups.
/// @param description  its configuration, if available: it holds the Python names of classes, and tells which layers
///                     are one object
/// @return  the layers whose stored names are known
/// @throws Error{weights-mismatch} if the file's groups are not those of this network,
/// {weights-ambiguous} if they could be matched in two ways
std::vector<NamedPair> attach_by_path(const Hdf5File& file, Network& network, const Writer& writer,
                                      const Json& description = nullptr);

/// How the stored names show that weights went to the wrong layers; empty if they do not. Layers may have been renamed
/// since; but a stored name that another of these layers has, or made-up numbers in another order, prove a mistake.
std::string disagreement(const std::vector<NamedPair>& pairs);

}  // namespace kerascope
