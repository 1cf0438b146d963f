#include "engine/samples.h"

#include <cstring>
#include <vector>

#include "layers/assemble.h"
#include "ops/items.h"

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

/// All that may be asked for.
std::vector<Value> taps_of(const Assembly& assembly) {
  std::vector<Value> values;
  for (const SiteResult& result : assembly.results)
    if (result.output) values.push_back(result.output->value);
  return values;
}

/// A constant that is made of the batch's size differs: the numbers of a shape, of which all samples are a part.
bool are_equal(const Tensor& left, const Tensor& right) {
  if (left.dtype() != right.dtype() || left.size() != right.size()) return false;
  if (left.dtype() == DType::kString) return true;  // no text is made of a size
  return std::memcmp(left.bytes(), right.bytes(),
                     static_cast<std::size_t>(left.size()) * element_bytes(left.dtype())) == 0;
}

}  // namespace

bool keeps_samples_apart(const ModelData& model, std::span<const Shape> shapes, std::span<const Feed> fed) {
  constexpr std::int64_t kTwo = 2, kThree = 3;
  const Assembly of_two = for_batch(model, shapes, fed, kTwo), of_three = for_batch(model, shapes, fed, kThree);
  const Graph &two = of_two.graph, &three = of_three.graph;
  if (!of_two.barriers.empty() || two.size() != three.size()) return false;
  const std::optional<std::vector<bool>> has_samples = ops::items_apart(two, of_two.inputs, taps_of(of_two));
  if (!has_samples) return false;
  for (int id = 0; id < two.size(); ++id) {
    Shape expected = two.shape(Value{id});
    if ((*has_samples)[static_cast<std::size_t>(id)]) {
      if (expected[0] != kTwo) return false;
      expected[0] = kThree;
    }
    if (three.shape(Value{id}) != expected) return false;
    const Graph::Node &node = two.node(Value{id}), &other = three.node(Value{id});
    if (node.kind == Graph::Kind::kConstant && !(*has_samples)[static_cast<std::size_t>(id)] &&
        !are_equal(node.constant, other.constant))
      return false;
  }
  return true;
}

}  // namespace kerascope
