#include "onednn/memory.h"

#include "base/check.h"
#include "onednn/primitive.h"

namespace kerascope {
namespace {

using dnnl::memory;
constexpr auto kFloat = memory::data_type::f32;

}  // namespace

memory::desc channels_last(const Shape& shape) {
  using enum memory::format_tag;
  static constexpr memory::format_tag kTags[] = {nwc, nhwc, ndhwc};
  const int spatial = shape.rank() - 2;
  KERASCOPE_CHECK(spatial >= 1 && spatial <= 3);
  memory::dims dims = {shape[0], shape.back()};
  dims.insert(dims.end(), shape.begin() + 1, shape.end() - 1);
  return {dims, kFloat, kTags[spatial - 1]};
}

memory::desc transposed_kernel_desc(const Shape& kernel, Layout layout) {
  const int spatial = kernel.rank() - 2;
  KERASCOPE_CHECK(spatial >= 1 && spatial <= 3);
  std::vector<int> axes = {spatial, spatial + 1};
  for (int axis = 0; axis < spatial; ++axis) axes.push_back(axis);
  memory::dims dims, strides;
  for (int axis : axes) {
    dims.push_back(kernel[axis]);
    strides.push_back(kernel.elements(axis + 1, kernel.rank()));
  }
  if (layout == Layout::kAny) return {dims, kFloat, memory::format_tag::any};
  return {dims, kFloat, strides};
}

memory::desc row_major(const Shape& shape) {
  memory::dims strides(static_cast<std::size_t>(shape.rank()), 1);
  for (std::size_t axis = strides.size() - 1; axis > 0; --axis)
    strides[axis - 1] = strides[axis] * shape[static_cast<int>(axis)];
  return {shape.sizes(), kFloat, strides};
}

memory view(const Session& session, const memory::desc& desc, const float* numbers) {
  return {desc, onednn_engine(), const_cast<float*>(numbers)};
}

memory reordered(const Session& session, const memory& from, const memory::desc& to) try {
  memory result(to, onednn_engine());
  dnnl::stream stream = onednn_stream();
  memory source = from;
  dnnl::reorder(source, result).execute(stream, source, result);
  stream.wait();
  return result;
} catch (const dnnl::error& error) {
  rethrow(error, "a change of layout");
}

}  // namespace kerascope
