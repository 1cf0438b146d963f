#include "h5/part_driver.h"

#include <unistd.h>

#include <cerrno>

namespace kerascope::h5 {
namespace {

struct Part {
  int descriptor;
  std::uint64_t offset, length;
};

struct PartFile {
  H5FD_t base;  // libhdf5 knows the object by its first member
  Part part;
  haddr_t end_of_allocated;
};

H5FD_t* open(const char*, unsigned flags, hid_t access, haddr_t) {
  const auto* part = static_cast<const Part*>(H5Pget_driver_info(access));
  if (!part || (flags & H5F_ACC_RDWR)) return nullptr;
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

herr_t write(H5FD_t*, H5FD_mem_t, hid_t, haddr_t, std::size_t, const void*) { return -1; }

herr_t query(const H5FD_t*, unsigned long* features) {
  if (features) *features = H5FD_FEAT_ACCUMULATE_METADATA_READ | H5FD_FEAT_DATA_SIEVE;
  return 0;
}

}  // namespace

Id open_part(int descriptor, std::uint64_t offset, std::uint64_t length) {
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
                            .fl_map = H5FD_FLMAP_DICHOTOMY};
  const Part part{descriptor, offset, length};
  // These two are never closed: that would forget why the file could not be opened.
  const hid_t driver_id = H5FDregister(&driver), access = H5Pcreate(H5P_FILE_ACCESS);
  if (H5Pset_driver(access, driver_id, &part) < 0) return -1;
  return H5Fopen("part", H5F_ACC_RDONLY, access);
}

}  // namespace kerascope::h5
