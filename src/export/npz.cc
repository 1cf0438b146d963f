#include "export/npz.h"

#include <fmt/format.h>
#include <libdeflate.h>
#include <sys/resource.h>
#include <zlib.h>

#include <cstring>
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
std::string npy_header(const Shape& shape, std::string_view type) {
  constexpr std::size_t kPrefixBytes = 10, kAlignment = 64;
  std::string dict = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}", type, shape.str());
  const std::size_t unpadded = kPrefixBytes + dict.size() + 1;
  dict.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  dict += '\n';
  KERASCOPE_CHECK(dict.size() < 65536);
  return std::string("\x93NUMPY\1\0", 8) + static_cast<char>(dict.size()) + static_cast<char>(dict.size() >> 8) + dict;
}

std::string npy_header(const Shape& shape, DType dtype) { return npy_header(shape, numpy_type(dtype)); }

/// What is no UTF-8 becomes the replacement character.
std::u32string code_points(std::string_view rest) {
  std::u32string points;
  while (!rest.empty()) {
    const text::Character next = text::first_character(rest);
    points += next.valid ? next.code : U'\uFFFD';
    rest.remove_prefix(next.length);
  }
  return points;
}

/// The parts of an array of texts, whose size in the file is known once all are there.
class Texts {
 public:
  explicit Texts(Shape shape) : shape_(std::move(shape)) {}
  void add(std::int64_t first, const Tensor& part) { parts_.emplace(first, part); }
  bool is_complete() const {
    std::int64_t count = 0;
    for (const auto& [first, part] : parts_) count += part.size();
    return count == shape_.elements();
  }
  struct Encoded {
    std::string header;
    Tensor bytes;  ///< of uint8: NumPy's '<U', each text of as many code points as the longest
  };
  Encoded encoded() const {
    std::vector<std::u32string> all;
    std::size_t longest = 1;
    for (const auto& [first, part] : parts_)
      for (std::string_view text : part.elements<std::string_view>())
        longest = std::max(longest, all.emplace_back(code_points(text)).size());
    std::vector<std::uint8_t> bytes(all.size() * longest * sizeof(char32_t));
    for (std::size_t i = 0; i < all.size(); ++i)
      std::memcpy(bytes.data() + i * longest * sizeof(char32_t), all[i].data(), all[i].size() * sizeof(char32_t));
    return {npy_header(shape_, fmt::format("<U{}", longest)), Tensor::of({std::ssize(bytes)}, bytes)};
  }

 private:
  Shape shape_;
  std::map<std::int64_t, Tensor> parts_;  ///< by first item
};

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
  NpyWriter writer(path);
  writer.add("", tensor);
  writer.commit();
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
  std::map<std::string, Texts> texts;
  std::vector<std::string> listed;
  std::uint64_t end = 0;

  void add(const std::string& key, const std::string& header, const Shape& shape, DType dtype);
  void write(const std::string& key, std::int64_t first, const Tensor& part);
  void finish(Member& member);
};

NpzWriter::NpzWriter(std::filesystem::path path) : state_(new State{FileWriter(std::move(path)), {}, {}}) {}
NpzWriter::~NpzWriter() = default;

bool NpzWriter::can_seek() const { return state_->file.can_seek(); }

void NpzWriter::reserve(const std::string& key, const Shape& shape, DType dtype) {
  if (dtype == DType::kString)
    state_->texts.emplace(key, Texts(shape));
  else
    state_->add(key, npy_header(shape, dtype), shape, dtype);
}

void NpzWriter::State::add(const std::string& key, const std::string& header, const Shape& shape, DType dtype) {
  ZipMember record{.name = key + ".npy", .offset = end};
  if (record.name.size() > 65535)
    throw Error(
        {.code = "name-too-long",
         .what = fmt::format("a name of {} bytes is too long for an .npz archive, the most is 65531", key.size()),
         .where = text::printable(key.substr(0, 80)) + "..."});
  KERASCOPE_CHECK(by_key.emplace(key, members.size()).second);
  record.size = header.size() + bytes_of(shape, dtype);
  const std::uint64_t begin = record.offset + local_record(record).size() + header.size();
  end = begin + bytes_of(shape, dtype);
  members.push_back({std::move(record), header, shape, dtype, begin});
}

void NpzWriter::list(const std::vector<std::string>& keys) {
  KERASCOPE_CHECK(keys.size() == state_->members.size() + state_->texts.size());
  state_->listed = keys;
}

void NpzWriter::write(const std::string& key, std::int64_t first, const Tensor& part) {
  if (const auto texts = state_->texts.find(key); texts != state_->texts.end())
    texts->second.add(first, part);
  else
    state_->write(key, first, part);
}

void NpzWriter::State::write(const std::string& key, std::int64_t first, const Tensor& part) {
  Member& member = members[by_key.at(key)];
  const auto bytes = bytes_of(part);
  const std::uint64_t offset = offset_of(member.shape, member.dtype, first);
  const std::uint32_t crc = libdeflate_crc32(0, bytes.data(), bytes.size());
  const bool can_seek = file.can_seek();
  if (can_seek) file.write_at(member.begin + offset, bytes);
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
  for (const auto& [key, texts] : state_->texts) {
    KERASCOPE_CHECK(texts.is_complete());
    const Texts::Encoded encoded = texts.encoded();
    state_->add(key, encoded.header, encoded.bytes.shape(), DType::kUInt8);
    state_->write(key, 0, encoded.bytes);
  }
  state_->texts.clear();
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
  std::optional<Texts> texts = {};
  std::uint64_t header_bytes = 0, written = 0;
  std::unique_ptr<FileWriter> file = {};  ///< from the first part to the last

  bool is_complete() const { return texts ? texts->is_complete() : written == bytes_of(shape, dtype) && !file; }
};

NpyWriter::NpyWriter(std::filesystem::path path) : state_(new State{.path = std::move(path)}) {}
NpyWriter::~NpyWriter() = default;

void NpyWriter::reserve(const std::string&, const Shape& shape, DType dtype) {
  KERASCOPE_CHECK(state_->header_bytes == 0);
  if (dtype == DType::kString) {
    state_->texts.emplace(shape);
    return;
  }
  state_->shape = shape;
  state_->dtype = dtype;
  state_->header_bytes = npy_header(shape, dtype).size();
}

void NpyWriter::write(const std::string&, std::int64_t first, const Tensor& part) {
  State& state = *state_;
  if (state.texts) {
    state.texts->add(first, part);
    if (!state.texts->is_complete()) return;
    const Texts::Encoded encoded = state.texts->encoded();
    FileWriter file(state.path);
    file.write(encoded.header);
    file.write(bytes_of(encoded.bytes));
    return file.commit();
  }
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
