// A quantity over the depth of a network: layers go down the page, the quantity goes right on a logarithmic axis.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "render/picture.h"

namespace kerascope {

struct CurvePoint {
  std::string name;
  double value = 0;    ///< zero and infinity have lanes of their own; NaN: no point, the line is broken
  std::string remark;  ///< stands in the point's place where there is none: "only in A"
};

struct CurveOptions {
  std::string title, subtitle;
  double limit = 0;                   ///< what is beyond is warm, what is not is cool; 0: no line is drawn
  std::string limit_name;             ///< "tolerance"
  std::optional<std::size_t> marked;  ///< the point that matters most
  std::string marked_name;            ///< "parts first"
};

/// Rows shrink where there are many points, and then only as many are named as stay readable.
Picture depth_curve(std::span<const CurvePoint> points, const CurveOptions& options);

}  // namespace kerascope
