// Activations as NumPy files: one .npz archive, or a folder of .npy.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/file.h"
#include "base/tensor.h"

namespace kerascope {

/// Writes "<f4" arrays in C order, which numpy.load opens, also mapped (mmap_mode).
void write_npy(const std::filesystem::path& path, const Tensor& tensor);

/// A stored (not compressed) zip of .npy members, zip64 where it must be; the array data are aligned to 64 bytes.
/// Nothing appears under the path before `commit`. Two arrays of one name are an error of the caller.
class NpzWriter {
 public:
  explicit NpzWriter(std::filesystem::path path);
  ~NpzWriter();
  /// The member is "<key>.npy".
  void add(const std::string& key, const Tensor& tensor);
  void commit();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// An address as a path below a folder: each segment's characters outside letters, digits and ._@#- become %XX, and a
/// segment of only dots is encoded whole, so that no name leaves the folder. "resnet50/conv1" stays "resnet50/conv1".
std::string file_name_from_address(const std::string& address);
/// The way back: %XX decoded. A segment that was too long for a file name stays cut.
std::string address_from_file_name(const std::string& file_name);

}  // namespace kerascope
