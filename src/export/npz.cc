#include "export/npz.h"

#include <fmt/format.h>
#include <libdeflate.h>
#include <sys/resource.h>
#include <zlib.h>

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/text.h"
#include "export/zip_records.h"
#include "kerascope/error.h"
#include "kerascope/inputs.h"

namespace kerascope {
namespace {

/// @throws Error{array-type} for what NumPy has no type
std::string_view numpy_type(DType dtype) {
  switch (dtype) {
    case DType::kFloat32:
      return "<f4";
    case DType::kFloat16:
      return "<f2";
    case DType::kFloat64:
      return "<f8";
    case DType::kInt8:
      return "|i1";
    case DType::kInt16:
      return "<i2";
    case DType::kInt32:
      return "<i4";
    case DType::kInt64:
      return "<i8";
    case DType::kUInt8:
      return "|u1";
    case DType::kBool:
      return "|b1";
    case DType::kBFloat16:
    case DType::kString:
      break;
  }
  throw Error({.code = "array-type", .what = fmt::format("an array of {} cannot be stored yet", name_of(dtype))});
}

// NumPy's format 1.0: magic, version, length, a Python dict, blanks up to a multiple of 64, a newline.
std::string npy_header(const Shape& shape, DType dtype) {
  constexpr std::size_t kPrefixBytes = 10, kAlignment = 64;
  std::string dict =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}", numpy_type(dtype), shape.str());
  const std::size_t unpadded = kPrefixBytes + dict.size() + 1;
  dict.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  dict += '\n';
  KERASCOPE_CHECK(dict.size() < 65536);
  return std::string("\x93NUMPY\1\0", 8) + static_cast<char>(dict.size()) + static_cast<char>(dict.size() >> 8) + dict;
}

/// The offset in bytes of item `first` from the array's first number.
std::uint64_t offset_of(const Shape& shape, DType dtype, std::int64_t first) {
  if (shape.rank() == 0) return 0;
  return static_cast<std::uint64_t>(first * shape.elements(1, shape.rank())) * element_bytes(dtype);
}

std::uint64_t bytes_of(const Shape& shape, DType dtype) {
  return static_cast<std::uint64_t>(shape.elements()) * element_bytes(dtype);
}

std::span<const std::byte> bytes_of(const Tensor& tensor) {
  return {static_cast<const std::byte*>(tensor.bytes()), tensor.byte_size()};
}

/// Raises the limit of open files: arrays that arrive in parts have all their files open at once.
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
  file.write(npy_header(tensor.shape(), tensor.dtype()));
  file.write(bytes_of(tensor));
  file.commit();
}

struct NpzWriter::State {
  struct Part {
    std::uint32_t crc;
    std::uint64_t bytes;
    Tensor kept;  ///< kept until commit, if the file cannot seek
  };
  struct Member {
    ZipMember record;
    std::string header;
    Shape shape;
    DType dtype;
    std::uint64_t begin;                       ///< offset of the array's numbers in the file
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

void NpzWriter::reserve(const std::string& key, const Shape& shape, DType dtype) {
  ZipMember record{.name = key + ".npy", .offset = state_->end};
  if (record.name.size() > 65535)
    throw Error(
        {.code = "name-too-long",
         .what = fmt::format("a name of {} bytes is too long for an .npz archive, the most is 65531", key.size()),
         .where = text::printable(key.substr(0, 80)) + "..."});
  KERASCOPE_CHECK(state_->by_key.emplace(key, state_->members.size()).second);
  std::string header = npy_header(shape, dtype);
  record.size = header.size() + bytes_of(shape, dtype);
  const std::uint64_t begin = record.offset + local_record(record).size() + header.size();
  state_->end = begin + bytes_of(shape, dtype);
  state_->members.push_back({std::move(record), std::move(header), shape, dtype, begin});
}

void NpzWriter::list(const std::vector<std::string>& keys) {
  KERASCOPE_CHECK(keys.size() == state_->members.size());
  state_->listed = keys;
}

void NpzWriter::write(const std::string& key, std::int64_t first, const Tensor& part) {
  State::Member& member = state_->members[state_->by_key.at(key)];
  const auto bytes = bytes_of(part);
  const std::uint64_t offset = offset_of(member.shape, member.dtype, first);
  const std::uint32_t crc = libdeflate_crc32(0, bytes.data(), bytes.size());
  const bool can_seek = state_->file.can_seek();
  if (can_seek) state_->file.write_at(member.begin + offset, bytes);
  member.parts[offset] = {crc, bytes.size(), can_seek ? Tensor() : part};
}

/// Writes everything except numbers that are already in place.
void NpzWriter::State::finish(Member& member) {
  uLong crc = libdeflate_crc32(0, member.header.data(), member.header.size());
  std::uint64_t complete = 0;
  for (const auto& [offset, part] : member.parts) {
    KERASCOPE_CHECK(offset == complete);
    complete += part.bytes;
    crc = crc32_combine(crc, part.crc, static_cast<z_off_t>(part.bytes));
  }
  KERASCOPE_CHECK(complete == bytes_of(member.shape, member.dtype));
  member.record.crc = static_cast<std::uint32_t>(crc);
  const std::string start = local_record(member.record) + member.header;
  if (file.can_seek()) return file.write_at(member.record.offset, std::as_bytes(std::span(start)));
  file.write(start);
  for (const auto& [offset, part] : member.parts) file.write(bytes_of(part.kept));
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

/// A file with one array, written in parts.
struct NpyWriter::State {
  std::filesystem::path path;
  Shape shape = {};
  DType dtype = DType::kFloat32;
  std::uint64_t header_bytes = 0, written = 0;
  std::unique_ptr<FileWriter> file = {};  ///< from the first part to the last

  bool is_complete() const { return written == bytes_of(shape, dtype) && !file; }
};

NpyWriter::NpyWriter(std::filesystem::path path) : state_(new State{.path = std::move(path)}) {}
NpyWriter::~NpyWriter() = default;

void NpyWriter::reserve(const std::string&, const Shape& shape, DType dtype) {
  KERASCOPE_CHECK(state_->header_bytes == 0);
  state_->shape = shape;
  state_->dtype = dtype;
  state_->header_bytes = npy_header(shape, dtype).size();
}

void NpyWriter::write(const std::string&, std::int64_t first, const Tensor& part) {
  State& state = *state_;
  if (!state.file) {
    state.file = std::make_unique<FileWriter>(state.path);
    state.file->write(npy_header(state.shape, state.dtype));
  }
  const auto bytes = bytes_of(part);
  if (state.file->can_seek())
    state.file->write_at(state.header_bytes + offset_of(state.shape, state.dtype, first), bytes);
  else
    state.file->write(bytes);  // a device; parts come in order
  state.written += bytes.size();
  if (state.written < bytes_of(state.shape, state.dtype)) return;
  state.file->commit();
  state.file.reset();
}

void NpyWriter::commit() { KERASCOPE_CHECK(state_->is_complete()); }

struct NpyFolderWriter::State {
  std::filesystem::path folder;
  std::map<std::string, std::unique_ptr<NpyWriter>> arrays = {};
  bool has_begun = false;
};

NpyFolderWriter::NpyFolderWriter(std::filesystem::path folder) : state_(new State{.folder = std::move(folder)}) {}
NpyFolderWriter::~NpyFolderWriter() = default;

std::filesystem::path NpyFolderWriter::path(const std::string& key) const {
  return state_->folder / (file_name_from_address(key) + ".npy");
}

void NpyFolderWriter::reserve(const std::string& key, const Shape& shape, DType dtype) {
  auto array = std::make_unique<NpyWriter>(path(key));
  array->reserve(key, shape, dtype);
  KERASCOPE_CHECK(state_->arrays.emplace(key, std::move(array)).second);
}

void NpyFolderWriter::write(const std::string& key, std::int64_t first, const Tensor& part) {
  if (!std::exchange(state_->has_begun, true)) allow_many_files();
  state_->arrays.at(key)->write(key, first, part);
}

void NpyFolderWriter::commit() {
  for (const auto& [key, array] : state_->arrays) array->commit();
}

}  // namespace kerascope
