#include <fmt/format.h>

#include "api/state.h"
#include "inputs/feed.h"

namespace kerascope::api {
namespace {

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
    if (inputs[i].empty())
      throw Error({.code = "input-shape", .what = fmt::format("the tensor for '{}' is empty", name)});
    std::optional<Tensor> input = as_batch(inputs[i], shape);
    if (!input || input->shape()[0] == 0)
      throw Error({.code = "input-shape",
                   .what = fmt::format("a tensor of shape {} is given for '{}', which needs {} with or without a batch "
                                       "axis before",
                                       inputs[i].shape().str(), name, open_text(shape))});
    if (!fit.empty() && fit[0].shape()[0] != input->shape()[0])
      throw Error({.code = "input-shape",
                   .what = fmt::format("the inputs' batches differ: {} and {}", fit[0].shape()[0], input->shape()[0])});
    fit.push_back(*std::move(input));
  }
  return fit;
}

Fed fed_of(std::span<const Tensor> tensors, std::span<const ModelInput> inputs) {
  std::vector<std::pair<std::string, Shape>> declared;
  for (const ModelInput& input : inputs) declared.emplace_back(input.name, Shape(input.shape));
  Fed fed;
  fed.tensors = fitting(tensors, declared);
  fed.batch = fed.tensors.empty() ? 0 : fed.tensors[0].shape()[0];
  for (std::size_t i = 0; i < inputs.size(); ++i)
    fed.sources.push_back({.input = inputs[i],
                           .batch = fed.batch,
                           .read =
                               [tensor = fed.tensors[i]](std::int64_t first, std::int64_t count) {
                                 return first == 0 && count == tensor.shape()[0] ? tensor : tensor.items(first, count);
                               },
                           .is_in_memory = true});
  return fed;
}

}  // namespace kerascope::api
