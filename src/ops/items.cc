#include "ops/items.h"

namespace kerascope::ops {

std::optional<std::vector<bool>> items_apart(const Graph& graph, const std::vector<Value>& has_items,
                                             const std::vector<Value>& results) {
  const auto at = [](Value value) { return static_cast<std::size_t>(value.id); };
  const auto count = static_cast<std::size_t>(graph.size());
  std::vector<bool> needed(count, false), items(count, false);
  for (const Value result : results) needed[at(result)] = true;
  for (int id = graph.size() - 1; id >= 0; --id)
    if (needed[at(Value{id})])
      for (const Value input : graph.node(Value{id}).inputs) needed[at(input)] = true;
  for (const Value input : has_items) items[at(input)] = true;
  for (int id = 0; id < graph.size(); ++id) {
    const Graph::Node& node = graph.node(Value{id});
    if (!needed[at(Value{id})] || node.kind != Graph::Kind::kOp) continue;
    if (node.inputs.empty()) return {};  // random numbers depend on the position in the whole batch
    std::vector<Shape> shapes;
    std::vector<bool> in;
    bool any = false;
    for (const Value input : node.inputs) {
      shapes.push_back(graph.shape(input));
      in.push_back(items[at(input)]);
      any |= items[at(input)];
      if (items[at(input)] && graph.shape(input).rank() == 0) return {};
    }
    if (any && !node.op->keeps_items_apart(shapes, in)) return {};
    items[at(Value{id})] = any;
  }
  return items;
}

}  // namespace kerascope::ops
