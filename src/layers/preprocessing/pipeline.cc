// Layers one after the other. Only in files; in code these layers are added to a model one by one. (...) -> (...)
#include "layers/registry.h"
#include "layers/stand_in.h"
#include "model/json.h"

namespace kerascope::layers {
namespace {

struct Pipeline {
  Json layers;
};

void fields(of<Pipeline> auto& layer, auto&& field) {
  if constexpr (requires { field.config; }) {
    field.config["layers"] = layer.layers;
  } else {
    std::vector<std::int64_t> none;
    if (layer.layers = field.raw("layers"); layer.layers.is_null()) field.required("layers", none);
    if (!layer.layers.is_array()) field.fail("layers", layer.layers, "a list of layers");
  }
}

Outputs build(const Pipeline& layer, Build& b) {
  Outputs x = b.same_axes(b.input());
  for (const Json& inner : layer.layers) {
    LayerData data;
    data.class_name = text_or(inner, "class_name", "");
    data.module = text_or(inner, "module", "");
    data.config = member(inner, "config");
    data.name = text_or(data.config, "name", b.layer().name);
    data.place = b.layer().place;
    const std::optional<Outputs> outputs = build_inside(b, data, x);
    if (!outputs || outputs->size() != 1)
      b.fail("layer-unsupported", fmt::format("layer '{}' (Pipeline) holds the layer '{}' ({}), which Kerascope cannot "
                                              "compute there",
                                              b.layer().name, data.name, data.class_name));
    x = *outputs;
  }
  return x;
}

const Register<Pipeline> registered{"Pipeline"};

}  // namespace
}  // namespace kerascope::layers
