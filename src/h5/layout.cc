#include "h5/layout.h"

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "h5/id.h"
#include "h5/numbers.h"
#include "h5/part_driver.h"

namespace kerascope::h5 {
namespace {

using Json = nlohmann::json;

Id checked(hid_t id, const char* what) {
  if (id < 0) throw std::runtime_error(std::string("libhdf5 cannot ") + what);
  return Id(id);
}

/// Keras recognizes bfloat16, which HDF5 does not have, by this attribute.
void mark_bfloat16(hid_t set) {
  const Id text = checked(H5Tcopy(H5T_C_S1), "make a type");
  H5Tset_size(text, H5T_VARIABLE);
  H5Tset_cset(text, H5T_CSET_UTF8);
  const Id one = checked(H5Screate(H5S_SCALAR), "make a shape");
  const Id attribute = checked(H5Acreate2(set, "dtype", text, one, H5P_DEFAULT, H5P_DEFAULT), "make an attribute");
  const char* const value = "bfloat16";
  if (H5Awrite(attribute, text, &value) < 0) throw std::runtime_error("libhdf5 cannot write an attribute");
}

Json make(hid_t file, const Json& plan) {
  const Id links = checked(H5Pcreate(H5P_LINK_CREATE), "make a property list");
  H5Pset_create_intermediate_group(links, 1);
  const Id creation = checked(H5Pcreate(H5P_DATASET_CREATE), "make a property list");
  H5Pset_alloc_time(creation, H5D_ALLOC_TIME_EARLY);
  H5Pset_fill_time(creation, H5D_FILL_TIME_NEVER);
  H5Pset_obj_track_times(creation, false);  // equal models give equal files
  Json offsets = Json::array();
  for (const Json& item : plan) {
    const auto shape = item.at("shape").get<std::vector<hsize_t>>();
    const Id space = checked(
        shape.empty() ? H5Screate(H5S_SCALAR) : H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr),
        "make a shape");
    const std::string type_name = item.at("type").get<std::string>();
    const Id type = file_type(type_name);
    if (!type.ok()) throw std::runtime_error("libhdf5 cannot make numbers of type " + type_name);
    const Id set =
        checked(H5Dcreate2(file, item.at("path").get<std::string>().c_str(), type, space, links, creation, H5P_DEFAULT),
                "make a data set");
    if (type_name == "bfloat16") mark_bfloat16(set);
    const haddr_t offset = H5Dget_offset(set);
    offsets.push_back(offset == HADDR_UNDEF ? Json(0) : Json(offset));
  }
  return offsets;
}

}  // namespace

std::string lay_out(int file, std::uint64_t offset, const std::string& plan) {
  try {
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    Json offsets;
    {
      const Id made = create_part(file, offset);
      if (!made.ok()) throw std::runtime_error("libhdf5 cannot make the file");
      offsets = make(made, Json::parse(plan));
      if (H5Fflush(made, H5F_SCOPE_LOCAL) < 0) throw std::runtime_error("libhdf5 cannot finish the file");
    }
    return offsets.dump();
  } catch (const std::exception& error) {
    return Json{{"failure", error.what()}}.dump();
  }
}

}  // namespace kerascope::h5
