// a + b * scale: the end of InceptionResNetV2's blocks. (...), (...) -> (...)
#include "base/text.h"
#include "kerascope/layers/applications.h"
#include "layers/registry.h"
#include "model/json.h"
#include "ops/binary.h"

namespace kerascope::layers {

/// Before Keras 2.13 these layers were Lambdas. Their code is never run; their names and arguments say what they do.
bool is_known_lambda(const LayerData& layer) {
  const Json& arguments = member(layer.config, "arguments");
  const bool is_named = text::matches("block35_*", layer.name) || text::matches("block17_*", layer.name) ||
                        text::matches("block8_*", layer.name);
  return is_named && arguments.size() == 1 && member(arguments, "scale").is_number();
}

void fields(of<CustomScaleLayer> auto& layer, auto&& field) {
  if (!field.has("function")) return field.required("scale", layer.scale);
  if (const Json scale = member(field.raw("arguments"), "scale"); scale.is_number()) layer.scale = scale.get<float>();
  for (const char* key : {"function", "function_type", "module", "mask"}) field.ignored(key);
  for (const char* key : {"output_shape", "output_shape_type", "output_shape_module"}) field.ignored(key);
}

Outputs build(const CustomScaleLayer& layer, Build& b) {
  if (b.layer().class_name == "Lambda" && !is_known_lambda(b.layer()))
    b.fail("layer-unknown",
           fmt::format("layer '{}' has the type 'Lambda', which Kerascope cannot compute", b.layer().name));
  b.require_inputs(2);
  const Value scaled = ops::binary(b.graph, b.input(1), b.constant({}, {layer.scale}), ops::Binary::kMultiply);
  return b.same_axes(ops::binary(b.graph, b.input(0), scaled, ops::Binary::kAdd));
}

// tf.keras saves this class of its own like a user's class.
const Register<CustomScaleLayer> registered{{.names = {"CustomScaleLayer", "Custom>CustomScaleLayer", "Lambda"},
                                             .module = "keras.src.applications.inception_resnet_v2"}};

}  // namespace kerascope::layers
