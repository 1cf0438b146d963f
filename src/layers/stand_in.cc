#include "layers/stand_in.h"

#include "layers/registry.h"

namespace kerascope::layers {

std::optional<Outputs> build_inside(Build& build, const LayerData& layer, const std::vector<Output>& inputs) {
  const LayerType* type = layer_type_of(layer);
  if (!type) return {};
  std::map<std::string, std::shared_ptr<WeightSlot>> slots;
  std::vector<std::string> order;
  std::map<std::string, Value> weights;
  Build inner(build.graph, {.layer = layer,
                            .model = build.model(),
                            .call = build.call(),
                            .training = build.training(),
                            .random = build.random(),
                            .key = build.random_key(),
                            .inputs = inputs,
                            .slots = slots,
                            .slot_order = order,
                            .weights = weights});
  FieldReader fields(layer, build.keras_major());
  Outputs outputs = type->build(fields, inner);
  if (!order.empty()) return {};
  for (const std::vector<std::string>& notes : {inner.notes, fields.notes()})
    build.notes.insert(build.notes.end(), notes.begin(), notes.end());
  return outputs;
}

}  // namespace kerascope::layers
