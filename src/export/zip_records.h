// The records of a zip archive of stored members (PKWARE's APPNOTE 6.3), with zip64 if a number needs it.
#pragma once

#include <cstdint>
#include <string>

namespace kerascope {

constexpr std::uint64_t kZipAlignment = 64;

struct ZipMember {
  std::string name;  ///< UTF-8, at most 65,535 bytes
  std::uint32_t crc = 0;
  std::uint64_t size = 0;
  std::uint64_t offset = 0;  ///< offset of its local header
};

/// Precedes the member's bytes; its length aligns these to kZipAlignment.
std::string local_record(const ZipMember& member);
/// One per member; they follow each other after all members.
std::string central_record(const ZipMember& member);
/// The records that end the archive.
std::string end_record(std::uint64_t member_count, std::uint64_t central_offset, std::uint64_t central_size);

}  // namespace kerascope
