// What a convolution and its transpose share: a oneDNN primitive of an input, a kernel in the layout that it likes best
// and maybe a bias.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "onednn/memory.h"
#include "onednn/primitive.h"
#include "ops/window.h"

namespace kerascope::ops {

/// How the tensors lie in Keras. A missing bias is an empty description.
struct ConvLayouts {
  dnnl::memory::desc x, kernel, bias, y;
};

struct WindowDims {
  explicit WindowDims(const std::vector<WindowAxis>& axes) {
    for (const WindowAxis& axis : axes) {
      strides.push_back(axis.stride);
      dilations.push_back(axis.dilation - 1);  // oneDNN counts dilation from 0, Keras from 1.
      before.push_back(axis.before);
      after.push_back(axis.after);
    }
  }
  dnnl::memory::dims strides, dilations, before, after;
};

template <typename Description>
Kernel convolving(const Session& session, const std::string& op, const Description& description,
                  const ConvLayouts& layouts, const float* constant_kernel) {
  const dnnl::memory::desc wanted = description.weights_desc();
  std::optional<dnnl::memory> weights;  // a constant kernel is reordered here, once
  if (constant_kernel && wanted != layouts.kernel)
    weights = reordered(session, view(session, layouts.kernel, constant_kernel), wanted);
  return [=, primitive = Primitive(session, op, description)](const KernelArguments& run) {
    dnnl::memory kernel_now = weights ? *weights : view(session, layouts.kernel, run.in[1]);
    if (!weights && wanted != layouts.kernel) kernel_now = reordered(session, kernel_now, wanted);
    Primitive::Arguments arguments = {{DNNL_ARG_SRC, view(session, layouts.x, run.in[0])},
                                      {DNNL_ARG_WEIGHTS, kernel_now},
                                      {DNNL_ARG_DST, view(session, layouts.y, run.out)}};
    if (run.in.size() > 2) arguments.emplace(DNNL_ARG_BIAS, view(session, layouts.bias, run.in[2]));
    primitive.run(std::move(arguments));
  };
}

inline std::vector<Value> conv_operands(Value x, Value kernel, std::optional<Value> bias) {
  std::vector<Value> inputs = {x, kernel};
  if (bias) inputs.push_back(*bias);
  return inputs;
}

/// The spatial axes of a kernel; none where it has no two axes more.
inline Spatial kernel_size(const Shape& kernel) {
  return kernel.rank() > 2 ? Spatial(kernel.begin(), kernel.end() - 2) : Spatial();
}

}  // namespace kerascope::ops
