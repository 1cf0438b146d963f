// A function of the program, called while a graph is computed.
#pragma once

#include <functional>

#include "ops/graph.h"

namespace kerascope::ops {

/// Any number of inputs of any types -> outputs of these types, which are not texts.
/// @param name     for --dump and messages
/// @param compute  is called once per run with the inputs, batch and all, from any thread; a run throws what it throws,
///                 and Error{custom-layer-shape} if it gives other types than `types`
std::vector<Value> callback(Graph& graph, const std::string& name, std::vector<Value> inputs,
                            std::vector<ValueType> types,
                            std::function<std::vector<Tensor>(std::span<const Tensor>)> compute);

}  // namespace kerascope::ops
