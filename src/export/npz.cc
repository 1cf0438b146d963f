#include "export/npz.h"

#include <fmt/format.h>
#include <libdeflate.h>
#include <sys/resource.h>
#include <zlib.h>

#include <map>
#include <optional>
#include <vector>

#include "base/check.h"
#include "base/text.h"
#include "export/zip_records.h"
#include "kerascope/error.h"
#include "kerascope/inputs.h"

namespace kerascope {
namespace {

// NumPy's format 1.0: magic, version, length, a Python dict, blanks up to a multiple of 64, a newline.
std::string npy_header(const Shape& shape) {
  constexpr std::size_t kPrefixBytes = 10, kAlignment = 64;
  std::string dict = fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': {}, }}", shape.str());
  const std::size_t unpadded = kPrefixBytes + dict.size() + 1;
  dict.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  dict += '\n';
  KERASCOPE_CHECK(dict.size() < 65536);
  return std::string("\x93NUMPY\1\0", 8) + static_cast<char>(dict.size()) + static_cast<char>(dict.size() >> 8) + dict;
}

/// Where item `first` of an array begins, from its first number.
std::uint64_t offset_of(const Shape& shape, std::int64_t first) {
  return shape.rank() == 0 ? 0 : static_cast<std::uint64_t>(first * shape.elements(1, shape.rank())) * sizeof(float);
}

std::uint64_t bytes_of(const Shape& shape) { return static_cast<std::uint64_t>(shape.elements()) * sizeof(float); }

/// Arrays that come in parts have all their files open at once.
void allow_many_files() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace

void write_npy(const std::string& path, const Tensor& tensor) {
  if (tensor.empty() && tensor.shape().elements() > 0)
    throw Error({.code = "array-invalid", .what = "a tensor without numbers cannot be written", .where = path});
  FileWriter file(path);
  file.write(npy_header(tensor.shape()));
  file.write(std::as_bytes(tensor.numbers()));
  file.commit();
}

struct NpzWriter::State {
  struct Part {
    std::uint32_t crc;
    std::uint64_t bytes;
    Tensor kept;  ///< until commit, where the file cannot seek
  };
  struct Member {
    ZipMember record;
    std::string header;
    Shape shape;
    std::uint64_t begin;                       ///< of the array's numbers in the file
    std::map<std::uint64_t, Part> parts = {};  ///< by offset
  };
  FileWriter file;
  std::vector<Member> members;
  std::map<std::string, std::size_t> by_key;
  std::vector<std::string> listed;
  std::uint64_t end = 0;

  void finish(Member& member);
};

NpzWriter::NpzWriter(std::filesystem::path path) : state_(new State{FileWriter(std::move(path)), {}, {}}) {}
NpzWriter::~NpzWriter() = default;

bool NpzWriter::can_seek() const { return state_->file.can_seek(); }

void NpzWriter::reserve(const std::string& key, const Shape& shape) {
  ZipMember record{.name = key + ".npy", .offset = state_->end};
  if (record.name.size() > 65535)
    throw Error(
        {.code = "name-too-long",
         .what = fmt::format("a name of {} bytes is too long for an .npz archive, the most is 65531", key.size()),
         .where = text::printable(key.substr(0, 80)) + "..."});
  KERASCOPE_CHECK(state_->by_key.emplace(key, state_->members.size()).second);
  std::string header = npy_header(shape);
  record.size = header.size() + bytes_of(shape);
  const std::uint64_t begin = record.offset + local_record(record).size() + header.size();
  state_->end = begin + bytes_of(shape);
  state_->members.push_back({std::move(record), std::move(header), shape, begin});
}

void NpzWriter::list(const std::vector<std::string>& keys) {
  KERASCOPE_CHECK(keys.size() == state_->members.size());
  state_->listed = keys;
}

void NpzWriter::write(const std::string& key, std::int64_t first, const Tensor& part) {
  State::Member& member = state_->members[state_->by_key.at(key)];
  const auto bytes = std::as_bytes(part.numbers());
  const std::uint64_t offset = offset_of(member.shape, first);
  const std::uint32_t crc = libdeflate_crc32(0, bytes.data(), bytes.size());
  const bool can_seek = state_->file.can_seek();
  if (can_seek) state_->file.write_at(member.begin + offset, bytes);
  member.parts[offset] = {crc, bytes.size(), can_seek ? Tensor() : part};
}

/// Everything but the numbers that are in their place already.
void NpzWriter::State::finish(Member& member) {
  uLong crc = libdeflate_crc32(0, member.header.data(), member.header.size());
  std::uint64_t complete = 0;
  for (const auto& [offset, part] : member.parts) {
    KERASCOPE_CHECK(offset == complete);
    complete += part.bytes;
    crc = crc32_combine(crc, part.crc, static_cast<z_off_t>(part.bytes));
  }
  KERASCOPE_CHECK(complete == bytes_of(member.shape));
  member.record.crc = static_cast<std::uint32_t>(crc);
  const std::string start = local_record(member.record) + member.header;
  if (file.can_seek()) return file.write_at(member.record.offset, std::as_bytes(std::span(start)));
  file.write(start);
  for (const auto& [offset, part] : member.parts) file.write(std::as_bytes(part.kept.numbers()));
  member.parts.clear();
}

void NpzWriter::commit() {
  std::string end;
  for (State::Member& member : state_->members) {
    state_->finish(member);
    if (state_->listed.empty()) end += central_record(member.record);
  }
  for (const std::string& key : state_->listed) end += central_record(state_->members[state_->by_key.at(key)].record);
  end += end_record(state_->members.size(), state_->end, end.size());
  if (can_seek())
    state_->file.write_at(state_->end, std::as_bytes(std::span(end)));
  else
    state_->file.write(end);
  state_->file.commit();
}

struct NpyFolderWriter::State {
  struct Array {
    std::uint64_t header_bytes;
    std::unique_ptr<FileWriter> file;  ///< until it is complete
    std::uint64_t written = 0;
  };
  std::filesystem::path folder;
  std::map<std::string, Shape> reserved;
  std::map<std::string, Array> begun;
};

NpyFolderWriter::NpyFolderWriter(std::filesystem::path folder) : state_(new State{std::move(folder), {}, {}}) {}
NpyFolderWriter::~NpyFolderWriter() = default;

void NpyFolderWriter::reserve(const std::string& key, const Shape& shape) {
  KERASCOPE_CHECK(state_->reserved.emplace(key, shape).second);
}

void NpyFolderWriter::write(const std::string& key, std::int64_t first, const Tensor& part) {
  const std::filesystem::path path = state_->folder / (file_name_from_address(key) + ".npy");
  const Shape& shape = state_->reserved.at(key);
  if (part.shape() == shape) return write_npy(path, part);
  auto array = state_->begun.find(key);
  if (array == state_->begun.end()) {
    if (state_->begun.empty()) allow_many_files();
    auto file = std::make_unique<FileWriter>(path);
    const std::string header = npy_header(shape);
    file->write(header);
    array = state_->begun.emplace(key, State::Array{header.size(), std::move(file)}).first;
  }
  auto& [header_bytes, file, written] = array->second;
  file->write_at(header_bytes + offset_of(shape, first), std::as_bytes(part.numbers()));
  written += part.numbers().size_bytes();
  if (written < bytes_of(shape)) return;
  file->commit();
  file.reset();
}

void NpyFolderWriter::commit() {
  for (const auto& [key, array] : state_->begun) KERASCOPE_CHECK(array.file == nullptr);
}

}  // namespace kerascope
