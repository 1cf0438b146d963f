#include "export/npz.h"

#include <fmt/format.h>
#include <libdeflate.h>

#include <set>
#include <vector>

#include "base/check.h"
#include "base/text.h"
#include "export/zip_records.h"
#include "kerascope/error.h"

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

}  // namespace

void write_npy(const std::filesystem::path& path, const Tensor& tensor) {
  FileWriter file(path);
  file.write(npy_header(tensor.shape()));
  file.write(std::as_bytes(tensor.numbers()));
  file.commit();
}

struct NpzWriter::State {
  FileWriter file;
  std::vector<ZipMember> members;
  std::set<std::string> names;
};

NpzWriter::NpzWriter(std::filesystem::path path) : state_(new State{FileWriter(std::move(path)), {}, {}}) {}
NpzWriter::~NpzWriter() = default;

void NpzWriter::add(const std::string& key, const Tensor& tensor) {
  ZipMember member{.name = key + ".npy", .offset = state_->file.written()};
  if (member.name.size() > 65535)
    throw Error(
        {.code = "name-too-long",
         .what = fmt::format("a name of {} bytes is too long for an .npz archive, the most is 65531", key.size()),
         .where = text::printable(key.substr(0, 80)) + "..."});
  KERASCOPE_CHECK(state_->names.insert(member.name).second);
  const std::string header = npy_header(tensor.shape());
  const auto numbers = std::as_bytes(tensor.numbers());
  member.size = header.size() + numbers.size();
  member.crc = libdeflate_crc32(libdeflate_crc32(0, header.data(), header.size()), numbers.data(), numbers.size());
  state_->file.write(local_record(member) + header);
  state_->file.write(numbers);
  state_->members.push_back(std::move(member));
}

void NpzWriter::commit() {
  const std::uint64_t central_offset = state_->file.written();
  std::string central;
  for (const ZipMember& member : state_->members) central += central_record(member);
  state_->file.write(central);
  state_->file.write(end_record(state_->members.size(), central_offset, central.size()));
  state_->file.commit();
}

}  // namespace kerascope
