// A layer whose kernel is divided by its largest singular value, which power iterations estimate. (...) -> (...)
#include "kerascope/layers/normalization.h"
#include "layers/registry.h"
#include "ops/binary.h"
#include "ops/cast.h"
#include "ops/compare.h"
#include "ops/matmul.h"
#include "ops/reshape.h"
#include "ops/row_norm.h"
#include "ops/select.h"

namespace kerascope::layers {
namespace {

/// The name and shape of the layer's kernel, found by building the layer in a graph that is never run.
std::pair<std::string, Shape> kernel_of(const LayerConfig& layer, Build& b) {
  Graph trial;
  InnerGraph nowhere{.graph = trial, .weights = {}};
  const Value x = trial.input("x", b.shape(), b.graph.dtype(b.input()));
  std::vector<std::pair<std::string, Output>> taps;
  const std::size_t notes = b.notes.size();
  b.call(layer, "layer", {{.value = x, .axes = b.axes()}}, &nowhere, &taps);
  b.notes.resize(notes);  // the layer will say them again
  for (const char* name : {"layer/kernel", "layer/embeddings"})
    if (const auto found = nowhere.weights.find(b.path() + name); found != nowhere.weights.end())
      return {name, trial.shape(found->second)};
  b.refuse("layer", layer.class_name, "a layer with a kernel or embeddings");
}

Value normalized(Build& b, Value kernel, Value u, std::int64_t iterations) {
  const Shape shape = b.graph.shape(kernel);
  const Value matrix = ops::reshape(b.graph, kernel, {shape.elements(0, shape.rank() - 1), shape.back()});
  const auto unit = [&](Value vector) {  // as in UnitNormalization
    const float least = b.keras_major() < 3 ? 1e-6f : 1e-12f;
    return ops::row_norm(b.graph, vector, {}, {}, {.norm = ops::RowNorm::kLength, .epsilon = least});
  };
  Value v = u;
  for (std::int64_t i = 0; i < iterations; ++i) {
    v = unit(ops::matmul(b.graph, u, matrix, {.transpose_right = true}));
    u = unit(ops::matmul(b.graph, v, matrix));
  }
  const Value sigma = ops::matmul(b.graph, ops::matmul(b.graph, v, matrix), u, {.transpose_right = true});
  const Value divided = ops::binary(b.graph, matrix, sigma, ops::Binary::kDivide);
  // A kernel of zeros stays as it is.
  const Value differs = ops::compare(b.graph, matrix, b.constant(Shape(), {0}), ops::Comparison::kNotEqual);
  const Value any = ops::quantify(b.graph, differs, ops::Quantifier::kAny, {0, 1}, /*keepdims=*/true);
  return ops::reshape(b.graph, ops::select(b.graph, any, divided, matrix), shape);
}

}  // namespace

void fields(of<SpectralNormalization> auto& layer, auto&& field) {
  field.required("layer", layer.layer);
  field("power_iterations", layer.power_iterations);
}

Outputs build(const SpectralNormalization& layer, Build& b) {
  constexpr std::int64_t kMostIterations = 1000;  // each adds operations to the graph
  b.require_at_least(1, "power_iterations", layer.power_iterations);
  if (layer.power_iterations > kMostIterations)
    b.refuse("power_iterations", fmt::format("{}", layer.power_iterations), fmt::format("at most {}", kMostIterations));
  const auto [name, shape] = kernel_of(layer.layer, b);
  const Value u = b.weight("vector_u", {1, shape.back()}, /*trainable=*/false);
  InnerGraph inside{.graph = b.graph, .weights = {}};
  if (b.training())
    inside.weights.emplace(b.path() + name, normalized(b, b.weight(name, shape), u, layer.power_iterations));
  Outputs outputs = b.call(layer.layer, "layer", {b.output()}, b.training() ? &inside : nullptr);
  if (const DType given = b.graph.dtype(b.input()); b.keras_major() >= 3)
    for (Output& output : outputs)
      if (b.graph.dtype(output.value) != given) output.value = ops::cast(b.graph, output.value, given);
  return outputs;
}

const Register<SpectralNormalization> registered{"SpectralNormalization"};

}  // namespace kerascope::layers
