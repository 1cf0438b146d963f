#include "engine/samples.h"

#include <fmt/format.h>

#include <vector>

#include "base/text.h"
#include "layers/assemble.h"

namespace kerascope {
namespace {

Assembly for_batch(const ModelData& model, std::span<const Shape> shapes, std::span<const Feed> fed,
                   std::int64_t batch) {
  std::vector<Shape> batched(shapes.begin(), shapes.end());
  for (Shape& shape : batched) shape[0] = batch;
  AssembleOptions options{.fed = {fed.begin(), fed.end()}};
  for (Feed& feed : options.fed) feed.shape[0] = batch;
  return assemble(model, batched, options);
}

/// What an op does along the axis of the batch without changing its size shows in its text only.
bool works_along_batch(const Graph& graph, const Graph::Node& node) {
  const std::string words = node.op->describe() + ' ';
  const int rank = graph.shape(node.inputs[0]).rank();
  auto has = [&](const std::string& part) { return words.find(part) != words.npos; };
  if (text::starts_with(words, "slice ")) return !text::starts_with(words, fmt::format("slice 0+{} ", node.shape[0]));
  if (text::starts_with(words, "row_norm ") && has(fmt::format(" axes {} ", rank))) return true;
  return has("batch_norm_training") || has(" axis 0 ") || has(fmt::format(" axis -{} ", rank)) || has(" axes 0 ");
}

}  // namespace

bool keeps_samples_apart(const ModelData& model, std::span<const Shape> shapes, std::span<const Feed> fed) {
  constexpr std::int64_t kTwo = 2, kThree = 3;
  const Assembly of_two = for_batch(model, shapes, fed, kTwo), of_three = for_batch(model, shapes, fed, kThree);
  const Graph &two = of_two.graph, &three = of_three.graph;
  if (two.size() != three.size()) return false;
  std::vector<bool> has_samples(static_cast<std::size_t>(two.size()), false);
  for (int id = 0; id < two.size(); ++id) {
    const Graph::Node& node = two.node(Value{id});
    bool is_sampled = node.kind == Graph::Kind::kInput;
    for (const Value input : node.inputs) is_sampled = is_sampled || has_samples[static_cast<std::size_t>(input.id)];
    has_samples[static_cast<std::size_t>(id)] = is_sampled;
    const bool is_random = node.kind == Graph::Kind::kOp && node.inputs.empty();
    if (is_random) return false;
    Shape expected = node.shape;
    if (is_sampled) {
      if (expected.rank() == 0 || expected[0] != kTwo) return false;
      expected[0] = kThree;
    }
    if (three.shape(Value{id}) != expected) return false;
    if (is_sampled && node.kind == Graph::Kind::kOp && works_along_batch(two, node)) return false;
  }
  return true;
}

}  // namespace kerascope
