// Numbers as files store them, little-endian, to tensors.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/file.h"
#include "kerascope/tensor.h"

namespace kerascope {

/// A type of numbers in a file.
struct StoredType {
  std::string_view name;  ///< as in Hdf5Dataset::type: "f4", "bf16", "u2"
  std::uint64_t size;     ///< bytes of one number; 0 for text
  DType dtype;            ///< the type of a tensor that holds them; unsigned integers take the next larger signed type
};

/// @throws std::out_of_range for an unknown name
const StoredType& stored_type(std::string_view name);

/// The numbers at `offset`: in place if a tensor can have them so, otherwise copied. They must lie inside the file.
/// @throws Error{weight-type} for text and for a number beyond int64
Tensor stored_tensor(const Shape& shape, const StoredType& type, const std::shared_ptr<const MappedFile>& file,
                     std::uint64_t offset);

}  // namespace kerascope
