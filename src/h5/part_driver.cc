#include "h5/part_driver.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace kerascope::h5 {
namespace {

struct Part {
  int descriptor;
  std::uint64_t offset, length;
  bool is_new = false;
};

struct PartFile {
  H5FD_t base;  // libhdf5 requires it as the first member
  Part part;
  haddr_t end_of_allocated;
};

H5FD_t* open(const char*, unsigned flags, hid_t access, haddr_t) {
  const auto* part = static_cast<const Part*>(H5Pget_driver_info(access));
  if (!part || (!part->is_new && (flags & H5F_ACC_RDWR))) return nullptr;
  return &(new PartFile{.base = {}, .part = *part, .end_of_allocated = 0})->base;
}

PartFile* self(H5FD_t* file) { return reinterpret_cast<PartFile*>(file); }
const PartFile* self(const H5FD_t* file) { return reinterpret_cast<const PartFile*>(file); }

herr_t close(H5FD_t* file) {
  delete self(file);
  return 0;
}

haddr_t end_of_allocated(const H5FD_t* file, H5FD_mem_t) { return self(file)->end_of_allocated; }

herr_t set_end_of_allocated(H5FD_t* file, H5FD_mem_t, haddr_t address) {
  self(file)->end_of_allocated = address;
  return 0;
}

haddr_t end_of_file(const H5FD_t* file, H5FD_mem_t) { return self(file)->part.length; }

herr_t read(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t address, std::size_t size, void* buffer) {
  const Part& part = self(file)->part;
  if (address > part.length || size > part.length - address) return -1;
  auto* to = static_cast<char*>(buffer);
  for (std::uint64_t from = part.offset + address; size > 0;) {
    const ssize_t count = ::pread(part.descriptor, to, size, static_cast<off_t>(from));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return -1;
    to += count;
    from += static_cast<std::uint64_t>(count);
    size -= static_cast<std::size_t>(count);
  }
  return 0;
}

herr_t write(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t address, std::size_t size, const void* buffer) {
  Part& part = self(file)->part;
  if (!part.is_new) return -1;
  const auto* from = static_cast<const char*>(buffer);
  for (std::uint64_t to = part.offset + address; size > 0;) {
    const ssize_t count = ::pwrite(part.descriptor, from, size, static_cast<off_t>(to));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return -1;
    from += count;
    to += static_cast<std::uint64_t>(count);
    size -= static_cast<std::size_t>(count);
    part.length = std::max(part.length, to - part.offset);
  }
  return 0;
}

/// The file ends at the end of its last data set, even if that is not written yet.
herr_t truncate(H5FD_t* file, hid_t, hbool_t) {
  Part& part = self(file)->part;
  if (!part.is_new) return 0;
  part.length = self(file)->end_of_allocated;
  return ::ftruncate(part.descriptor, static_cast<off_t>(part.offset + part.length));
}

herr_t query(const H5FD_t*, unsigned long* features) {
  if (features) *features = H5FD_FEAT_ACCUMULATE_METADATA_READ | H5FD_FEAT_DATA_SIEVE;
  return 0;
}

/// @return  an access property list for it
hid_t with_driver(const Part& part) {
  const H5FD_class_t driver{.name = "kerascope_part",
                            .maxaddr = static_cast<haddr_t>(INT64_MAX),
                            .fc_degree = H5F_CLOSE_STRONG,
                            .fapl_size = sizeof(Part),
                            .open = open,
                            .close = close,
                            .query = query,
                            .get_eoa = end_of_allocated,
                            .set_eoa = set_end_of_allocated,
                            .get_eof = end_of_file,
                            .read = read,
                            .write = write,
                            .truncate = truncate,
                            .fl_map = H5FD_FLMAP_DICHOTOMY};
  // These two are never closed, as closing clears the error of a failed open.
  const hid_t driver_id = H5FDregister(&driver), access = H5Pcreate(H5P_FILE_ACCESS);
  return H5Pset_driver(access, driver_id, &part) < 0 ? -1 : access;
}

}  // namespace

Id open_part(int descriptor, std::uint64_t offset, std::uint64_t length) {
  return H5Fopen("part", H5F_ACC_RDONLY, with_driver({descriptor, offset, length}));
}

Id create_part(int descriptor, std::uint64_t offset) {
  const hid_t access = with_driver({descriptor, offset, 0, true});
  // Align numbers for fast access.
  H5Pset_alignment(access, 4096, 64);
  return H5Fcreate("part", H5F_ACC_TRUNC, H5P_DEFAULT, access);
}

}  // namespace kerascope::h5
