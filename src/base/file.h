// Files: mapped for reading; written under a temporary name and renamed, so that no half-written file stays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace kerascope {

/// A file mapped read-only. Copies of the shared pointer keep the mapping.
class MappedFile {
 public:
  /// "-" is standard input, which is read once; its content is kept.
  /// @throws Error{file-missing, file-unreadable} naming `path`. An empty file maps to no bytes.
  static std::shared_ptr<const MappedFile> open(const std::filesystem::path& path);
  /// Maps the current content of an open descriptor (for example of a memfd); takes ownership of the descriptor.
  static std::shared_ptr<const MappedFile> adopt(int descriptor, std::string name);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  std::uint64_t size() const { return size_; }
  int descriptor() const { return descriptor_; }
  const std::string& name() const { return name_; }

 private:
  MappedFile() = default;
  int descriptor_ = -1;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  std::string name_;
};

/// Writes to a hidden temporary file in the same folder; `commit` renames it, and without `commit` it is removed.
class FileWriter {
 public:
  /// Makes missing parent folders.
  /// @throws Error{output-unwritable} naming `path` and the system's reason.
  explicit FileWriter(std::filesystem::path path);
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  /// @throws Error{output-unwritable}, also when the disk is full.
  void write(std::span<const std::byte> bytes);
  void write(std::string_view text) { write(std::as_bytes(std::span(text.data(), text.size()))); }
  /// False for a pipe or a device, which takes bytes only in order.
  bool can_seek() const { return !temporary_.empty(); }
  /// Writes bytes at any offset; does not move the position of write(). Only if can_seek().
  void write_at(std::uint64_t offset, std::span<const std::byte> bytes);
  void write_at(std::uint64_t offset, std::string_view text) {
    write_at(offset, std::as_bytes(std::span(text.data(), text.size())));
  }
  /// The descriptor, for others to write to and to read.
  int descriptor() const { return descriptor_; }
  /// The current size in bytes.
  std::uint64_t size() const;
  void commit();

 private:
  [[noreturn]] void fail(int error_number);
  std::filesystem::path path_, temporary_;
  int descriptor_ = -1;
};

/// Writes a whole file at once. @throws Error{output-unwritable}
void write_file(const std::filesystem::path& path, std::string_view content);

/// Writes to standard error and ignores failures.
void say_error(std::string_view message) noexcept;

/// For programs: if a mapped file is truncated, the program ends with a message and exit code 1 instead of a crash.
void explain_bus_errors();

/// Removes the unfinished files of all FileWriters; safe to call from a signal handler.
void remove_unfinished_files() noexcept;

}  // namespace kerascope
