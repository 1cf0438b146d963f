// Keras's tensors as oneDNN sees them: its axes are (N, C, spatial..) and (O, I, spatial..), whatever the layout.
#pragma once

#include "kerascope/shape.h"
#include <oneapi/dnnl/dnnl.hpp>
#include "ops/session.h"

namespace kerascope {

const dnnl::engine& onednn_engine();
const dnnl::stream& onednn_stream();


enum class Layout {
  kKeras,  ///< as the numbers lie in Keras's tensor
  kAny,    ///< whatever oneDNN computes fastest from
};

/// (N, spatial.., C) with 1 to 3 spatial axes.
dnnl::memory::desc channels_last(const Shape& shape);
/// A kernel (spatial.., O, I) of a transposed convolution.
dnnl::memory::desc transposed_kernel_desc(const Shape& kernel, Layout layout);
/// Row-major.
dnnl::memory::desc row_major(const Shape& shape);

/// Numbers that stay where they are. Only a destination is written to.
dnnl::memory view(const Session& session, const dnnl::memory::desc& desc, const float* numbers);
/// A copy in another layout.
dnnl::memory reordered(const Session& session, const dnnl::memory& from, const dnnl::memory::desc& to);

}  // namespace kerascope
