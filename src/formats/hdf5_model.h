// A full model in HDF5, as Keras 2 to 3 write it: the configuration in an attribute, the weights in groups.
#pragma once

#include <memory>

#include "base/file.h"
#include "model/model.h"

namespace kerascope {

ModelData read_hdf5_model(std::shared_ptr<const MappedFile> file);

}  // namespace kerascope
