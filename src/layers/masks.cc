#include "layers/masks.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>

#include "model/json.h"

namespace kerascope {
namespace {

/// Lowers the numbers of the tensors after one that was removed.
void renumber(Json& arguments, std::size_t removed) {
  if (!arguments.is_structured()) return;
  if (Json* place = arguments.is_object() && arguments.contains("tensor") ? &arguments["tensor"] : nullptr;
      place && place->is_number_unsigned() && *place > removed) {
    *place = place->get<std::size_t>() - 1;
    return;
  }
  for (Json& item : arguments) renumber(item, removed);
}

/// Where `mask` stands among the arguments of a class's `call`, in every version of Keras; nothing if it is only given
/// by name.
std::optional<std::size_t> position_of_mask(const std::string& class_name) {
  static const std::map<std::string, std::size_t> kPositions = {
      {"AdditiveAttention", 1}, {"Attention", 1}, {"GlobalAveragePooling1D", 1}, {"Softmax", 1}};
  const auto found = kPositions.find(class_name);
  return found == kPositions.end() ? std::nullopt : std::optional(found->second);
}

/// The call with its mask by name.
Call with_named_mask(const std::string& class_name, Call call) {
  const std::optional<std::size_t> position = position_of_mask(class_name);
  if (position && call.positional.is_array() && call.positional.size() > *position && !call.keywords.contains("mask")) {
    call.keywords["mask"] = call.positional[*position];
    call.positional[*position] = nullptr;
  }
  return call;
}

}  // namespace

void hand_on_mask(MaskRule rule, const Outputs& inputs, Outputs& outputs) {
  if (rule == MaskRule::kOwn) return;
  const bool passes = rule == MaskRule::kPasses && !inputs.empty();
  for (Output& output : outputs) output.mask = passes ? inputs[0].mask : std::nullopt;
}

Call without_masks(const std::string& class_name, const Call& as_written, std::vector<Output>& inputs) {
  const Call call = with_named_mask(class_name, as_written);
  const auto given = call.keywords.find("mask");
  if (given == call.keywords.end()) return call;
  Call plain = call;
  plain.keywords.erase("mask");
  std::vector<std::size_t> masks;
  const auto take = [&](const Json& argument, std::size_t input) {
    const Json& place = member(argument, "tensor");
    if (!place.is_number_unsigned() || place >= call.inputs.size() || input >= inputs.size()) return;
    masks.push_back(place.get<std::size_t>());
    inputs[input].mask = inputs[masks.back()].value;
  };
  if (given->is_array())
    for (std::size_t i = 0; i < given->size(); ++i) take((*given)[i], i);
  else
    take(*given, 0);
  if (!masks.empty()) plain.keywords["mask"] = true;  // it was given
  std::ranges::sort(masks, std::greater());
  masks.erase(std::ranges::unique(masks).begin(), masks.end());
  for (const std::size_t mask : masks) {
    plain.inputs.erase(plain.inputs.begin() + static_cast<std::ptrdiff_t>(mask));
    inputs.erase(inputs.begin() + static_cast<std::ptrdiff_t>(mask));
    renumber(plain.positional, mask);
    renumber(plain.keywords, mask);
  }
  return plain;
}

}  // namespace kerascope
