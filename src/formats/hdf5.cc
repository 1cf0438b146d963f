#include "formats/hdf5.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <utility>

#include "base/process.h"
#include "base/text.h"
#include "formats/convert.h"
#include "formats/hdf5_answer.h"
#include "kerascope/error.h"

namespace kerascope {
namespace {

using hdf5_answer::Extent;
using hdf5_answer::Record;
using hdf5_answer::Storage;

constexpr std::uint32_t kMostRank = 32;  // libhdf5's own limit

/// "a//b/" -> "/a/b"
std::string absolute(std::string_view path) {
  std::string result;
  for (const std::string& part : text::split(path, '/'))
    if (!part.empty()) result += "/" + part;
  return result.empty() ? "/" : result;
}

/// The superblock is at 0, 512, 1024, 2048, ..; bytes before it are a user block.
bool has_signature(std::string_view bytes) {
  constexpr std::string_view kSignature = "\x89HDF\r\n\x1a\n";
  for (std::size_t at = 0; at < bytes.size(); at = at == 0 ? 512 : at * 2)
    if (bytes.substr(at, kSignature.size()) == kSignature) return true;
  return false;
}

[[noreturn]] void throw_invalid(const std::string& name, const std::string& because) {
  throw Error({.code = "hdf5-invalid",
               .what = "'" + name + "' cannot be read as HDF5",
               .because = because,
               .hint = "copy or download the file again; it may have been cut short or damaged on the way"});
}

[[noreturn]] void throw_reader_failed(const std::string& name, const std::string& because) {
  throw Error({.code = "reader-failed",
               .what = "the HDF5 reader stopped at '" + name + "'; the file is probably damaged",
               .because = because,
               .hint = "copy or download the file again, or save the model again with Keras"});
}

struct Answer {
  std::string bytes;
  std::string failure;
  std::shared_ptr<const MappedFile> memory;  ///< decoded by the reader
};

std::filesystem::path reader_program() {
  const auto program = find_companion("kerascope-h5", "KERASCOPE_H5");
  if (!program || ::access(program->c_str(), X_OK) != 0)
    throw Error({.code = "reader-missing",
                 .what = "the program kerascope-h5, which reads HDF5 files, is not beside kerascope",
                 .where = program ? program->string() : "",
                 .hint = "install it there, or name it in the environment variable KERASCOPE_H5"});
  return *program;
}

Answer ask_reader(const MappedFile& file, std::uint64_t offset, std::uint64_t length, const std::string& name) {
  const std::filesystem::path program = reader_program();
  const int memory = ::memfd_create("kerascope-decoded", MFD_CLOEXEC);
  if (memory < 0) throw_reader_failed(name, "the system gives no shared memory");
  auto result = run_process(program, {.arguments = {std::to_string(file.descriptor()), std::to_string(offset),
                                                    std::to_string(length), std::to_string(memory)},
                                      .inherited = {file.descriptor(), memory},
                                      .timeout = std::chrono::seconds(60 + (length >> 22)),
                                      .most_output = hdf5_answer::kMostBytes});
  return {std::move(result.output), std::move(result.failure), MappedFile::adopt(memory, name)};
}

Hdf5Dataset checked_dataset(hdf5_answer::AnswerReader& reader) {
  Hdf5Dataset dataset{.type = reader.text()};
  const auto rank = reader.get<std::uint32_t>();
  if (rank > kMostRank) throw std::out_of_range("rank");
  std::vector<std::int64_t> sizes;
  for (std::uint32_t axis = 0; axis < rank; ++axis) {
    sizes.push_back(reader.get<std::int64_t>());
    if (sizes.back() < 0) throw std::out_of_range("size");
  }
  dataset.shape = Shape(std::move(sizes));
  dataset.offset = reader.get<std::uint64_t>();
  dataset.bytes = reader.get<std::uint64_t>();
  const std::uint64_t bytes = static_cast<std::uint64_t>(dataset.shape.elements()) * stored_type(dataset.type).size;
  if (dataset.bytes != bytes) throw std::out_of_range("bytes");
  return dataset;
}

}  // namespace

struct Hdf5File::Index {
  using Texts = std::vector<std::string>;
  using Place = std::pair<std::string, std::string>;  // path and attribute, "" for the object itself

  std::string name;
  std::map<std::string, std::vector<std::string>> groups;
  std::map<std::string, Hdf5Dataset> datasets;
  std::map<Place, Texts> attributes;
  std::map<Place, std::string> unreadable;
  std::string failure;

  void read(hdf5_answer::AnswerReader& reader, const std::shared_ptr<const MappedFile>& file, std::uint64_t offset,
            std::uint64_t length, const std::shared_ptr<const MappedFile>& memory) {
    for (;;) {
      const auto record = reader.get<Record>();
      if (record == Record::kEnd) break;
      const std::string first = reader.text();
      switch (record) {
        case Record::kGroup:
          groups[first];
          enter(first);
          break;
        case Record::kDataset: {
          Hdf5Dataset dataset = checked_dataset(reader);
          const auto storage = reader.get<Storage>();
          dataset.file = storage == Storage::kFile ? file : memory;
          const std::uint64_t within = storage == Storage::kFile ? length : memory->size();
          if (dataset.offset > within || dataset.bytes > within - dataset.offset) throw std::out_of_range("offset");
          if (storage == Storage::kFile) dataset.offset += offset;
          datasets[first] = std::move(dataset);
          enter(first);
          break;
        }
        case Record::kAttribute: {
          const std::string name_of_attribute = reader.text();
          Texts& texts = attributes[{first, name_of_attribute}];
          texts.clear();
          reader.get<Extent>();
          for (auto count = reader.get<std::uint32_t>(); count > 0; --count) texts.push_back(reader.text());
          break;
        }
        case Record::kUnreadable: {
          const std::string attribute = reader.text();
          unreadable[{first, attribute}] = reader.text();
          if (attribute.empty()) enter(first);
          break;
        }
        case Record::kFailed:
          if (failure.empty()) failure = first;
          break;
        default:
          throw std::out_of_range("record");
      }
    }
    sort_members();
  }

  void add(const std::string& path, const Tensor& tensor) {
    for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
      const std::string group = path.substr(0, slash);
      if (groups.try_emplace(group).second) enter(group);
    }
    if (!datasets.try_emplace(path, Hdf5Dataset{.shape = tensor.shape(), .in_memory = tensor}).second)
      throw Error({.code = "name-taken", .what = "there are two weights with the path '" + path + "'", .where = name});
    enter(path);
  }

  void sort_members() {
    for (auto& [path, members] : groups) {
      std::sort(members.begin(), members.end());
      members.erase(std::unique(members.begin(), members.end()), members.end());
    }
  }

  void enter(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) throw std::out_of_range("path");
    const auto parent = groups.find(slash == 0 ? "/" : path.substr(0, slash));
    if (parent != groups.end() && slash + 1 < path.size()) parent->second.push_back(path.substr(slash + 1));
  }

  const Texts* attribute(const std::string& path, const std::string& attribute_name) const {
    const Place place{absolute(path), attribute_name};
    if (const auto damaged = unreadable.find(place); damaged != unreadable.end())
      throw Error({.code = "hdf5-invalid",
                   .what = "attribute '" + attribute_name + "' cannot be read",
                   .where = place.first + " in " + name,
                   .because = damaged->second});
    const auto found = attributes.find(place);
    return found == attributes.end() ? nullptr : &found->second;
  }
};

Hdf5File Hdf5File::open(std::shared_ptr<const MappedFile> file, std::uint64_t offset, std::uint64_t length,
                        std::string display_name) {
  if (offset > file->size() || length > file->size() - offset)
    throw_invalid(display_name, "it should have " + text::thousands(static_cast<std::int64_t>(length)) + " bytes");
  if (!has_signature({reinterpret_cast<const char*>(file->bytes().data()) + offset, length}))
    throw Error({.code = "hdf5-invalid",
                 .what = "'" + display_name + "' is not an HDF5 file",
                 .because = length == 0 ? "it is empty" : "it lacks the signature that every HDF5 file has",
                 .hint = "check how it was made or downloaded"});

  const Answer answer = ask_reader(*file, offset, length, display_name);
  if (!answer.failure.empty()) throw_reader_failed(display_name, answer.failure);
  auto index = std::make_shared<Index>();
  index->name = display_name;
  try {
    hdf5_answer::AnswerReader reader(answer.bytes);
    index->read(reader, file, offset, length, answer.memory);
  } catch (const std::out_of_range&) {
    throw_reader_failed(display_name, "its answer does not fit the file");
  } catch (const Error& error) {
    throw_reader_failed(display_name, error.parts().what);
  }
  if (!index->failure.empty()) throw_invalid(display_name, index->failure);
  Hdf5File result;
  result.index_ = std::move(index);
  return result;
}

Hdf5File Hdf5File::of(const std::vector<std::pair<std::string, Tensor>>& tensors, std::string display_name) {
  auto index = std::make_shared<Index>();
  index->name = std::move(display_name);
  index->groups["/"];
  for (const auto& [path, tensor] : tensors) index->add(absolute(path), tensor);
  for (const auto& [path, dataset] : index->datasets)
    if (index->groups.count(path))
      throw Error({.code = "name-taken",
                   .what = "the path '" + path + "' is that of a weight and of other weights' group",
                   .where = index->name});
  index->sort_members();
  Hdf5File result;
  result.index_ = std::move(index);
  return result;
}

const std::string& Hdf5File::name() const { return index_->name; }

bool Hdf5File::has_group(const std::string& path) const { return index_->groups.count(absolute(path)) != 0; }

std::vector<std::string> Hdf5File::members(const std::string& group_path) const {
  const auto group = index_->groups.find(absolute(group_path));
  return group == index_->groups.end() ? std::vector<std::string>{} : group->second;
}

const Hdf5Dataset* Hdf5File::dataset(const std::string& path) const {
  const std::string place = absolute(path);
  if (const auto damaged = index_->unreadable.find({place, ""}); damaged != index_->unreadable.end())
    throw Error({.code = "hdf5-unreadable",
                 .what = "the data set '" + place + "' cannot be read",
                 .where = index_->name,
                 .because = damaged->second});
  const auto found = index_->datasets.find(place);
  return found == index_->datasets.end() ? nullptr : &found->second;
}

std::optional<std::string> Hdf5File::text(const std::string& path, const std::string& attribute) const {
  const auto* found = index_->attribute(path, attribute);
  if (!found || found->size() != 1) return std::nullopt;
  return found->at(0);
}

std::optional<std::vector<std::string>> Hdf5File::texts(const std::string& path, const std::string& attribute) const {
  if (const auto* whole = index_->attribute(path, attribute)) return *whole;
  std::optional<std::vector<std::string>> together;
  for (int part = 0;; ++part) {
    const auto* next = index_->attribute(path, attribute + std::to_string(part));
    if (!next) return together;
    if (!together) together.emplace();
    together->insert(together->end(), next->begin(), next->end());
  }
}

StoredWeight Hdf5File::stored(const std::string& path, std::string name) const {
  const std::string place = absolute(path);
  const Hdf5Dataset* dataset = this->dataset(path);
  if (!dataset)
    throw Error({.code = "weight-missing", .what = "there is no data set '" + place + "'", .where = index_->name});
  if (!dataset->in_memory.empty())
    return {.name = std::move(name),
            .place = place + " in " + index_->name,
            .shape = dataset->shape,
            .dtype = dataset->in_memory.dtype(),
            .read = [tensor = dataset->in_memory] { return tensor; }};
  return {.name = std::move(name),
          .place = place + " in " + index_->name,
          .shape = dataset->shape,
          .dtype = stored_type(dataset->type).dtype,
          .read = [dataset, place, index = index_] {
            try {
              return stored_tensor(dataset->shape, stored_type(dataset->type), dataset->file, dataset->offset);
            } catch (const Error& error) {
              throw Error({.code = error.code(), .what = error.parts().what, .where = place + " in " + index->name});
            }
          }};
}

std::string lay_out_hdf5(int file, std::uint64_t offset, int plan) {
  auto result = run_process(
      reader_program(), {.arguments = {"--layout", std::to_string(file), std::to_string(offset), std::to_string(plan)},
                         .inherited = {file, plan},
                         .timeout = std::chrono::seconds(60),
                         .most_output = hdf5_answer::kMostBytes});
  if (!result.failure.empty())
    throw Error(
        {.code = "hdf5-unwritable", .what = "kerascope-h5 could not lay out the weights", .because = result.failure});
  return std::move(result.output);
}

}  // namespace kerascope
