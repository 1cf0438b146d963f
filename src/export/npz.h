// Activations as NumPy files: one .npz archive, or a folder of .npy. Arrays come whole or in parts, in any order.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "kerascope/tensor.h"

namespace kerascope {

/// Takes named arrays. One thread at a time.
class ArrayWriter {
 public:
  virtual ~ArrayWriter() = default;
  /// Makes room for an array; two of one name are an error of the caller.
  virtual void reserve(const std::string& key, const Shape& shape) = 0;
  /// The order in which an archive names its arrays, once all are reserved; by default the order of `reserve`.
  virtual void list(const std::vector<std::string>&) {}
  /// Items [first, first + part's own) of the first axis of a reserved array; each is given once.
  virtual void write(const std::string& key, std::int64_t first, const Tensor& part) = 0;
  /// After all items of all arrays.
  virtual void commit() = 0;

  void add(const std::string& key, const Tensor& tensor) {
    reserve(key, tensor.shape());
    write(key, 0, tensor);
  }
};

/// A stored (not compressed) zip of .npy members "<key>.npy", which lie in the order in which they were reserved, zip64
/// where it must be; the array data are aligned to 64 bytes. Nothing appears under the path before `commit`. What
/// cannot be written in any order, as a pipe, is written then, and the parts are kept until that.
class NpzWriter : public ArrayWriter {
 public:
  explicit NpzWriter(std::filesystem::path path);
  ~NpzWriter() override;
  void reserve(const std::string& key, const Shape& shape) override;
  void list(const std::vector<std::string>& keys) override;
  void write(const std::string& key, std::int64_t first, const Tensor& part) override;
  void commit() override;
  /// False where the parts are kept until `commit`.
  bool can_seek() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// One array, whose file appears when it is complete.
class NpyWriter : public ArrayWriter {
 public:
  explicit NpyWriter(std::filesystem::path path);
  ~NpyWriter() override;
  void reserve(const std::string& key, const Shape& shape) override;
  void write(const std::string& key, std::int64_t first, const Tensor& part) override;
  void commit() override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A .npy file an array, each of which appears when it is complete.
class NpyFolderWriter : public ArrayWriter {
 public:
  explicit NpyFolderWriter(std::filesystem::path folder);
  ~NpyFolderWriter() override;
  /// Where an array goes.
  std::filesystem::path path(const std::string& key) const;
  void reserve(const std::string& key, const Shape& shape) override;
  void write(const std::string& key, std::int64_t first, const Tensor& part) override;
  void commit() override;

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
