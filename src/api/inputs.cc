#include <fmt/format.h>

#include "api/state.h"

namespace kerascope::api {
namespace {

bool fits(const Shape& shape, const Shape& declared) {
  if (declared.rank() == 0) return shape.rank() > 0;
  if (shape.rank() != declared.rank()) return false;
  for (int axis = 1; axis < shape.rank(); ++axis)
    if (declared[axis] >= 0 && shape[axis] != declared[axis]) return false;
  return true;
}

std::string open_text(const Shape& declared) {
  std::string text;
  for (int axis = 1; axis < declared.rank(); ++axis)
    text += (axis > 1 ? ", " : "") + (declared[axis] < 0 ? std::string("any") : std::to_string(declared[axis]));
  return "(" + text + ")";
}

}  // namespace

std::vector<Tensor> fitting(std::span<const Tensor> inputs, std::span<const std::pair<std::string, Shape>> declared) {
  if (inputs.size() != declared.size())
    throw Error({.code = "input-count",
                 .what = fmt::format("{} tensors are given and {} are needed", inputs.size(), declared.size())});
  std::vector<Tensor> fit;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto& [name, shape] = declared[i];
    Tensor input = inputs[i];
    if (input.empty()) throw Error({.code = "input-shape", .what = fmt::format("the tensor for '{}' is empty", name)});
    std::vector<std::int64_t> with_batch = input.shape().sizes();
    with_batch.insert(with_batch.begin(), 1);
    if (!fits(input.shape(), shape) && fits(Shape(with_batch), shape)) input = input.reshaped(Shape(with_batch));
    if (!fits(input.shape(), shape) || input.shape()[0] == 0)
      throw Error({.code = "input-shape",
                   .what = fmt::format("a tensor of shape {} is given for '{}', which needs {} with or without a batch "
                                       "axis before",
                                       inputs[i].shape().str(), name, open_text(shape))});
    if (!fit.empty() && fit[0].shape()[0] != input.shape()[0])
      throw Error({.code = "input-shape",
                   .what = fmt::format("the inputs' batches differ: {} and {}", fit[0].shape()[0], input.shape()[0])});
    fit.push_back(std::move(input));
  }
  return fit;
}

}  // namespace kerascope::api
