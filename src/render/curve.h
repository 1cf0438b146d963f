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
  double value = 0;    ///< zero and infinity have their own lanes; NaN: no point, the line is interrupted
  std::string remark;  ///< shown instead of a missing point: "only in A"
};

struct CurveOptions {
  std::string title, subtitle;
  double limit = 0;                   ///< values above it are in a warm colour, others in a cool one; 0: none
  std::string limit_name;             ///< "tolerance"
  std::optional<std::size_t> marked;  ///< the point that matters most
  std::string marked_name;            ///< "parts first"
};

/// With many points the rows shrink, and only as many are named as stay readable.
Picture depth_curve(std::span<const CurvePoint> points, const CurveOptions& options);

}  // namespace kerascope
