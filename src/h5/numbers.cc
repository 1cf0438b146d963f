#include "h5/numbers.h"

#include <cstdint>
#include <utility>

namespace kerascope::h5 {
namespace {

Id half_type() {
  Id half = H5Tcopy(H5T_IEEE_F32LE);
  H5Tset_fields(half, 15, 10, 5, 0, 10);
  H5Tset_size(half, 2);
  H5Tset_ebias(half, 15);
  return half;
}

Numbers copied_as_is(std::string_view type, hid_t file_type) { return {type, H5Tcopy(file_type), true}; }

Numbers converted(std::string_view type, hid_t file_type, hid_t read_as) {
  return {type, H5Tcopy(read_as), H5Tequal(file_type, read_as) > 0};
}

Numbers integers(hid_t file_type) {
  const bool negative = H5Tget_sign(file_type) != H5T_SGN_NONE;
  switch (H5Tget_size(file_type)) {
    case 1:
      return converted(negative ? "i1" : "u1", file_type, negative ? H5T_STD_I8LE : H5T_STD_U8LE);
    case 2:
      return converted(negative ? "i2" : "u2", file_type, negative ? H5T_STD_I16LE : H5T_STD_U16LE);
    case 4:
      return converted(negative ? "i4" : "u4", file_type, negative ? H5T_STD_I32LE : H5T_STD_U32LE);
    case 8:
      return converted(negative ? "i8" : "u8", file_type, negative ? H5T_STD_I64LE : H5T_STD_U64LE);
    default:
      return {};
  }
}

Numbers floats(hid_t file_type) {
  static const Id half = half_type();
  if (H5Tequal(file_type, half) > 0) return copied_as_is("f2", file_type);
  return H5Tget_size(file_type) <= 4 ? converted("f4", file_type, H5T_IEEE_F32LE)
                                     : converted("f8", file_type, H5T_IEEE_F64LE);
}

/// As h5py writes NumPy's bool.
Id bool_type() {
  Id type = H5Tenum_create(H5T_STD_I8LE);
  for (const auto& [name, value] : {std::pair<const char*, std::int8_t>("FALSE", 0), {"TRUE", 1}})
    H5Tenum_insert(type, name, &value);
  return type;
}

}  // namespace

Id file_type(std::string_view dtype) {
  if (dtype == "float16") return half_type();
  if (dtype == "bfloat16") return Id(H5Tcreate(H5T_OPAQUE, 2));
  if (dtype == "bool") return bool_type();
  const hid_t types = dtype == "float32"   ? H5T_IEEE_F32LE
                      : dtype == "float64" ? H5T_IEEE_F64LE
                      : dtype == "int8"    ? H5T_STD_I8LE
                      : dtype == "int16"   ? H5T_STD_I16LE
                      : dtype == "int32"   ? H5T_STD_I32LE
                      : dtype == "int64"   ? H5T_STD_I64LE
                      : dtype == "uint8"   ? H5T_STD_U8LE
                                           : H5I_INVALID_HID;
  return Id(types == H5I_INVALID_HID ? types : H5Tcopy(types));
}

Numbers numbers_of(hid_t file_type) {
  const std::size_t size = H5Tget_size(file_type);
  switch (H5Tget_class(file_type)) {
    case H5T_FLOAT:
      return floats(file_type);
    case H5T_INTEGER:
      return integers(file_type);
    // h5py writes NumPy's bool as a one-byte enumeration, and bfloat16 as two opaque bytes.
    case H5T_ENUM:
      return size == 1 ? copied_as_is("b1", file_type) : Numbers{};
    case H5T_OPAQUE:
      return size == 2 ? copied_as_is("bf16", file_type) : Numbers{};
    default:
      return {};
  }
}

}  // namespace kerascope::h5
