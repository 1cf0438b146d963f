// Zip, as specified in PKWARE's APPNOTE. Nothing is ever extracted to disk, so names such as ../x are harmless, and
// overlapping entries cost nothing. If a name occurs twice, the last entry counts, as in Python's zipfile.
#include "formats/zip.h"

#include <fcntl.h>
#include <libdeflate.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "base/text.h"
#include "kerascope/error.h"
#include "model/json_size.h"

namespace kerascope {
namespace {

constexpr std::uint32_t kLocalHeader = 0x04034b50, kCentralHeader = 0x02014b50, kEnd = 0x06054b50, kEnd64 = 0x06064b50,
                        kEnd64Locator = 0x07064b50;
constexpr std::uint32_t kIn64 = 0xFFFFFFFF;  // the number is in the zip64 field instead
constexpr std::uint64_t kEndSize = 22, kCentralSize = 46, kLocalSize = 30, kMostComment = 0xFFFF;
constexpr std::uint64_t kMostDeflateRatio = 1032;  // the format's maximum
constexpr int kStored = 0, kDeflated = 8;

[[noreturn]] void damaged(const std::string& what, const std::string& where) {
  throw Error({.code = "zip-invalid",
               .what = what,
               .where = where,
               .hint = "copy or download the file again; it may have been cut short or changed on the way"});
}

/// Little-endian numbers at positions that an untrusted file gives: each is checked.
class CheckedBytes {
 public:
  CheckedBytes(std::span<const std::byte> bytes, const std::string& where) : bytes_(bytes), where_(where) {}

  template <typename Number>
  Number at(std::uint64_t position) const {
    Number number;
    std::memcpy(&number, slice(position, sizeof number).data(), sizeof number);
    return number;
  }
  std::span<const std::byte> slice(std::uint64_t position, std::uint64_t size) const {
    if (position > bytes_.size() || size > bytes_.size() - position)
      damaged("the archive names " + std::to_string(size) + " bytes at " + std::to_string(position) +
                  " where there are " + std::to_string(bytes_.size()),
              where_);
    return bytes_.subspan(position, size);
  }
  std::string string(std::uint64_t position, std::uint64_t size) const {
    const auto bytes = slice(position, size);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

 private:
  std::span<const std::byte> bytes_;
  const std::string& where_;
};

struct Directory {
  std::uint64_t position = 0, size = 0, entries = 0;
};

Directory find_directory(const CheckedBytes& read, std::uint64_t file_size, const std::string& where) {
  const std::uint64_t first = file_size - std::min(file_size, kEndSize + kMostComment);
  for (std::uint64_t next = file_size < kEndSize ? first : file_size - kEndSize + 1; next > first; --next) {
    const std::uint64_t end = next - 1;
    if (read.at<std::uint32_t>(end) != kEnd || read.at<std::uint16_t>(end + 20) > file_size - end - kEndSize) continue;
    if (end >= 20 && read.at<std::uint32_t>(end - 20) == kEnd64Locator) {
      const auto end64 = read.at<std::uint64_t>(end - 12);
      if (read.at<std::uint32_t>(end64) != kEnd64) damaged("the zip64 directory is not where the archive says", where);
      return {read.at<std::uint64_t>(end64 + 48), read.at<std::uint64_t>(end64 + 40),
              read.at<std::uint64_t>(end64 + 32)};
    }
    return {read.at<std::uint32_t>(end + 16), read.at<std::uint32_t>(end + 12), read.at<std::uint16_t>(end + 10)};
  }
  damaged("the archive has no directory at its end", where);
}

std::shared_ptr<const MappedFile> inflated(std::span<const std::byte> packed, std::uint64_t size, std::uint32_t crc,
                                           const std::string& where) {
  if (size / kMostDeflateRatio > packed.size())
    damaged("the member claims to hold " + text::bytes(size) + " in " + text::bytes(packed.size()), where);
  const int memory = ::memfd_create("kerascope-inflated", MFD_CLOEXEC);
  void* plain = MAP_FAILED;
  // Allocated at once: filling a hole later could fail with a signal instead of an error.
  if (size == 0 || (memory >= 0 && ::posix_fallocate(memory, 0, static_cast<off_t>(size)) == 0))
    plain = size == 0 ? nullptr : ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
  if (memory < 0 || plain == MAP_FAILED) {
    ::close(memory);
    throw Error({.code = "memory-short",
                 .what = "there is no memory for the " + text::bytes(size) + " of a compressed member",
                 .where = where});
  }
  auto* inflater = libdeflate_alloc_decompressor();
  const auto result = libdeflate_deflate_decompress(inflater, packed.data(), packed.size(), plain, size, nullptr);
  libdeflate_free_decompressor(inflater);
  const bool whole = result == LIBDEFLATE_SUCCESS && libdeflate_crc32(0, plain, size) == crc;
  if (size > 0) ::munmap(plain, size);
  auto file = MappedFile::adopt(memory, where);
  if (!whole) damaged("the compressed member is damaged", where);
  return file;
}

}  // namespace

std::string_view ZipArchive::Member::text() const {
  return {reinterpret_cast<const char*>(file->bytes().data()) + offset, size};
}

bool ZipArchive::recognises(std::span<const std::byte> bytes) {
  std::uint32_t signature = 0;
  if (bytes.size() >= sizeof signature) std::memcpy(&signature, bytes.data(), sizeof signature);
  return signature == kLocalHeader || signature == kEnd;
}

ZipArchive ZipArchive::open(std::shared_ptr<const MappedFile> file) {
  ZipArchive archive;
  const std::string& where = file->name();
  const CheckedBytes whole(file->bytes(), where);
  const Directory directory = find_directory(whole, file->size(), where);
  const CheckedBytes read(whole.slice(directory.position, directory.size), where);

  std::uint64_t at = 0;
  for (std::uint64_t i = 0; i < directory.entries; ++i) {
    if (read.at<std::uint32_t>(at) != kCentralHeader)
      damaged("entry " + std::to_string(i) + " of the archive's directory is damaged", where);
    const auto flags = read.at<std::uint16_t>(at + 8);
    Entry entry{.local_header = read.at<std::uint32_t>(at + 42),
                .compressed = read.at<std::uint32_t>(at + 20),
                .size = read.at<std::uint32_t>(at + 24),
                .crc = read.at<std::uint32_t>(at + 16),
                .method = read.at<std::uint16_t>(at + 10)};
    const std::uint64_t name_size = read.at<std::uint16_t>(at + 28), extra_size = read.at<std::uint16_t>(at + 30),
                        comment_size = read.at<std::uint16_t>(at + 32);
    const std::string name = read.string(at + kCentralSize, name_size);
    if (flags & 1)
      throw Error({.code = "zip-invalid",
                   .what = "member '" + name + "' of the archive is encrypted",
                   .where = where,
                   .hint = "write it again without a password"});

    const CheckedBytes extra(read.slice(at + kCentralSize + name_size, extra_size), where);
    for (std::uint64_t field = 0; field + 4 <= extra_size;) {
      const std::uint64_t field_size = extra.at<std::uint16_t>(field + 2);
      if (extra.at<std::uint16_t>(field) == 1) {
        // Only numbers that did not fit in their usual fields are here.
        const CheckedBytes numbers(extra.slice(field + 4, field_size), where);
        std::uint64_t number = 0;
        for (std::uint64_t* value : {&entry.size, &entry.compressed, &entry.local_header})
          if (*value == kIn64) *value = numbers.at<std::uint64_t>(8 * number++);
      }
      field += 4 + field_size;
    }
    archive.entries_[name] = entry;
    at += kCentralSize + name_size + extra_size + comment_size;
  }
  archive.file_ = std::move(file);
  return archive;
}

std::vector<std::string> ZipArchive::names() const {
  std::vector<std::string> all;
  for (const auto& [name, entry] : entries_) all.push_back(name);
  std::stable_sort(all.begin(), all.end(), [&](const std::string& one, const std::string& other) {
    return entries_.at(one).local_header < entries_.at(other).local_header;
  });
  return all;
}

bool ZipArchive::has(const std::string& name) const { return entries_.count(name) != 0; }

ZipArchive::Member ZipArchive::member(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end())
    throw Error({.code = "zip-invalid",
                 .what = "the archive has no member '" + name + "'",
                 .where = file_->name(),
                 .hint = text::did_you_mean(name, names())});
  const Entry& entry = found->second;
  const std::string where = name + " in " + file_->name();

  // The local header repeats the name; its sizes may be zero, so the directory's sizes are used.
  const CheckedBytes read(file_->bytes(), where);
  const std::uint64_t header = entry.local_header;
  if (read.at<std::uint32_t>(header) != kLocalHeader)
    damaged("the member does not start where the archive says", where);
  const std::uint64_t name_size = read.at<std::uint16_t>(header + 26), extra_size = read.at<std::uint16_t>(header + 28);
  if (read.string(header + kLocalSize, name_size) != name)
    damaged("the member's own header gives it another name than the archive's directory", where);
  const std::uint64_t offset = header + kLocalSize + name_size + extra_size;
  const auto packed = read.slice(offset, entry.compressed);

  if (entry.method == kStored) {
    if (entry.size != entry.compressed) damaged("the stored member claims two different sizes", where);
    return {file_, offset, entry.size};
  }
  if (entry.method != kDeflated)
    throw Error({.code = "zip-invalid",
                 .what = "the member is compressed by method " + std::to_string(entry.method) +
                         ", only stored (0) and deflated (8) members can be read",
                 .where = where});
  return {inflated(packed, entry.size, entry.crc, where), 0, entry.size};
}

Json ZipArchive::json(const std::string& name) const {
  const std::string where = name + " in " + file_->name();
  if (const auto found = entries_.find(name); found != entries_.end()) require_json_size(found->second.size, where);
  const Member member = this->member(name);
  return parse_json(member.text(), where);
}

}  // namespace kerascope
