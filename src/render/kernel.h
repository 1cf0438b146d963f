// Weights as pictures: convolutions filter by filter, matrices, vectors.
#pragma once

#include <string>

#include "kerascope/drawing.h"

namespace kerascope {

/// How kernel_picture() is to see a weight: its roles, and the shape that they are for, of as many numbers.
struct KernelView {
  std::string roles;
  Shape shape;
};
/// @param class_name  the layer's; a depthwise kernel's (.., channels, multipliers) count as filters
/// @param weight      its name and shape in the layer: "depthwise_kernel"
KernelView kernel_view(const std::string& class_name, const std::string& weight, const Shape& shape);

/// Whether a weight of this name is what a layer is drawn by: a kernel, or embeddings.
bool is_kernel(const std::string& weight);

}  // namespace kerascope
