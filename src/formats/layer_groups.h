// Which group of a .keras archive or .weights.h5 file holds which layer's weights.
//
// Keras walks over the model when it saves, and names a layer's group by class and order: "layers/conv2d_1" is the
// second Conv2D of a container, "layers/functional/layers/dense" lies in a nested model. An object is stored where it
// is met first. What counts as second differs:
//   Keras 2.12, 2.13         in "_layer_checkpoint_dependencies", where layers with weights are listed twice and the
//                            second visit counts: conv2d, conv2d_2, conv2d_4
//   Keras 2.14               there, too, but what was met before does not count: conv2d, conv2d_1
//   Keras 2.15 and tf_keras  in "layers", what was met before does not count
//   Keras 3                  in "layers", what was met before counts; since 3.6 each group has its layer's name
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "formats/hdf5.h"
#include "model/model.h"

namespace kerascope {

/// "layers", or what the Keras that wrote the file calls it.
std::string container_of(const Hdf5File& file);

/// All weights below a layer's group: its own ("vars/0") and those of layers inside ("cell/vars/0").
std::vector<StoredWeight> weights_below(const Hdf5File& file, const std::string& group);

/// A layer and the name that its weights have in the file.
using NamedPair = std::pair<const LayerData*, std::string>;

/// Which Keras wrote a file.
struct Writer {
  int keras_major = 3;
  bool is_certain = true;  ///< false where only the model says so, and the weights are of another file
};

/// Gives the layers of a network what lies in their groups.
/// @param description  its configuration, if at hand: it says how classes are named in Python, and which layers are one
///                     object
/// @return  the layers whose stored names are known
/// @throws Error{weights-mismatch} where the file's groups are not those of this network,
/// {weights-ambiguous} where they could be matched in two ways
std::vector<NamedPair> attach_by_path(const Hdf5File& file, Network& network, const Writer& writer,
                                      const Json& description = nullptr);

/// Why the stored names show that weights went to the wrong layers; empty where they do not. Layers may have got other
/// names since; but a name that another of these layers has, or numbers that Keras gave in another order, tell of a
/// mistake.
std::string disagreement(const std::vector<NamedPair>& pairs);

}  // namespace kerascope
