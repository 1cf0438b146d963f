#include "h5/index.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "formats/hdf5_answer.h"
#include "h5/id.h"
#include "h5/lzf.h"
#include "h5/numbers.h"
#include "h5/part_driver.h"

namespace kerascope::h5 {
namespace {

using hdf5_answer::Extent;
using hdf5_answer::Record;
using hdf5_answer::Storage;

constexpr int kMostDepth = 200;
constexpr std::uint64_t kMostElements = std::uint64_t{1} << 40;
// Deflate's maximal ratio, and a size below which data sets are always believed.
constexpr std::uint64_t kMostRatio = 1100, kAlwaysBelieved = 64 << 10;
constexpr std::uint64_t kAlignment = 64;

/// libhdf5's innermost error message, which says most.
std::string complaint() {
  std::string text = "libhdf5 gives no reason";
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_UPWARD,
      [](unsigned depth, const H5E_error2_t* error, void* to) {
        if (depth == 0 && error->desc) *static_cast<std::string*>(to) = std::string("libhdf5: ") + error->desc;
        return herr_t{0};
      },
      &text);
  H5Eclear2(H5E_DEFAULT);
  return text;
}

/// Why the file could not be opened, with both sizes if it is truncated.
std::string why_not_opened() {
  const std::string why = complaint();
  unsigned long long size = 0, base = 0, end = 0;
  if (std::sscanf(why.c_str(), "libhdf5: truncated file: eof = %llu, sblock->base_addr = %llu, stored_eof = %llu",
                  &size, &base, &end) == 3)
    return "it has " + std::to_string(size) + " bytes and should have " + std::to_string(base + end);
  return why;
}

/// The sizes of a data set or attribute; a null data space has no sizes and no elements.
struct Extents {
  std::vector<hsize_t> sizes;
  std::uint64_t elements = 0;
  bool scalar = false;
};

std::optional<Extents> extents_of(hid_t space) {
  const H5S_class_t space_class = H5Sget_simple_extent_type(space);
  if (space_class == H5S_NULL) return Extents{.sizes = {0}};
  const int rank = H5Sget_simple_extent_ndims(space);
  if (space_class == H5S_NO_CLASS || rank < 0) return std::nullopt;
  Extents extents{.sizes = std::vector<hsize_t>(static_cast<std::size_t>(rank)), .elements = 1, .scalar = rank == 0};
  H5Sget_simple_extent_dims(space, extents.sizes.data(), nullptr);
  bool empty = false;
  for (const hsize_t size : extents.sizes) {
    if (size > kMostElements / extents.elements) return std::nullopt;
    if (size == 0)
      empty = true;
    else
      extents.elements *= size;
  }
  if (empty) extents.elements = 0;
  return extents;
}

/// A depth-first traversal of all groups; what it meets becomes the answer.
class GroupTraversal {
 public:
  explicit GroupTraversal(const Source& source) : source_(source), stored_left_(source.length) {}

  std::string run() {
    const Id file = open_part(source_.file, source_.offset, source_.length);
    const Id root = file.ok() ? H5Gopen2(file, "/", H5P_DEFAULT) : -1;
    if (!root.ok())
      failed(why_not_opened());
    else
      group(root, "");
    answer_.put(Record::kEnd);
    return answer_.bytes();
  }

 private:
  /// A data set for the answer; `why` says why it cannot be read, if so.
  struct Found {
    std::string type;
    Extents extents;
    std::uint64_t offset = 0, bytes = 0;
    Storage storage = Storage::kFile;
    std::string why;
  };
  struct Place {
    GroupTraversal& traversal;
    const std::string& path;
  };

  void failed(const std::string& why) {
    answer_.put(Record::kFailed);
    answer_.put_text(why);
  }

  void unreadable(const std::string& path, const char* attribute, const std::string& why) {
    answer_.put(Record::kUnreadable);
    answer_.put_text(path);
    answer_.put_text(attribute);
    answer_.put_text(why);
  }

  void group(hid_t group, const std::string& path) {
    H5O_info_t info;
    if (H5Oget_info2(group, &info, H5O_INFO_BASIC | H5O_INFO_NUM_ATTRS) < 0) return failed(complaint());
    answer_.put(Record::kGroup);
    answer_.put_text(path.empty() ? "/" : path);
    if (!visited_.insert(info.addr).second) return;
    attributes(group, path.empty() ? "/" : path, info.num_attrs);
    Place place{*this, path};
    if (++depth_ > kMostDepth) return failed("groups are nested more than " + std::to_string(kMostDepth) + " deep");
    const herr_t result = H5Literate(group, H5_INDEX_NAME, H5_ITER_NATIVE, nullptr, &GroupTraversal::link, &place);
    --depth_;
    if (result < 0) failed("group '" + path + "': " + complaint());
  }

  static herr_t link(hid_t group, const char* name, const H5L_info_t* link, void* to) {
    auto& [traversal, parent] = *static_cast<Place*>(to);
    if (link->type != H5L_TYPE_HARD) return 0;  // other kinds leave the file or are second names
    const std::string path = parent + "/" + name;
    const Id object = H5Oopen(group, name, H5P_DEFAULT);
    switch (object.ok() ? H5Iget_type(object) : H5I_BADID) {
      case H5I_GROUP:
        traversal.group(object, path);
        break;
      case H5I_DATASET:
        traversal.dataset(object, path);
        break;
      case H5I_DATATYPE:
        break;
      default:
        traversal.unreadable(path, "", complaint());
    }
    return 0;
  }

  void dataset(hid_t dataset, const std::string& path) {
    H5O_info_t info;
    const bool has_info = H5Oget_info2(dataset, &info, H5O_INFO_BASIC | H5O_INFO_NUM_ATTRS) >= 0;
    if (!has_info) return unreadable(path, "", complaint());
    attributes(dataset, path, info.num_attrs);
    // Several links may lead to one data set, which is decoded only once.
    const auto [known, is_new] = found_.try_emplace(info.addr);
    if (is_new) known->second = examine(dataset);
    const Found& found = known->second;
    if (!found.why.empty()) return unreadable(path, "", found.why);
    answer_.put(Record::kDataset);
    answer_.put_text(path);
    answer_.put_text(found.type);
    answer_.put(static_cast<std::uint32_t>(found.extents.sizes.size()));
    for (const hsize_t size : found.extents.sizes) answer_.put(std::uint64_t{size});
    answer_.put(found.offset);
    answer_.put(found.bytes);
    answer_.put(found.storage);
  }

  Found examine(hid_t dataset) {
    const Id type = H5Dget_type(dataset), space = H5Dget_space(dataset);
    const auto extents = type.ok() && space.ok() ? extents_of(space) : std::nullopt;
    if (!extents) return {.why = "its shape or type is damaged"};
    if (H5Tget_class(type) == H5T_STRING) return {.type = "s", .extents = *extents};
    const Numbers numbers = numbers_of(type);
    if (numbers.type.empty()) return {.why = "its type holds neither numbers nor text"};

    Found found{.type = std::string(numbers.type), .extents = *extents};
    found.bytes = extents->elements * H5Tget_size(numbers.read_as);
    if (found.bytes == 0) return found;
    const haddr_t offset = H5Dget_offset(dataset);  // defined only for contiguous numbers
    H5Eclear2(H5E_DEFAULT);
    if (offset != HADDR_UNDEF && numbers.in_place) {
      if (offset > source_.length || found.bytes > source_.length - offset)
        return {.why = outside(found.bytes, offset)};
      found.offset = offset;
      return found;
    }
    if (std::string doubt = why_not_read(dataset, found.bytes, offset); !doubt.empty())
      return {.why = std::move(doubt)};
    std::vector<char> decoded(found.bytes);
    if (H5Dread(dataset, numbers.read_as, H5S_ALL, H5S_ALL, H5P_DEFAULT, decoded.data()) < 0)
      return {.why = complaint()};
    if (!keep(decoded)) return {.why = "there is no memory for its " + std::to_string(found.bytes) + " bytes"};
    found.offset = memory_used_ - found.bytes;
    found.storage = Storage::kMemory;
    return found;
  }

  std::string outside(std::uint64_t bytes, std::uint64_t offset) const {
    return "its " + std::to_string(bytes) + " bytes at " + std::to_string(offset) +
           " lie outside of the file, which has " + std::to_string(source_.length);
  }

  /// Why numbers that need decoding cannot be read or are implausible, or "".
  std::string why_not_read(hid_t dataset, std::uint64_t bytes, haddr_t offset) {
    const Id plan = H5Dget_create_plist(dataset);
    if (!plan.ok()) return complaint();
    if (H5Pget_layout(plan) == H5D_VIRTUAL || H5Pget_external_count(plan) != 0) return "its numbers lie in other files";
    for (int i = 0; i < H5Pget_nfilters(plan); ++i) {
      char name[64] = "";
      unsigned flags = 0;
      std::size_t values = 0;
      const H5Z_filter_t filter =
          H5Pget_filter2(plan, static_cast<unsigned>(i), &flags, &values, nullptr, sizeof name, name, nullptr);
      if (H5Zfilter_avail(filter) <= 0)
        return "it is compressed by the filter '" + std::string(name) + "' (" + std::to_string(filter) +
               "), which is not supported";
    }
    const std::uint64_t stored = H5Dget_storage_size(dataset);
    if (offset != HADDR_UNDEF && (offset > source_.length || stored > source_.length - offset))
      return outside(stored, offset);
    if (stored > stored_left_) return "it claims " + std::to_string(stored) + " stored bytes, more than the file has";
    stored_left_ -= stored;
    if (bytes > kAlwaysBelieved && (bytes - kAlwaysBelieved) / kMostRatio > stored)
      return "it claims " + std::to_string(bytes) + " bytes of numbers from " + std::to_string(stored) + " stored ones";
    return "";
  }

  /// Appends to the memory that the parent process gave, aligned; memory_used_ is the new end.
  bool keep(const std::vector<char>& bytes) {
    std::uint64_t at = (memory_used_ + kAlignment - 1) / kAlignment * kAlignment;
    for (std::size_t done = 0; done < bytes.size();) {
      const ssize_t count =
          ::pwrite(source_.memory, bytes.data() + done, bytes.size() - done, static_cast<off_t>(at + done));
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return false;
      done += static_cast<std::size_t>(count);
    }
    memory_used_ = at + bytes.size();
    return true;
  }

  void attributes(hid_t object, const std::string& path, hsize_t count) {
    if (count == 0) return;
    Place place{*this, path};
    if (H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_NATIVE, nullptr, &GroupTraversal::attribute, &place) < 0)
      failed("attributes of '" + path + "': " + complaint());
  }

  static herr_t attribute(hid_t object, const char* name, const H5A_info_t*, void* to) {
    auto& [traversal, path] = *static_cast<Place*>(to);
    const Id attribute = H5Aopen(object, name, H5P_DEFAULT);
    const Id type = attribute.ok() ? H5Aget_type(attribute) : -1, space = attribute.ok() ? H5Aget_space(attribute) : -1;
    const auto extents = type.ok() && space.ok() ? extents_of(space) : std::nullopt;
    if (!extents) {
      traversal.unreadable(path, name, complaint());
      return 0;
    }
    // Keras writes an empty list of names as an empty array of float64.
    const bool is_text = H5Tget_class(type) == H5T_STRING;
    if (!is_text && extents->elements > 0) return 0;
    std::optional<std::vector<std::string>> texts{std::in_place};
    if (extents->elements > 0) texts = traversal.read_texts(attribute, type, extents->elements);
    if (!texts) {
      traversal.unreadable(path, name, complaint());
      return 0;
    }
    traversal.answer_.put(Record::kAttribute);
    traversal.answer_.put_text(path);
    traversal.answer_.put_text(name);
    traversal.answer_.put(extents->scalar ? Extent::kScalar : Extent::kList);
    traversal.answer_.put(static_cast<std::uint32_t>(texts->size()));
    for (const std::string& text : *texts) traversal.answer_.put_text(text);
    return 0;
  }

  std::optional<std::vector<std::string>> read_texts(hid_t attribute, hid_t type, std::uint64_t count) const {
    std::vector<std::string> texts;
    const std::size_t size = H5Tget_size(type);
    if (size == 0 || count > source_.length / size) return std::nullopt;
    if (H5Tis_variable_str(type) > 0) {
      std::vector<char*> pointers(count);
      if (H5Aread(attribute, type, pointers.data()) < 0) return std::nullopt;
      for (const char* text : pointers) texts.emplace_back(text ? text : "");
      const Id space = H5Aget_space(attribute);
      H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointers.data());
      return texts;
    }
    std::vector<char> bytes(count * size);
    if (H5Aread(attribute, type, bytes.data()) < 0) return std::nullopt;
    const H5T_str_t padding = H5Tget_strpad(type);
    for (std::size_t i = 0; i < count; ++i) {
      const std::string_view field(&bytes[i * size], size);
      const std::size_t end = padding == H5T_STR_NULLTERM
                                  ? field.find('\0')
                                  : field.find_last_not_of(padding == H5T_STR_SPACEPAD ? ' ' : '\0') + 1;
      texts.emplace_back(field.substr(0, end));
    }
    return texts;
  }

  const Source& source_;
  hdf5_answer::AnswerWriter answer_;
  std::unordered_set<haddr_t> visited_;       ///< groups
  std::unordered_map<haddr_t, Found> found_;  ///< data sets
  int depth_ = 0;
  std::uint64_t stored_left_;  ///< bytes of the file that decoded data sets have not claimed yet
  std::uint64_t memory_used_ = 0;
};

}  // namespace

std::string index(const Source& source) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  H5PLset_loading_state(0);  // never load filter plugins
  register_lzf();
  return GroupTraversal(source).run();
}

}  // namespace kerascope::h5
