#include "kerascope/dtype.h"

#include <array>

namespace kerascope {
namespace {

struct Facts {
  std::string_view name;
  std::size_t bytes;
};
/// In the order of the enumeration.
constexpr std::array<Facts, 11> kFacts = {{{"float32", 4},
                                           {"float16", 2},
                                           {"bfloat16", 2},
                                           {"float64", 8},
                                           {"int8", 1},
                                           {"int16", 2},
                                           {"int32", 4},
                                           {"int64", 8},
                                           {"uint8", 1},
                                           {"bool", 1},
                                           {"string", sizeof(std::string_view)}}};

}  // namespace

std::string_view name_of(DType dtype) { return kFacts[static_cast<std::size_t>(dtype)].name; }

std::optional<DType> dtype_named(std::string_view name) {
  for (std::size_t i = 0; i < kFacts.size(); ++i)
    if (kFacts[i].name == name) return static_cast<DType>(i);
  return {};
}

std::size_t element_bytes(DType dtype) { return kFacts[static_cast<std::size_t>(dtype)].bytes; }

}  // namespace kerascope
