// HDF5 through the reader program kerascope-h5: an index of groups, attributes and data sets; numbers stay in place.
// Tensors in memory can be given the same form.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "model/model.h"

namespace kerascope {

/// A data set with contiguous bytes, in the file itself or in memory that the reader filled.
struct Hdf5Dataset {
  Shape shape;
  std::string type;  ///< "f4" "f8" "f2" "bf16" "i1".."i8" "u1".."u8" "b1" "s" (text); little-endian
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::shared_ptr<const MappedFile> file;  ///< which the offset refers to
  Tensor in_memory = {};                   ///< instead of all these but the shape
};

/// The checked index of a file, without numbers: offsets and sizes lie inside the file, paths are unique.
class Hdf5File {
 public:
  /// Opens the HDF5 file at [offset, offset + length) of `file`; messages call it `display_name`.
  /// @throws Error{hdf5-invalid} if libhdf5 cannot read it, {reader-missing} if kerascope-h5 is not found,
  /// {reader-failed} if it crashed or took too long.
  static Hdf5File open(std::shared_ptr<const MappedFile> file, std::uint64_t offset, std::uint64_t length,
                       std::string display_name);

  /// Tensors by their paths, "layers/dense/vars/0", as if a file held them.
  /// @throws Error{name-taken} for a path that is given twice, or that is the group of another one
  static Hdf5File of(const std::vector<std::pair<std::string, Tensor>>& tensors, std::string display_name);

  const std::string& name() const;  ///< its name in messages
  bool has_group(const std::string& path) const;
  /// The names of a group's members, sorted; only hard links count. A group that is inside itself, or in two groups,
  /// has its members only at its first occurrence.
  std::vector<std::string> members(const std::string& group_path) const;
  /// Null if there is none. @throws Error{hdf5-unreadable} if it is damaged, of another type, compressed by an unknown
  /// filter, or kept in other files.
  const Hdf5Dataset* dataset(const std::string& path) const;
  /// A text attribute of the group or data set, if it exists and is a single text.
  /// @throws Error{hdf5-invalid}, as `texts` does, if the attribute is damaged.
  std::optional<std::string> text(const std::string& path, const std::string& attribute) const;
  /// An attribute that is a list of texts; an empty list may have any type. Also joins "name0", "name1", .., into which
  /// Keras splits a long list.
  std::optional<std::vector<std::string>> texts(const std::string& path, const std::string& attribute) const;

  /// A handle to a float, integer or boolean data set that reads it on demand, in its own type; see stored_tensor.
  /// @throws Error{weight-missing} if there is none, what `dataset` throws, and Error{weight-type} from its `read` for
  /// text.
  StoredWeight stored(const std::string& path, std::string name) const;

 private:
  struct Index;
  std::shared_ptr<const Index> index_;
};

/// Lets kerascope-h5 create an HDF5 file, with room for data sets, at `offset` of a file; see h5/layout.h.
/// @return  its answer
/// @throws Error{reader-missing, hdf5-unwritable}
std::string lay_out_hdf5(int file, std::uint64_t offset, int plan);

}  // namespace kerascope
