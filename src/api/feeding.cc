#include "api/feeding.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "layers/assemble_open.h"

namespace kerascope::api {
namespace {

constexpr const char* kNotFed = "graph-disconnected";

/// The sites of a model and their shapes as far as known, computed on demand.
class Places {
 public:
  explicit Places(const ModelData& model) : model_(model) {}

  /// The layer output that a name selects.
  ModelInput operator()(const InputFile& file) {
    if (!open_) open_ = assemble_open(model_);
    const std::vector<Site>& sites = open_->assembly.sites;
    const std::vector<Selection> chosen = chosen_by(file);
    if (chosen.size() != 1) {
      std::vector<std::string> addresses;
      for (const Selection& one : chosen) addresses.push_back(sites[static_cast<std::size_t>(one.site)].address);
      throw Error({.code = "usage",
                   .what = fmt::format("--input {}= means {} places: {}", file.name, addresses.size(),
                                       text::join(addresses, ", ")),
                   .hint = fmt::format("--input {}={}", addresses[0], file.path)});
    }
    const Site& site = sites[static_cast<std::size_t>(chosen[0].site)];
    if (!site.inner.empty() || chosen[0].channel)
      throw Error({.code = "input-unknown",
                   .what = fmt::format("'{}' is not the whole output of a layer, and only that can be fed", file.name),
                   .hint = fmt::format("--input {}{}{}={}", site.layer_address(), site.call, site.output, file.path)});
    const Shape& shape = open_->shapes[static_cast<std::size_t>(chosen[0].site)];
    const auto& output = open_->assembly.results[static_cast<std::size_t>(chosen[0].site)].output;
    return {.name = with_output(file.name, site),
            .shape = shape.rank() > 0 ? shape.sizes() : std::vector<std::int64_t>(),
            .axes = output ? output->axes : ""};
  }

 private:
  std::vector<Selection> chosen_by(const InputFile& file) const {
    const std::vector<Site>& sites = open_->assembly.sites;
    try {
      return select(sites, std::vector{file.name});
    } catch (const Error& error) {
      if (error.code() != "layer-not-found") throw;
    }
    // The number of outputs of a layer that cannot be computed is unknown.
    if (const auto hash = file.name.rfind('#'); hash != file.name.npos)
      for (std::size_t i = 0; i < sites.size(); ++i)
        if (sites[i].address == file.name.substr(0, hash) && text::to_integer(file.name.substr(hash + 1)))
          return {{.site = static_cast<int>(i)}};
    std::vector<std::string> names;
    for (const ModelInput& input : model_inputs(model_)) names.push_back(input.name);
    std::string meant = text::did_you_mean(file.name, names);
    if (meant.empty()) {
      for (const Site& site : sites) names.push_back(site.address);
      meant = text::did_you_mean(file.name, names);
    }
    throw Error(
        {.code = "input-unknown",
         .what = fmt::format("the model has no input '{}', and no layer of that name", file.name),
         .where = fmt::format("--input {}={}", file.name, file.path),
         .because = inputs_text(model_inputs(model_)),
         .hint = meant.empty() ? "--input LAYER=FILE feeds a layer's output; `kerascope layers` lists them" : meant});
  }

  static std::string with_output(const std::string& name, const Site& site) {
    const auto hash = name.rfind('#');
    const bool is_unlisted = hash != name.npos && name.substr(0, hash) == site.address;
    return is_unlisted ? name : site.address;
  }

  const ModelData& model_;
  std::optional<OpenAssembly> open_;
};

/// A stand-in for an input that is not given.
Feed stand_in(const ModelInput& input) {
  Shape shape(input.shape.empty() ? std::vector<std::int64_t>{1, 1} : input.shape);
  for (int axis = 0; axis < shape.rank(); ++axis)
    if (shape[axis] < 0) shape[axis] = axis == 0 ? 1 : 256;
  return {.address = input.name, .shape = shape};
}

/// The calls that precede fed layers, as prefixes of addresses.
class Before {
 public:
  Before(const ModelData& model, const std::vector<Site>& sites, const Fed& fed) : sites_(sites) {
    networks_[""] = {.network = &model.network};
    for (const Site& site : sites)
      if (site.layer->network) networks_.emplace(call_address(site), Place{&*site.layer->network, &site});
    for (const Fed::Source& source : fed.sources) {
      if (!source.is_layer) continue;
      const std::string address = source.input.name.substr(0, source.input.name.rfind('#'));
      const auto site = std::ranges::find_if(
          sites, [&](const Site& one) { return one.address == source.input.name || call_address(one) == address; });
      if (site == sites.end()) continue;
      inside_.insert(call_address(*site));
      add_inputs_of(*site);
    }
  }

  bool holds(const std::string& address) const {
    for (std::string part = address;; part.resize(part.find_last_of("/#"))) {
      if (calls_.count(part) || (part != address && inside_.count(part))) return true;
      if (part.find_last_of("/#") == part.npos) return false;
    }
  }

 private:
  struct Place {
    const Network* network = nullptr;
    const Site* site = nullptr;  ///< the nested model's call; null for the model itself
  };

  static std::string call_address(const Site& site) { return site.layer_address() + site.call; }

  void add_inputs_of(const Site& first) {
    std::vector<const Site*> waiting = {&first};
    while (!waiting.empty()) {
      const Site& site = *waiting.back();
      waiting.pop_back();
      const Place& place = networks_.at(site.container);
      if (site.layer->calls.empty()) {  // an input of a nested model
        if (place.site) waiting.push_back(place.site);
        continue;
      }
      const auto call = site.call.empty() ? 0 : *text::to_integer(site.call.substr(1));
      for (const TensorRef& reference : site.layer->calls[static_cast<std::size_t>(call)].inputs) {
        const LayerData& layer = place.network->layers[static_cast<std::size_t>(reference.layer)];
        const std::string address = (site.container.empty() ? "" : site.container + "/") + layer.name +
                                    (layer.calls.size() > 1 ? fmt::format("@{}", reference.call) : "");
        if (!calls_.insert(address).second) continue;
        const auto before = std::ranges::find_if(sites_, [&](const Site& one) { return call_address(one) == address; });
        if (before != sites_.end()) waiting.push_back(&*before);
      }
    }
  }

  const std::vector<Site>& sites_;
  std::map<std::string, Place> networks_;
  std::set<std::string> calls_, inside_;
};

}  // namespace

Feeding feeding(const ModelData& model, std::vector<InputFile> files) {
  Feeding result{.files = std::move(files), .layers = {}};
  const std::vector<ModelInput> inputs = model_inputs(model);
  Places places(model);
  for (InputFile& file : result.files) {
    if (file.name.empty() || std::ranges::find(inputs, file.name, &ModelInput::name) != inputs.end()) continue;
    const ModelInput layer = places(file);
    file.name = layer.name;
    const auto is_it = [&](const ModelInput& one) { return one.name == layer.name; };
    if (std::ranges::none_of(inputs, is_it) && std::ranges::none_of(result.layers, is_it))
      result.layers.push_back(layer);
  }
  return result;
}

void require_needed_inputs(const ModelData& model, const Fed& fed) {
  if (!fed.has_layers()) return;
  std::vector<ModelInput> missing;
  for (const ModelInput& input : model_inputs(model))
    if (std::ranges::none_of(fed.sources, [&](const Fed::Source& source) { return source.input.name == input.name; }))
      missing.push_back(input);
  const auto lack = [&](const std::string& without) {
    AssembleOptions options{.fed = feeds_of(fed, 1), .with_weights = false};
    for (const ModelInput& input : missing)
      if (!without.empty() && input.name != without) options.fed.push_back(stand_in(input));
    const Assembly assembly = assemble(model, {}, options);
    return std::ranges::any_of(assembly.outputs, [&](int output) {
      const auto& problem = assembly.results[static_cast<std::size_t>(output)].problem;
      return problem && problem->code() == kNotFed;
    });
  };
  if (missing.empty() || !lack("")) return;
  std::erase_if(missing, [&](const ModelInput& input) { return !lack(input.name); });
  if (missing.empty()) return;
  std::vector<std::string> names;
  for (const ModelInput& input : missing) names.push_back(fmt::format("'{}'", input.name));
  throw Error(
      {.code = "input-missing",
       .what = fmt::format("behind the layers that are fed the model also needs its input{} {}",
                           names.size() == 1 ? "" : "s", text::join(names, ", ")),
       .because = inputs_text(model_inputs(model)),
       .hint = fmt::format("--input {}=FILE; or name layers that do not need it: --layer LAYER", missing[0].name)});
}

void require_chosen(const CompiledFunction& function, const FunctionOptions& options) {
  if (options.with_taps && function.chosen() == 0)
    throw Error({.code = kNotFed,
                 .what = "nothing that is asked for can be computed from what is fed",
                 .hint = "ask for layers behind it, or feed the model's inputs too"});
}

std::vector<Feed> feeds_of(const Fed& fed, std::int64_t count) {
  std::vector<Feed> feeds;
  for (std::size_t i = 0; i < fed.sources.size(); ++i) {
    const ModelInput& input = fed.sources[i].input;
    feeds.push_back({.address = input.name, .shape = fed.tensors[i].shape(), .axes = input.axes});
    feeds.back().shape[0] = count;
  }
  return feeds;
}

std::vector<Shape> shapes_of(const Fed& fed, std::int64_t count) {
  std::vector<Shape> shapes;
  for (const Tensor& tensor : fed.tensors) {
    shapes.push_back(tensor.shape());
    shapes.back()[0] = count;
  }
  return shapes;
}

std::vector<Skipped> skipped_of(const ModelData& model, const Fed& fed, const CompiledFunction& function) {
  std::vector<Skipped> skipped = function.skipped();
  if (!fed.has_layers() || skipped.empty()) return skipped;
  const Before before(model, function.assembly().sites, fed);
  std::erase_if(skipped,
                [&](const Skipped& one) { return one.problem->code() == kNotFed || before.holds(one.address); });
  return skipped;
}

}  // namespace kerascope::api
