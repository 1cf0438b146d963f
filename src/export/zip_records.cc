#include "export/zip_records.h"

#include <algorithm>

namespace kerascope {
namespace {

constexpr std::uint64_t kFull16 = 0xFFFF, kFull32 = 0xFFFFFFFF;  // "see the zip64 record"
constexpr int kPlainVersion = 20, kZip64Version = 45;
constexpr std::uint64_t kZip64Field = 0x0001, kAlignmentField = 0xD935;
constexpr int kMadeOnUnix = 3 << 8;  // otherwise unzip takes names as DOS names in its code page
constexpr std::uint64_t kReadableFile = 0100644;
constexpr int kUtf8Flag = 1 << 11;
constexpr int kFirstOfJanuary1980 = 0x21;  // a fixed date: equal numbers give equal bytes

void put(std::string& record, int bytes, std::uint64_t number) {
  for (int i = 0; i < bytes; ++i) record += static_cast<char>(number >> (8 * i));
}

bool is_ascii(const std::string& name) {
  return std::all_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x80; });
}

// The fields that the local and the central record share, from the needed version to the lengths.
void put_common(std::string& record, const ZipMember& member, bool zip64, std::size_t extra_bytes) {
  const std::uint64_t size = member.size >= kFull32 ? kFull32 : member.size;
  put(record, 2, zip64 ? kZip64Version : kPlainVersion);
  put(record, 2, is_ascii(member.name) ? 0 : kUtf8Flag);
  put(record, 2, 0);  // stored
  put(record, 2, 0);  // midnight
  put(record, 2, kFirstOfJanuary1980);
  put(record, 4, member.crc);
  put(record, 4, size);
  put(record, 4, size);
  put(record, 2, member.name.size());
  put(record, 2, extra_bytes);
}

}  // namespace

std::string local_record(const ZipMember& member) {
  std::string extra;
  const bool zip64 = member.size >= kFull32;
  if (zip64) {
    put(extra, 2, kZip64Field);
    put(extra, 2, 16);
    put(extra, 8, member.size);
    put(extra, 8, member.size);
  }
  // Android's alignment field: the alignment, then zeros.
  constexpr std::uint64_t kFixedBytes = 30, kFieldBytes = 6;
  const std::uint64_t end = member.offset + kFixedBytes + member.name.size() + extra.size() + kFieldBytes;
  const std::uint64_t padding = (kZipAlignment - end % kZipAlignment) % kZipAlignment;
  put(extra, 2, kAlignmentField);
  put(extra, 2, 2 + padding);
  put(extra, 2, kZipAlignment);
  extra.append(padding, '\0');

  std::string record = "PK\3\4";
  put_common(record, member, zip64, extra.size());
  return record + member.name + extra;
}

std::string central_record(const ZipMember& member) {
  std::string numbers;
  if (member.size >= kFull32) {
    put(numbers, 8, member.size);
    put(numbers, 8, member.size);
  }
  if (member.offset >= kFull32) put(numbers, 8, member.offset);
  std::string extra;
  if (!numbers.empty()) {
    put(extra, 2, kZip64Field);
    put(extra, 2, numbers.size());
    extra += numbers;
  }

  std::string record = "PK\1\2";
  put(record, 2, kMadeOnUnix | kZip64Version);
  put_common(record, member, !extra.empty(), extra.size());
  put(record, 2, 0);  // no comment
  put(record, 2, 0);  // disk
  put(record, 2, 0);  // internal attributes
  put(record, 4, kReadableFile << 16);
  put(record, 4, std::min(member.offset, kFull32));
  return record + member.name + extra;
}

std::string end_record(std::uint64_t member_count, std::uint64_t central_offset, std::uint64_t central_size) {
  std::string record;
  if (member_count >= kFull16 || central_offset >= kFull32 || central_size >= kFull32) {
    record += "PK\6\6";
    put(record, 8, 44);  // the record's remaining bytes
    put(record, 2, kZip64Version);
    put(record, 2, kZip64Version);
    put(record, 4, 0);
    put(record, 4, 0);
    put(record, 8, member_count);
    put(record, 8, member_count);
    put(record, 8, central_size);
    put(record, 8, central_offset);
    record += "PK\6\7";
    put(record, 4, 0);
    put(record, 8, central_offset + central_size);  // the offset of the record above
    put(record, 4, 1);
  }
  record += "PK\5\6";
  put(record, 2, 0);
  put(record, 2, 0);
  put(record, 2, std::min(member_count, kFull16));
  put(record, 2, std::min(member_count, kFull16));
  put(record, 4, std::min(central_size, kFull32));
  put(record, 4, std::min(central_offset, kFull32));
  put(record, 2, 0);  // no comment
  return record;
}

}  // namespace kerascope
