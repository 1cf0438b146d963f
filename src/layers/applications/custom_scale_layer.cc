// a + b * scale: the end of InceptionResNetV2's blocks. (...), (...) -> (...)
#include "kerascope/layers/applications.h"
#include "layers/registry.h"
#include "model/json.h"
#include "ops/binary.h"

namespace kerascope::layers {

void fields(of<CustomScaleLayer> auto& layer, auto&& field) {
  // Before Keras 2.13 it was a Lambda.
  if (!field.has("function")) return field.required("scale", layer.scale);
  if (const Json scale = member(field.raw("arguments"), "scale"); scale.is_number()) layer.scale = scale.get<float>();
  for (const char* key : {"function", "function_type", "module", "mask"}) field.ignored(key);
  for (const char* key : {"output_shape", "output_shape_type", "output_shape_module"}) field.ignored(key);
}

Outputs build(const CustomScaleLayer& layer, Build& b) {
  b.require_inputs(2);
  const Value scaled = ops::binary(b.graph, b.input(1), b.constant({}, {layer.scale}), ops::Binary::kMultiply);
  return b.same_axes(ops::binary(b.graph, b.input(0), scaled, ops::Binary::kAdd));
}

// tf.keras saves this class of its own like a user's class.
const Register<CustomScaleLayer> registered{{.names = {"CustomScaleLayer", "Custom>CustomScaleLayer"},
                                             .module = "keras.src.applications.inception_resnet_v2"}};

}  // namespace kerascope::layers
