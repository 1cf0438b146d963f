// Weights as pictures: convolutions filter by filter, matrices, vectors.
#pragma once

#include <string>

#include "kerascope/drawing.h"

namespace kerascope {

/// A weight's axis roles for kernel_picture(), and the shape (with as many numbers) that they belong to.
struct KernelView {
  std::string roles;
  Shape shape;
};
/// @param class_name  the layer's class; (.., channels, multipliers) of a depthwise kernel count as filters
/// @param weight      its name and shape in the layer: "depthwise_kernel"
KernelView kernel_view(const std::string& class_name, const std::string& weight, const Shape& shape);

/// Whether a weight of this name is the one to draw for a layer: a kernel, or embeddings.
bool is_kernel(const std::string& weight);

}  // namespace kerascope
