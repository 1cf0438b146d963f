#include "api/order.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace kerascope::api {
namespace {

class Walk {
 public:
  explicit Walk(std::span<const Ref> inputs) : inputs_(inputs) {}

  void from(const Ref& tensor) {
    // Depth first without recursion, as a long chain would overflow the stack.
    struct Visit {
      Ref tensor;
      std::size_t next = 0;
    };
    std::vector<Visit> visits;
    const auto begin = [&](const Ref& ref) {
      if (is_input(ref) && !ref.node->inputs.empty()) return;
      if (!met_.insert(ref.node.get()).second) return;
      first_met_.emplace(ref.node->layer.get(), first_met_.size());
      visits.push_back({ref});
    };
    begin(tensor);
    while (!visits.empty()) {
      const Ref ref = visits.back().tensor;
      const std::vector<Ref>& needed = ref.node->inputs;
      if (needed.empty() && !is_input(ref))
        throw Error({.code = "graph-disconnected",
                     .what = fmt::format("an output needs the input '{}', which is not among the inputs",
                                         ref.node->layer->data.name),
                     .hint = "give it as an input, too"});
      if (visits.back().next < needed.size()) {
        begin(needed[visits.back().next++]);
      } else {
        nodes_.push_back(ref.node);
        visits.pop_back();
      }
    }
  }

  Order order() const {
    std::map<const Node*, int> depths;
    std::map<std::shared_ptr<LayerState>, int> layer_depths;
    for (auto node = nodes_.rbegin(); node != nodes_.rend(); ++node) {
      int& of_layer = layer_depths[(*node)->layer];
      const int depth = of_layer = depths[node->get()] = std::max(depths[node->get()], of_layer);
      for (const Ref& input : (*node)->inputs) {
        if (is_input(input) && !input.node->inputs.empty()) continue;
        depths[input.node.get()] = std::max(depths[input.node.get()], depth + 1);
      }
    }
    Order order{.layers = {}, .nodes = nodes_};
    for (const Ref& input : inputs_)
      if (input.node->inputs.empty() && !met_.count(input.node.get())) {
        layer_depths[input.node->layer] = 0;
        order.nodes.push_back(input.node);
      }
    for (const auto& [layer, depth] : layer_depths) order.layers.push_back(layer);
    const auto place = [&](const std::shared_ptr<LayerState>& layer) {
      const auto met = first_met_.find(layer.get());
      return std::pair(-layer_depths.at(layer), met == first_met_.end() ? -1 : static_cast<int>(met->second));
    };
    std::ranges::stable_sort(order.layers, {}, place);
    return order;
  }

 private:
  bool is_input(const Ref& ref) const { return std::ranges::find(inputs_, ref) != inputs_.end(); }

  std::span<const Ref> inputs_;
  std::set<const Node*> met_;
  std::map<const LayerState*, std::size_t> first_met_;
  std::vector<std::shared_ptr<const Node>> nodes_;  ///< each after the nodes that it needs
};

}  // namespace

Order keras_order(std::span<const Ref> inputs, std::span<const Ref> outputs) {
  Walk walk(inputs);
  for (const Ref& output : outputs) walk.from(output);
  return walk.order();
}

}  // namespace kerascope::api
