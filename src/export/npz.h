// Activations as NumPy files: one .npz archive, or a folder of .npy. Arrays arrive whole or in parts, in any order.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "kerascope/tensor.h"

namespace kerascope {

/// Writes named arrays. Not thread-safe.
class ArrayWriter {
 public:
  virtual ~ArrayWriter() = default;
  /// Reserves room for an array; names must be unique.
  virtual void reserve(const std::string& key, const Shape& shape, DType dtype) = 0;
  void reserve(const std::string& key, const Shape& shape) { reserve(key, shape, DType::kFloat32); }
  /// The order in which an archive names its arrays, once all are reserved; by default the order of `reserve`.
  virtual void list(const std::vector<std::string>&) {}
  /// Writes the items [first, first + items of `part`) of a reserved array's first axis; each item exactly once.
  virtual void write(const std::string& key, std::int64_t first, const Tensor& part) = 0;
  /// Call after all items of all arrays are written.
  virtual void commit() = 0;

  void add(const std::string& key, const Tensor& tensor) {
    reserve(key, tensor.shape(), tensor.dtype());
    write(key, 0, tensor);
  }
};

/// An uncompressed zip of members "<key>.npy", in the order of `reserve`, with zip64 if needed; array data are aligned
/// to 64 bytes. Nothing appears under the path before `commit`. A target without seeking, such as a pipe, is written at
/// `commit`, and the parts are kept until then.
class NpzWriter : public ArrayWriter {
 public:
  explicit NpzWriter(std::filesystem::path path);
  ~NpzWriter() override;
  using ArrayWriter::reserve;
  void reserve(const std::string& key, const Shape& shape, DType dtype) override;
  void list(const std::vector<std::string>& keys) override;
  void write(const std::string& key, std::int64_t first, const Tensor& part) override;
  void commit() override;
  /// False if the parts are kept until `commit`.
  bool can_seek() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// One array; its file appears when it is complete.
class NpyWriter : public ArrayWriter {
 public:
  explicit NpyWriter(std::filesystem::path path);
  ~NpyWriter() override;
  using ArrayWriter::reserve;
  void reserve(const std::string& key, const Shape& shape, DType dtype) override;
  void write(const std::string& key, std::int64_t first, const Tensor& part) override;
  void commit() override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// One .npy file per array; each appears when it is complete.
class NpyFolderWriter : public ArrayWriter {
 public:
  explicit NpyFolderWriter(std::filesystem::path folder);
  ~NpyFolderWriter() override;
  /// The path of an array's file.
  std::filesystem::path path(const std::string& key) const;
  using ArrayWriter::reserve;
  void reserve(const std::string& key, const Shape& shape, DType dtype) override;
  void write(const std::string& key, std::int64_t first, const Tensor& part) override;
  void commit() override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// An address as a path below a folder: characters other than letters, digits and ._@#- become %XX, and a segment of
/// only dots is encoded completely, so that no name escapes the folder. "resnet50/conv1" stays "resnet50/conv1".
std::string file_name_from_address(const std::string& address);
/// The inverse: decodes %XX. A segment that was too long for a file name stays truncated.
std::string address_from_file_name(const std::string& file_name);

}  // namespace kerascope
