#include "render/colormap.h"

#include <fmt/format.h>

#include <array>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/text.h"
#include "kerascope/error.h"
#include "render/colormap_tables.h"

namespace kerascope {
namespace {

const std::vector<std::pair<std::string, Colormap>> kNames = {{"gray", Colormap::kGray},
                                                              {"grey", Colormap::kGray},
                                                              {"viridis", Colormap::kViridis},
                                                              {"magma", Colormap::kMagma},
                                                              {"diverging", Colormap::kDiverging}};

constexpr std::array<Rgb, 256> kGrays = [] {
  std::array<Rgb, 256> table;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const auto level = static_cast<unsigned char>(i);
    table[i] = {level, level, level};
  }
  return table;
}();

}  // namespace

Colormap parse_colormap(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& [known, colormap] : kNames) {
    if (known == name) return colormap;
    names.push_back(known);
  }
  const std::string meant = text::did_you_mean(name, names);
  throw Error({.code = "colormap-unknown",
               .what = fmt::format("there is no colour map '{}'", text::printable(name)),
               .hint = meant.empty() ? "gray, viridis, magma or diverging" : meant});
}

std::string name_of(Colormap colormap) {
  for (const auto& [name, known] : kNames)
    if (known == colormap) return name;
  KERASCOPE_CHECK(false);
}

std::span<const Rgb, 256> colors(Colormap colormap) {
  switch (colormap) {
    case Colormap::kViridis:
      return kViridis;
    case Colormap::kMagma:
      return kMagma;
    case Colormap::kDiverging:
      return kDiverging;
    case Colormap::kGray:
      break;
  }
  return kGrays;
}

}  // namespace kerascope
