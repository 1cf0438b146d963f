// Numbers as files store them, little-endian, to float32.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/file.h"
#include "kerascope/tensor.h"

namespace kerascope {

/// The size in bytes of one number of an Hdf5Dataset's type; 0 for text. @throws std::out_of_range for an unknown type.
std::uint64_t number_size(std::string_view type);

/// The numbers at `offset`: in place if they are aligned float32, otherwise converted. They must lie inside the file.
Tensor float32_tensor(const Shape& shape, std::string_view type, const std::shared_ptr<const MappedFile>& file,
                      std::uint64_t offset);

}  // namespace kerascope
