#include "model/topological_order.h"

#include <fmt/format.h>

#include <functional>
#include <map>
#include <queue>

#include "kerascope/error.h"

namespace kerascope {

std::vector<CallId> topological_order(const Network& network) {
  const auto calls_of = [&](int layer) -> const std::vector<Call>& {
    return network.layers[static_cast<std::size_t>(layer)].calls;
  };
  std::map<CallId, std::vector<CallId>> users;
  std::map<CallId, int> waiting;  // how many inputs a call still waits for
  std::priority_queue<CallId, std::vector<CallId>, std::greater<>> ready;
  for (int layer = 0; layer < static_cast<int>(network.layers.size()); ++layer)
    for (int call = 0; call < static_cast<int>(calls_of(layer).size()); ++call) {
      int& count = waiting[{layer, call}];
      for (const TensorRef& input : calls_of(layer)[static_cast<std::size_t>(call)].inputs) {
        if (calls_of(input.layer).empty()) continue;
        users[{input.layer, input.call}].push_back({layer, call});
        ++count;
      }
      if (count == 0) ready.push({layer, call});
    }
  std::vector<CallId> order;
  while (!ready.empty()) {
    order.push_back(ready.top());
    ready.pop();
    for (const CallId& user : users[order.back()])
      if (--waiting[user] == 0) ready.push(user);
  }
  if (order.size() != waiting.size())
    throw Error({.code = "config-invalid",
                 .what = fmt::format("layers of '{}' need each other's outputs in a circle", network.name),
                 .where = network.layers[0].place});
  return order;
}

}  // namespace kerascope
