// Models: from a file, functional, Sequential; running them.
#include "kerascope/model.h"

#include <fmt/format.h>

#include "api/batch.h"
#include "api/lambdas.h"
#include "api/state.h"
#include "api/summary.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/text.h"
#include "formats/open.h"

namespace kerascope {

using namespace api;

namespace {

std::vector<Ref> refs_in_code(const std::vector<KerasTensor>& tensors) {
  std::vector<Ref> refs;
  for (const KerasTensor& tensor : tensors) {
    refs.push_back(Access::ref(tensor));
    if (!refs.back().node)
      throw Error({.code = "graph-disconnected",
                   .what = fmt::format("'{}' lies inside a model, of which no other model can be made", tensor.name()),
                   .hint = "ks::function computes any part of a model"});
  }
  return refs;
}

}  // namespace

Model Access::model(std::shared_ptr<ModelState> state) {
  Model model;
  model.state_ = std::move(state);
  return model;
}

Model::Model(std::vector<KerasTensor> inputs, std::vector<KerasTensor> outputs, const std::string& name) {
  if (inputs.empty() || outputs.empty())
    throw Error({.code = "graph-disconnected", .what = "a model needs at least one input and one output"});
  state_ = std::make_shared<ModelState>(
      ModelState::InCode{.name = name, .inputs = refs_in_code(inputs), .outputs = refs_in_code(outputs)});
}

std::string Model::name() const { return state_->data()->network.name; }
std::string Model::class_name() const { return state_->data()->network.class_name; }
std::string Model::keras_version() const { return state_->data()->keras_version; }

namespace {

/// The sites of the model's inputs or outputs.
std::vector<KerasTensor> ends(const std::shared_ptr<ModelState>& state, const std::vector<Ref>& in_code, bool inputs) {
  std::vector<KerasTensor> tensors;
  if (state->is_in_code()) {
    for (const Ref& ref : in_code) tensors.push_back(Access::tensor(ref));
    return tensors;
  }
  const auto open = state->open();
  const auto add = [&](std::size_t site) {
    tensors.push_back(Access::tensor(state, open->assembly.sites[site].address, open->shapes[site]));
  };
  if (!inputs) {
    for (const int site : open->assembly.outputs) add(static_cast<std::size_t>(site));
    return tensors;
  }
  for (const ModelInput& input : model_inputs(*state->data()))
    for (std::size_t i = 0; i < open->assembly.sites.size(); ++i)
      if (open->assembly.sites[i].address == input.name) add(i);
  return tensors;
}

}  // namespace

std::vector<KerasTensor> Model::inputs() const { return ends(state_, state_->inputs(), true); }
std::vector<KerasTensor> Model::outputs() const { return ends(state_, state_->outputs(), false); }

std::vector<Layer> Model::layers() const {
  std::vector<Layer> layers;
  const auto data = state_->data();
  for (std::size_t i = data->network.is_sequential ? 1 : 0; i < data->network.layers.size(); ++i)
    if (const LayerData& layer = data->network.layers[i]; !layer.is_operation)
      layers.push_back(Access::layer(state_, layer.name));
  return layers;
}

namespace {

[[noreturn]] void ambiguous(std::string_view address, const char* things, const std::vector<std::string>& meant) {
  throw Error({.code = "layer-ambiguous",
               .what = fmt::format("'{}' means {} {}", address, meant.size(), things),
               .hint = "give one of " + text::join(meant, ", ")});
}

}  // namespace

Layer Model::layer(std::string_view address) const {
  const auto open = state_->open();
  const std::vector<Site>& sites = open->assembly.sites;
  const std::vector<std::string> request = {std::string(address)};
  std::map<const LayerData*, std::string> layers;
  std::ptrdiff_t chosen = 0;
  bool is_part = false;
  for (const Selection& selection : select(sites, request)) {
    const Site& site = sites[static_cast<std::size_t>(selection.site)];
    const std::string& first = layers.try_emplace(site.layer, site.layer_address()).first->second;
    is_part |= selection.channel.has_value() || !site.inner.empty();
    chosen += site.layer_address() == first;
  }
  if (layers.size() != 1) {
    std::vector<std::string> addresses;
    for (const auto& [layer, at] : layers) addresses.push_back(at);
    ambiguous(address, "layers", addresses);
  }
  const std::string& layer = layers.begin()->second;
  const auto all = std::ranges::count_if(
      sites, [&](const Site& site) { return site.inner.empty() && site.layer_address() == layer; });
  if (is_part || chosen != all)
    throw Error(
        {.code = "call-invalid",
         .what = fmt::format("'{}' is what layer '{}' gives, or a part of it, and not the layer", address, layer),
         .hint = fmt::format("model.tensor(\"{}\"), or model.layer(\"{}\")", address, layer)});
  return Access::layer(state_, layer);
}

KerasTensor Model::tensor(std::string_view address) const {
  const auto open = state_->open();
  const std::vector<std::string> request = {std::string(address)};
  const std::vector<Selection> found = select(open->assembly.sites, request);
  const auto address_of = [&](const Selection& selection) {
    return open->assembly.sites[static_cast<std::size_t>(selection.site)].address;
  };
  if (found.size() != 1) {
    std::vector<std::string> addresses;
    for (const Selection& selection : found) addresses.push_back(address_of(selection));
    ambiguous(address, "tensors", addresses);
  }
  if (found[0].channel)
    throw Error({.code = "channel-invalid",
                 .what = fmt::format("'{}' is a part of a tensor", address),
                 .hint = fmt::format("model.tensor(\"{}\")", address_of(found[0]))});
  return Access::tensor(state_, address_of(found[0]), open->shapes[static_cast<std::size_t>(found[0].site)]);
}

Layer Model::layer(int index) const { return layer(std::to_string(index)); }

Activations Model::run(std::span<const Tensor> inputs, const RunOptions& options) const try {
  const ThreadLimit limit(options.call.threads);
  BatchRun run(state_, fed_of(inputs, model_inputs(*state_->data())),
               {.function = {.taps = options.taps, .call = options.call, .assume = options.assume},
                .samples = options.on_ready ? Samples::kInParts : Samples::kTogether,
                .keep = options.on_ready ? Keep::kNone : Keep::kAll,
                .most_memory = options.most_memory});
  CompiledFunction::Result result = run.run(options.call, {.ready = options.on_ready});
  return Activations(std::move(result.activations), run.skipped());
} catch (const std::bad_alloc&) {
  throw want_of_memory();
}
Activations Model::run(const Tensor& input, const RunOptions& options) const {
  return run(std::span(&input, 1), options);
}
Activations Model::run(std::initializer_list<Tensor> inputs, const RunOptions& options) const {
  return run(std::span(inputs.begin(), inputs.size()), options);
}

std::vector<Tensor> Model::predict(std::span<const Tensor> inputs, const CallOptions& options) const try {
  const ThreadLimit limit(options.threads);
  BatchRun run(state_, fed_of(inputs, model_inputs(*state_->data())),
               {.function = {.call = options, .with_taps = false, .with_outputs = true}, .samples = Samples::kInParts});
  const Assembly& assembly = run.function().assembly();
  for (const int output : assembly.outputs)
    if (const auto& problem = assembly.results[static_cast<std::size_t>(output)].problem) throw *problem;
  std::vector<Tensor> outputs;
  for (Activation& output : run.run(options, {}).outputs) outputs.push_back(std::move(output.tensor));
  return outputs;
} catch (const std::bad_alloc&) {
  throw want_of_memory();
}
std::vector<Tensor> Model::predict(const Tensor& input, const CallOptions& options) const {
  return predict(std::span(&input, 1), options);
}

std::vector<KerasTensor> Model::operator()(const std::vector<KerasTensor>& inputs) const {
  return Access::layer(ModelState::as_layer(state_)).call(inputs);
}
KerasTensor Model::operator()(const KerasTensor& input) const {
  return Access::layer(ModelState::as_layer(state_))(input);
}

std::string Model::summary() const {
  const auto data = state_->data();
  const auto open = state_->open();
  return text_of(summarize(*data, *open), *data, data->network.name);
}

std::string Model::summary_json() const {
  const auto data = state_->data();
  const auto open = state_->open();
  return json_of(summarize(*data, *open), *data, data->network.name);
}

Sequential::Sequential(const std::string& name) {
  state_ = std::make_shared<ModelState>(ModelState::InCode{.name = name, .is_sequential = true});
}

Layer Sequential::add(const Layer& layer, const Shape& input_shape) {
  state_->add(Access::state(layer), input_shape);
  return layer;
}

Layer Sequential::add(const Model& model) {
  const Layer layer = Access::layer(ModelState::as_layer(Access::state(model)));
  const std::vector<KerasTensor> inputs = model.inputs();
  const Shape& shape = inputs.at(0).shape();
  state_->add(Access::state(layer), shape.slice(1, shape.rank()));
  return layer;
}

Model from_json(const std::string& json, const std::vector<std::pair<std::string, Tensor>>& weights,
                const std::string& keras_version, const CustomLayers& custom_layers) try {
  ModelData data = model_in_memory(json, weights, keras_version);
  data.custom_layers = custom_layers;
  return Access::model(std::make_shared<ModelState>(std::move(data)));
} catch (const std::bad_alloc&) {
  throw want_of_memory();
}

Model load(const std::string& path, const LoadOptions& options) try {
  const std::function<void()> between =
      parallel::stopping(options.stop, [&] { return "'" + path + "' was to be loaded, and that was stopped"; });
  const parallel::Computation computation(between);
  ModelData data = open_model(path);
  data.custom_layers = options.custom_layers;
  set_lambdas(data, options.lambdas);
  parallel::poll();
  return Access::model(std::make_shared<ModelState>(std::move(data)));
} catch (const std::bad_alloc&) {
  throw want_of_memory();
}

}  // namespace kerascope
