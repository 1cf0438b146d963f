// Saves a model as a .keras archive.
#include <fmt/format.h>
#include <libdeflate.h>
#include <unistd.h>

#include "api/config.h"
#include "api/state.h"
#include "base/memory.h"
#include "base/text.h"
#include "export/zip_records.h"
#include "formats/hdf5_write.h"
#include "formats/weights.h"

namespace kerascope {

using namespace api;

namespace {

/// The weights of all layers by their paths in the archive, and messages about missing ones.
struct Filed {
  std::vector<NamedWeight> weights;
  std::vector<std::string> missing;
};

Filed filed_weights(const ModelData& model, const std::map<const LayerData*, LayerWeights>& bound) {
  Filed filed;
  const auto class_of = [&](const LayerData& layer) { return keras3_class(layer, model); };
  each_filed(model.network, class_of, [&](const LayerData& layer, const std::string& group) {
    const auto found = bound.find(&layer);
    if (found == bound.end()) return;
    for (std::size_t i = 0; i < found->second.order.size(); ++i) {
      const WeightSlot& slot = *found->second.slots.at(found->second.order[i]);
      if (slot.problem)
        filed.missing.push_back(slot.problem->parts().what);
      else
        filed.weights.push_back(
            {fmt::format("{}/vars/{}", group, i),
             {.name = slot.name, .place = layer.place, .shape = slot.shape, .dtype = slot.dtype, .read = slot.read}});
    }
  });
  return filed;
}

/// Writes the archive's members one after the other.
class Archive {
 public:
  explicit Archive(const std::string& path) : file_(path) {
    if (!file_.can_seek())
      throw Error({.code = "output-unwritable", .what = "a model is saved into a file, not a pipe", .where = path});
  }

  void add(const std::string& name, const std::string& text) {
    const ZipMember member{.name = name,
                           .crc = static_cast<std::uint32_t>(libdeflate_crc32(0, text.data(), text.size())),
                           .size = text.size(),
                           .offset = end_};
    const std::string record = local_record(member);
    file_.write_at(end_, record);
    file_.write_at(end_ + record.size(), text);
    close_member(member, record.size());
  }

  void add_weights(const std::string& name, const std::vector<NamedWeight>& weights) {
    ZipMember member{.name = name, .offset = end_};
    for (const NamedWeight& named : weights)
      member.size += static_cast<std::uint64_t>(named.weight.shape.elements()) * element_bytes(named.weight.dtype);
    // The record's length depends on whether the size needs zip64, which is known only after the layout.
    std::size_t length = 0;
    do {
      length = local_record(member).size();
      write_hdf5(file_, end_ + length, weights);
      member.size = file_.size() - end_ - length;
    } while (local_record(member).size() != length);
    member.crc = checksum(end_ + length, member.size);
    file_.write_at(end_, local_record(member));
    close_member(member, length);
  }

  void commit() {
    std::string central;
    for (const ZipMember& member : members_) central += central_record(member);
    file_.write_at(end_, central + end_record(members_.size(), end_, central.size()));
    file_.commit();
  }

 private:
  void close_member(const ZipMember& member, std::size_t record_bytes) {
    end_ += record_bytes + member.size;
    members_.push_back(member);
  }

  std::uint32_t checksum(std::uint64_t begin, std::uint64_t size) const {
    std::vector<char> part(1 << 20);
    std::uint32_t crc = 0;
    for (std::uint64_t done = 0; done < size;) {
      const ssize_t count = ::pread(file_.descriptor(), part.data(), std::min<std::uint64_t>(part.size(), size - done),
                                    static_cast<off_t>(begin + done));
      if (count <= 0) throw Error({.code = "output-unwritable", .what = "what was written cannot be read again"});
      crc = libdeflate_crc32(crc, part.data(), static_cast<std::size_t>(count));
      done += static_cast<std::uint64_t>(count);
    }
    return crc;
  }

  FileWriter file_;
  std::uint64_t end_ = 0;
  std::vector<ZipMember> members_;
};

}  // namespace

void Model::save(const std::string& path) const try {
  if (!text::ends_with(path, ".keras"))
    throw Error({.code = "save-unsupported",
                 .what = fmt::format("a model is saved as .keras, and '{}' has another ending", path)});
  const auto data = state_->data();
  const OpenAssembly open = assemble_open(*data);
  for (const auto& [layer, needs] : open.assembly.needs)
    if (!needs.is_known && !layer->is_operation && !layer->weights.empty())
      throw Error({.code = "save-unsupported",
                   .what = fmt::format("the weights of layer '{}' ({}), which Kerascope cannot compute, have no known "
                                       "place in the archive",
                                       layer->name, layer->class_name),
                   .where = layer->place});
  const Filed filed = filed_weights(*data, open.assembly.needs);
  if (!filed.missing.empty())
    throw Error({.code = "weight-missing",
                 .what = fmt::format("{} weights of '{}' cannot be saved", filed.missing.size(), data->network.name),
                 .because = text::join(filed.missing, "; "),
                 .hint = "load_weights(file) first"});
  const std::string config = keras3_config(*data, open).dump();
  // No date: equal models give equal files.
  const std::string version =
      data->keras_version.find('.') == std::string::npos || data->keras_major() < 3 ? "3.0.0" : data->keras_version;
  const std::string metadata = Json{{"keras_version", version}, {"date_saved", ""}}.dump();
  Archive archive(path);
  archive.add("metadata.json", metadata);
  archive.add("config.json", config);
  archive.add_weights("model.weights.h5", filed.weights);
  archive.commit();
} catch (const std::bad_alloc&) {
  throw want_of_memory();
}

}  // namespace kerascope
