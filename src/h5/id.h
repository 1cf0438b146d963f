// An HDF5 handle that closes itself.
#pragma once

#define H5_USE_110_API
#include <hdf5.h>

#include <utility>

namespace kerascope::h5 {

class Id {
 public:
  Id(hid_t id) : id_(id) {}
  Id(Id&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
  Id& operator=(Id&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~Id() {
    if (id_ >= 0) H5Idec_ref(id_);
  }
  operator hid_t() const { return id_; }
  bool ok() const { return id_ >= 0; }

 private:
  hid_t id_;
};

}  // namespace kerascope::h5
