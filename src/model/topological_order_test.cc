#include "model/topological_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kerascope/error.h"

namespace kerascope {
namespace {

using testing::ElementsAre;

/// Layers by the calls of each, by the calls that each call needs.
Network network_of(const std::vector<std::vector<std::vector<TensorRef>>>& layers) {
  Network network{.name = "model"};
  for (const auto& calls : layers) {
    LayerData& layer = network.layers.emplace_back();
    for (const auto& inputs : calls) layer.calls.push_back({.inputs = inputs});
  }
  return network;
}

TEST(TopologicalOrder, IsTheFilesAsFarAsPossible) {
  // Layer 0 has no calls, as an InputLayer; layer 1 needs layer 3, which is listed later.
  const Network network = network_of({{}, {{{.layer = 3}}}, {{{.layer = 0}}}, {{{.layer = 0}}}});
  EXPECT_THAT(topological_order(network), ElementsAre(CallId{2, 0}, CallId{3, 0}, CallId{1, 0}));
}

TEST(TopologicalOrder, HasEachCallOfASharedLayer) {
  const Network network = network_of({{}, {{{.layer = 0}}, {{.layer = 2}}}, {{{.layer = 1}, {.layer = 1}}}});
  EXPECT_THAT(topological_order(network), ElementsAre(CallId{1, 0}, CallId{2, 0}, CallId{1, 1}));
}

TEST(TopologicalOrder, OfACircleIsAnError) {
  const Network network = network_of({{}, {{{.layer = 2}}}, {{{.layer = 1}}}});
  EXPECT_THROW(topological_order(network), Error);
}

}  // namespace
}  // namespace kerascope
