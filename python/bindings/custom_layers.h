// Layers that Python computes.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kerascope/custom_layer.h"

namespace kerascope::python {

/// Functions by the name of a layer's class. Each is called as compute(address, class name, config, arguments, weights,
/// inputs, masks, training) and returns two lists: the outputs, and the mask or None of each.
using ByClass = std::vector<std::pair<std::string, nanobind::object>>;

/// @param otherwise  computes what the library cannot
CustomLayers custom_layers(ByClass by_class, std::optional<nanobind::object> otherwise = std::nullopt);

}  // namespace kerascope::python
