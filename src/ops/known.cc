#include "ops/known.h"

#include <algorithm>
#include <map>

#include "ops/session.h"

namespace kerascope::ops {
namespace {

class Evaluation {
 public:
  explicit Evaluation(const Graph& graph) : graph_(graph) {}

  /// Null if it is not known.
  const Tensor* of(Value value) {
    const Graph::Node& node = graph_.node(value);
    if (node.kind == Graph::Kind::kConstant) return &node.constant;
    if (node.kind != Graph::Kind::kOp) return nullptr;
    const Value first = graph_.first_output(value);
    if (!tensors_.count(first.id)) compute(first, node);
    const auto found = tensors_.find(value.id);
    return found->second ? &*found->second : nullptr;
  }

 private:
  void compute(Value first, const Graph::Node& node) {
    const std::vector<Value> outputs = graph_.outputs_of(first);
    std::vector<Operand> operands;
    std::vector<const float*> in;
    std::vector<const Tensor*> inputs;
    for (const Value input : node.inputs) inputs.push_back(of(input));
    if (inputs.empty() || std::ranges::count(inputs, nullptr)) {  // an op without inputs gives random numbers
      for (const Value output : outputs) tensors_[output.id] = std::nullopt;
      return;
    }
    if (node.op->is_view()) {
      tensors_[first.id] = inputs[0]->reshaped(node.shape);
      return;
    }
    for (const Tensor* input : inputs) {
      in.push_back(static_cast<const float*>(input->bytes()));
      operands.push_back({.shape = input->shape(), .constant = in.back(), .dtype = input->dtype()});
    }
    std::vector<ValueType> types;
    std::vector<void*> results;
    std::vector<Tensor> tensors;
    for (const Value output : outputs) {
      types.push_back(graph_.node(output).type());
      tensors.emplace_back(types.back().shape, types.back().dtype);
    }
    for (Tensor& tensor : tensors) results.push_back(tensor.mutable_bytes());
    const Session session;
    OpArguments arguments = {.in = in, .out = static_cast<float*>(results[0])};
    if (results.size() > 1) arguments.outputs = results;
    compute_all(node.op->kernel(session, operands, types), arguments, tensors[0].size());
    for (std::size_t k = 0; k < outputs.size(); ++k) tensors_[outputs[k].id] = std::move(tensors[k]);
  }

  const Graph& graph_;
  std::map<int, std::optional<Tensor>> tensors_;  ///< by value
};

}  // namespace

std::optional<Tensor> known(const Graph& graph, Value value) {
  Evaluation evaluation(graph);
  const Tensor* const tensor = evaluation.of(value);
  return tensor ? std::optional(*tensor) : std::nullopt;
}

}  // namespace kerascope::ops
