// NumPy's arrays and the library's tensors.
#pragma once

#include <nanobind/nanobind.h>

#include <vector>

#include "kerascope/tensor.h"

namespace kerascope::python {

/// A copy of an array's numbers, or of texts.
/// @param array  a C-contiguous array of a type that DType has; or (shape, texts)
Tensor tensor_of(nanobind::handle array);
/// The same without a copy: the tensor keeps the array, which must not be written to any more.
Tensor shared_tensor_of(nanobind::handle array);
std::vector<Tensor> tensors_of(const nanobind::list& arrays);

/// The tensor as an array that cannot be written. It shows the tensor's own memory and keeps it alive; bfloat16, which
/// NumPy does not have, becomes float32, and texts become an array of str objects.
nanobind::object array_of(const Tensor& tensor);

/// The same with memory of its own, for a tensor that is valid only for now.
nanobind::object copied_array_of(const Tensor& tensor);

}  // namespace kerascope::python
