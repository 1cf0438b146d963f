#include "kerascope/function.h"

#include <fmt/format.h>

#include "api/batch.h"
#include "api/state.h"
#include "base/memory.h"
#include "base/parallel.h"

namespace kerascope {

using namespace api;

namespace api {

struct FunctionState {
  std::shared_ptr<ModelState> model;
  std::vector<std::pair<std::string, Shape>> inputs;  ///< addresses, and shapes with -1 for any size
  std::vector<std::string> outputs;                   ///< addresses
};

}  // namespace api

namespace {

/// The model that contains all these tensors: the handles' model, or a new one of the layers between them.
std::shared_ptr<ModelState> common_model(const std::vector<KerasTensor>& inputs,
                                         const std::vector<KerasTensor>& outputs) {
  std::shared_ptr<ModelState> model;
  std::vector<Ref> from, to;
  for (const bool is_output : {false, true})
    for (const KerasTensor& tensor : is_output ? outputs : inputs) {
      if (const auto& other = Access::model(tensor)) {
        if (model && model != other)
          throw Error({.code = "graph-disconnected",
                       .what = fmt::format("'{}' lies in another model than the others", tensor.name())});
        model = other;
      } else {
        (is_output ? to : from).push_back(Access::ref(tensor));
      }
    }
  return model ? model : std::make_shared<ModelState>(ModelState::InCode{.inputs = from, .outputs = to});
}

std::string address_in(ModelState& model, const KerasTensor& tensor) {
  if (Access::model(tensor)) return Access::address(tensor);
  std::string address = model.address_of(Access::ref(tensor));
  if (address.empty())
    throw Error({.code = "graph-disconnected",
                 .what = fmt::format("'{}' does not lie in the model '{}' of the others", tensor.name(),
                                     model.data()->network.name)});
  return address;
}

}  // namespace

Function function(std::vector<KerasTensor> inputs, std::vector<KerasTensor> outputs) try {
  if (inputs.empty() || outputs.empty())
    throw Error({.code = "graph-disconnected", .what = "a function needs at least one input and one output"});
  auto state = std::make_shared<FunctionState>();
  state->model = common_model(inputs, outputs);
  state->model->data();
  for (const KerasTensor& input : inputs) state->inputs.emplace_back(address_in(*state->model, input), input.shape());
  for (const KerasTensor& output : outputs) state->outputs.push_back(address_in(*state->model, output));
  for (std::size_t i = 0; i < state->inputs.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (state->inputs[i].first == state->inputs[j].first)
        throw Error({.code = "input-given-twice",
                     .what = fmt::format("'{}' is given twice among the inputs", state->inputs[i].first)});
  // Report outputs that cannot be computed from these inputs now, not at the first call.
  FunctionOptions options{.taps = state->outputs};
  for (const auto& [address, shape] : state->inputs) {
    Shape sizes = shape;
    for (int axis = 0; axis < sizes.rank(); ++axis)
      if (sizes[axis] < 0) sizes[axis] = axis == 0 ? 1 : 256;
    options.fed.push_back({address, sizes});
  }
  const auto data = state->model->data();
  const Assembly assembly = assemble(*data, {}, {.fed = options.fed, .with_weights = false});
  for (const std::string& address : state->outputs)
    for (std::size_t i = 0; i < assembly.sites.size(); ++i)
      if (assembly.sites[i].address == address && assembly.results[i].problem &&
          assembly.results[i].problem->code() == "graph-disconnected") {
        Error::Parts parts = assembly.results[i].problem->parts();
        parts.what = fmt::format("'{}' cannot be computed: {}", address, parts.what);
        throw Error(std::move(parts));
      }
  Function function;
  function.state_ = std::move(state);
  return function;
} catch (const std::bad_alloc&) {
  throw want_of_memory();
}

std::vector<Tensor> Function::operator()(std::span<const Tensor> inputs, const CallOptions& options) const try {
  if (!state_)
    throw Error({.code = "call-invalid",
                 .what = "this function was declared and never made",
                 .hint = "ks::function(inputs, outputs)"});
  const ThreadLimit limit(options.threads);
  std::vector<ModelInput> fed;
  for (const auto& [address, shape] : state_->inputs) fed.push_back({.name = address, .shape = shape.sizes()});
  Fed given = fed_of(inputs, fed);
  for (Fed::Source& source : given.sources) source.is_layer = true;
  BatchRun run(state_->model, std::move(given),
               {.function = {.taps = state_->outputs, .call = options}, .samples = Samples::kInParts});
  const CompiledFunction::Result result = run.run(options, {});
  std::vector<Tensor> outputs;
  for (const std::string& address : state_->outputs)
    outputs.push_back(std::ranges::find(result.activations, address, &Activation::address)->tensor);
  return outputs;
} catch (const std::bad_alloc&) {
  throw want_of_memory();
}
std::vector<Tensor> Function::operator()(std::initializer_list<Tensor> inputs, const CallOptions& options) const {
  return (*this)(std::span(inputs.begin(), inputs.size()), options);
}
std::vector<Tensor> Function::operator()(const Tensor& input, const CallOptions& options) const {
  return (*this)(std::span(&input, 1), options);
}

}  // namespace kerascope
