#include "formats/hdf5_write.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include "formats/hdf5.h"
#include "kerascope/error.h"
#include "model/json.h"

namespace kerascope {
namespace {

[[noreturn]] void fail(const std::string& because) {
  throw Error({.code = "hdf5-unwritable", .what = "the weights cannot be laid out as HDF5", .because = because});
}

/// The description of the layout, as an anonymous file.
class Plan {
 public:
  explicit Plan(const std::string& text) : descriptor_(::memfd_create("kerascope-plan", MFD_CLOEXEC)) {
    if (descriptor_ < 0 || ::write(descriptor_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
      fail("the system gives no shared memory");
  }
  ~Plan() { ::close(descriptor_); }
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace

void write_hdf5(FileWriter& file, std::uint64_t offset, const std::vector<NamedWeight>& weights) {
  Json items = Json::array();
  for (const NamedWeight& named : weights)
    items.push_back(
        {{"path", named.path}, {"shape", named.weight.shape.sizes()}, {"type", name_of(named.weight.dtype)}});
  const Plan plan(items.dump());
  const std::string answer = lay_out_hdf5(file.descriptor(), offset, plan.descriptor());
  const Json places = parse_json(answer, "the answer of kerascope-h5");
  if (!places.is_array() || places.size() != weights.size()) fail(text_or(places, "failure", "it gave no answer"));
  const std::uint64_t end = file.size();
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const Tensor numbers = weights[i].weight.read();
    const std::span bytes(static_cast<const std::byte*>(numbers.bytes()), numbers.byte_size());
    if (!places[i].is_number_unsigned()) fail("its answer does not fit the file");
    const std::uint64_t place = offset + places[i].get<std::uint64_t>();
    if (place > end || bytes.size() > end - place) fail("its answer does not fit the file");
    file.write_at(place, bytes);
  }
}

}  // namespace kerascope
