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
  /// Where a member's plain bytes lie: in the archive itself if it is stored, else in memory inflated for it.
  struct Member {
    std::shared_ptr<const MappedFile> file;
    std::uint64_t offset = 0, size = 0;
    std::string_view text() const;
  };

  static bool recognises(std::span<const std::byte> bytes);
  /// Reads zip64 too. @throws Error{zip-invalid} where a number does not fit the file; encrypted archives likewise.
  static ZipArchive open(std::shared_ptr<const MappedFile> file);

  /// In the order in which the members lie in the file.
  std::vector<std::string> names() const;
  bool has(const std::string& name) const;
  /// @throws Error{zip-invalid} if the member is damaged: wrong sizes, or a wrong CRC where it was deflated.
  Member member(const std::string& name) const;
  /// The same as JSON, which is small. @throws Error{config-too-large} before it is inflated, {json-invalid}
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
