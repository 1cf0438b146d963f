// A zip archive's members, read from its central directory over a mapped file.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "model/json.h"

namespace kerascope {

class ZipArchive {
 public:
  /// A member's uncompressed bytes: in the archive itself if it is stored, otherwise inflated into memory.
  struct Member {
    std::shared_ptr<const MappedFile> file;
    std::uint64_t offset = 0, size = 0;
    std::string_view text() const;
  };

  static bool recognises(std::span<const std::byte> bytes);
  /// Reads zip64 too. @throws Error{zip-invalid} if a number does not fit the file, and for encrypted archives.
  static ZipArchive open(std::shared_ptr<const MappedFile> file);

  /// The members' names, in their order in the file.
  std::vector<std::string> names() const;
  bool has(const std::string& name) const;
  /// @throws Error{zip-invalid} if the member is damaged: wrong sizes, or, if it is deflated, a wrong CRC.
  Member member(const std::string& name) const;
  /// The member as JSON, whose size is limited. @throws Error{config-too-large} before it is inflated, {json-invalid}
  Json json(const std::string& name) const;

 private:
  struct Entry {
    std::uint64_t local_header = 0, compressed = 0, size = 0;
    std::uint32_t crc = 0;
    int method = 0;
  };
  std::shared_ptr<const MappedFile> file_;
  std::map<std::string, Entry> entries_;
};

}  // namespace kerascope
