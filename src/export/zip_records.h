// The records of a zip archive of stored members (PKWARE's APPNOTE 6.3), zip64 where a number needs it.
#pragma once

#include <cstdint>
#include <string>

namespace kerascope {

constexpr std::uint64_t kZipAlignment = 64;

struct ZipMember {
  std::string name;  ///< UTF-8, at most 65,535 bytes
  std::uint32_t crc = 0;
  std::uint64_t size = 0;
  std::uint64_t offset = 0;  ///< of its local header
};

/// Goes before the member's bytes and is as long as puts these at a multiple of kZipAlignment.
std::string local_record(const ZipMember& member);
/// One a member, side by side after all members.
std::string central_record(const ZipMember& member);
/// What ends the archive.
std::string end_record(std::uint64_t member_count, std::uint64_t central_offset, std::uint64_t central_size);

}  // namespace kerascope
