#include "layers/weight_problems.h"

#include <algorithm>
#include <memory>

#include "kerascope/error.h"

namespace kerascope {
namespace {

using Problem = std::shared_ptr<const Error>;

/// The problem of a weight in the graph that an op runs; null if there is none.
Problem problem_inside(const Op& op) {
  for (int id = 0; op.body() && id < op.body()->size(); ++id) {
    const Graph::Node& node = op.body()->node(Value{id});
    if (node.weight && node.weight->problem) return node.weight->problem;
    if (node.op)
      if (Problem problem = problem_inside(*node.op)) return problem;
  }
  return nullptr;
}

}  // namespace

void spread_weight_problems(Assembly& assembly) {
  std::vector<Problem> problems;  // by value; inputs come before their users
  for (int id = 0; id < assembly.graph.size(); ++id) {
    const Graph::Node& node = assembly.graph.node(Value{id});
    Problem problem = node.weight ? node.weight->problem : node.op ? problem_inside(*node.op) : nullptr;
    for (Value input : node.inputs)
      if (!problem) problem = problems[static_cast<std::size_t>(input.id)];
    problems.push_back(std::move(problem));
  }
  std::erase_if(assembly.barriers, [&](const ShapeBarrier& barrier) {
    return std::ranges::any_of(barrier.inputs,
                               [&](Value input) { return problems[static_cast<std::size_t>(input.id)] != nullptr; });
  });
  for (SiteResult& result : assembly.results)
    if (result.output && !result.problem) result.problem = problems[static_cast<std::size_t>(result.output->value.id)];
}

}  // namespace kerascope
