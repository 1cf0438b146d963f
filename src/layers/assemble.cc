#include "layers/assemble.h"

#include <algorithm>
#include <iterator>
#include <queue>
#include <set>

#include "base/check.h"
#include "base/text.h"
#include "layers/bind.h"
#include "layers/operations/call.h"
#include "layers/registry.h"
#include "model/json.h"

namespace kerascope {
namespace {

using Problem = std::shared_ptr<const Error>;

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (unsigned char c : text) hash = (hash ^ c) * 0x100000001b3u;
  return hash;
}

/// What one call gave: all its outputs, or why it cannot be computed.
struct CallResult {
  Outputs outputs;
  Problem problem;
};

CallResult failed(Error error) { return {.outputs = {}, .problem = std::make_shared<Error>(std::move(error))}; }

/// Sites with what became of them, in the order in which they are listed.
struct SiteList {
  std::vector<Site> sites;
  std::vector<SiteResult> results;

  void add(Site site, SiteResult result) {
    sites.push_back(std::move(site));
    results.push_back(std::move(result));
  }
  void append(SiteList other) {
    std::move(other.sites.begin(), other.sites.end(), std::back_inserter(sites));
    std::move(other.results.begin(), other.results.end(), std::back_inserter(results));
  }
};

/// What all networks of one model share while the graph grows.
struct Shared {
  const ModelData& model;
  const AssembleOptions& options;
  Assembly& assembly;
  std::set<std::string> noted;
  int order = 0;  ///< of the next call that is computed

  void note(const std::string& text) {
    if (noted.insert(text).second) assembly.notes.push_back(text);
  }

  /// The value that is fed at this address; empty where it is computed.
  std::optional<Output> fed(const std::string& address, const std::string& axes) {
    const auto feed = std::ranges::find(options.fed, address, &Feed::address);
    if (feed == options.fed.end()) return std::nullopt;
    Value& value = assembly.inputs[static_cast<std::size_t>(feed - options.fed.begin())];
    value = assembly.graph.input(address, feed->shape);
    const int rank = feed->shape.rank() - 1;
    return Output{value, static_cast<int>(axes.size()) == rank ? axes : usual_axes(rank)};
  }
  bool is_fed(const std::string& address) const {
    return std::ranges::find(options.fed, address, &Feed::address) != options.fed.end();
  }
};

/// One call of one network: the whole model, or a nested one.
class NetworkCall {
 public:
  struct Place {
    std::string container;     ///< address, empty for the whole model
    std::string index_prefix;  ///< "1/"
    int depth = 0;
    bool training = false;
  };

  NetworkCall(Shared& shared, const Network& network, Place place)
      : shared_(shared),
        network_(network),
        place_(std::move(place)),
        results_(network.layers.size()),
        lists_(network.layers.size()),
        indices_(layer_indices(network)) {
    index_count_ = 1 + *std::max_element(indices_.begin(), indices_.end());
  }

  void run(const std::vector<CallResult>& inputs) {
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      const std::size_t calls = std::max<std::size_t>(network_.layers[i].calls.size(), 1);
      results_[i].resize(calls);
      lists_[i].resize(calls);
      if (network_.layers[i].calls.empty()) begin(static_cast<int>(i), inputs);
    }
    for (const auto& [layer, call] : topological_order()) compute(layer, call);
  }

  CallResult output(const TensorRef& reference) const {
    const LayerData& layer = layer_at(reference.layer);
    const CallResult& result =
        results_[static_cast<std::size_t>(reference.layer)][static_cast<std::size_t>(reference.call)];
    if (result.outputs.empty() && result.problem) return result;
    if (static_cast<std::size_t>(reference.output) < result.outputs.size()) {
      const Output& output = result.outputs[static_cast<std::size_t>(reference.output)];
      if (output.value.id >= 0) return {.outputs = {output}, .problem = nullptr};
      return {.outputs = {}, .problem = result.problem};
    }
    return failed(Error({.code = "call-invalid",
                         .what = fmt::format("output {} of layer '{}' is used, which has {}", reference.output,
                                             layer.name, result.outputs.size()),
                         .where = layer.place}));
  }

  /// The site of each output of the network, counted in take_sites().
  std::vector<int> output_sites() const {
    std::vector<int> positions;
    for (const TensorRef& output : network_.outputs) {
      int position = output.output;
      for (int layer = 0; layer <= output.layer; ++layer)
        for (int call = 0; call < static_cast<int>(lists_[static_cast<std::size_t>(layer)].size()); ++call)
          if (layer < output.layer || call < output.call)
            position +=
                static_cast<int>(lists_[static_cast<std::size_t>(layer)][static_cast<std::size_t>(call)].sites.size());
      positions.push_back(position);
    }
    return positions;
  }

  SiteList take_sites() {
    SiteList all;
    for (auto& calls : lists_)
      for (SiteList& list : calls) all.append(std::move(list));
    return all;
  }

 private:
  const LayerData& layer_at(int index) const { return network_.layers[static_cast<std::size_t>(index)]; }

  static std::vector<int> layer_indices(const Network& network) {
    std::vector<int> indices;
    int next = 0;
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
      const bool unlisted = network.layers[i].is_operation || (network.is_sequential && i == 0);
      indices.push_back(unlisted ? -1 : next++);
    }
    return indices;
  }

  /// A layer without calls: one of the network's inputs, or something that nobody feeds.
  void begin(int layer, const std::vector<CallResult>& inputs) {
    for (std::size_t i = 0; i < network_.inputs.size(); ++i) {
      if (network_.inputs[i].layer != layer) continue;
      const bool given = i < inputs.size();
      return finish(layer, 0,
                    given ? inputs[i]
                          : failed(Error({.code = "call-invalid",
                                          .what = fmt::format("model '{}' has {} inputs and is called with {}",
                                                              network_.name, network_.inputs.size(), inputs.size()),
                                          .where = layer_at(layer).place})));
    }
    finish(layer, 0,
           failed(Error(
               {.code = "call-missing",
                .what = fmt::format("nothing calls layer '{}' ({})", layer_at(layer).name, layer_at(layer).class_name),
                .where = layer_at(layer).place})));
  }

  /// Calls in an order in which they can be computed: the file's, as far as it is one.
  std::vector<std::pair<int, int>> topological_order() const {
    using Id = std::pair<int, int>;
    std::map<Id, std::vector<Id>> users;
    std::map<Id, int> waiting;
    std::priority_queue<Id, std::vector<Id>, std::greater<>> ready;
    for (int layer = 0; layer < static_cast<int>(network_.layers.size()); ++layer)
      for (int call = 0; call < static_cast<int>(layer_at(layer).calls.size()); ++call) {
        int& count = waiting[{layer, call}];
        for (const TensorRef& input : layer_at(layer).calls[static_cast<std::size_t>(call)].inputs) {
          if (layer_at(input.layer).calls.empty()) continue;
          users[{input.layer, input.call}].push_back({layer, call});
          ++count;
        }
        if (count == 0) ready.push({layer, call});
      }
    std::vector<Id> order;
    while (!ready.empty()) {
      order.push_back(ready.top());
      ready.pop();
      for (const Id& user : users[order.back()])
        if (--waiting[user] == 0) ready.push(user);
    }
    if (order.size() != waiting.size())
      throw Error({.code = "config-invalid",
                   .what = fmt::format("layers of '{}' need each other's outputs in a circle", network_.name),
                   .where = network_.layers[0].place});
    return order;
  }

  Site site_of(int layer, int call) const {
    const int index = indices_[static_cast<std::size_t>(layer)];
    Site site;
    site.container = place_.container;
    site.name = layer_at(layer).name;
    site.call = layer_at(layer).calls.size() > 1 ? fmt::format("@{}", call) : "";
    site.index = index;
    site.index_count = index_count_;
    site.index_path = index < 0 ? "-" : place_.index_prefix + std::to_string(index);
    site.depth = place_.depth;
    site.layer = &layer_at(layer);
    return site;
  }

  std::string address_of(const Site& site) const {
    return site.layer_address() + site.call + site.output + (site.inner.empty() ? "" : "/" + site.inner);
  }

  using Taps = std::vector<std::pair<std::string, Output>>;

  void finish(int layer, int call, CallResult result, Taps taps = {}, SiteList inside = {}) {
    SiteList& list = lists_[static_cast<std::size_t>(layer)][static_cast<std::size_t>(call)];
    const int order = shared_.order;
    shared_.order += 2;
    auto add = [&](const std::string& output, const std::string& inner, SiteResult site_result) {
      site_result.order = order + inner.empty();  // what lies inside a layer comes before its output
      Site site = site_of(layer, call);
      site.output = output;
      site.inner = inner;
      site.address = address_of(site);
      list.add(std::move(site), std::move(site_result));
    };
    feed(address_of(site_of(layer, call)), result);
    if (result.outputs.empty() && result.problem) add("", "", {.output = {}, .problem = result.problem});
    for (std::size_t k = 0; k < result.outputs.size(); ++k) {
      const std::string number = result.outputs.size() > 1 ? fmt::format("#{}", k) : "";
      if (result.outputs[k].value.id >= 0)
        add(number, "", {.output = result.outputs[k], .problem = {}});
      else
        add(number, "", {.output = {}, .problem = result.problem});
    }
    for (auto& [name, output] : taps) add("", name, {.output = output, .problem = {}});
    list.append(std::move(inside));
    results_[static_cast<std::size_t>(layer)][static_cast<std::size_t>(call)] = std::move(result);
  }

  /// Puts what is fed in the place of a call's outputs. Of a call that cannot be computed, those that are not fed
  /// become invalid values.
  void feed(const std::string& address, CallResult& result) {
    if (shared_.options.fed.empty()) return;
    auto axes_of = [&](std::size_t k) { return k < result.outputs.size() ? result.outputs[k].axes : std::string(); };
    if (result.outputs.size() <= 1) {
      if (auto fed = shared_.fed(address, axes_of(0))) {
        result = {.outputs = {*fed}, .problem = nullptr};
        return;
      }
    }
    constexpr std::size_t kMostOutputs = 64;  // of a call of which only some are fed
    const std::size_t most = result.problem ? kMostOutputs : result.outputs.size();
    for (std::size_t k = 0; k < most; ++k) {
      const std::string numbered = fmt::format("{}#{}", address, k);
      if (!shared_.is_fed(numbered)) continue;
      if (result.outputs.size() <= k) result.outputs.resize(std::max<std::size_t>(k + 1, 2));
      result.outputs[k] = *shared_.fed(numbered, axes_of(k));
    }
  }

  void compute(int layer_index, int call_index) {
    const LayerData& layer = layer_at(layer_index);
    const Call& call = layer.calls[static_cast<std::size_t>(call_index)];
    // A call may fix the phase: base(x, training=False).
    const Json& fixed = member(call.keywords, "training");
    const bool training = fixed.is_boolean() ? fixed.get<bool>() : place_.training;
    std::vector<CallResult> inputs;
    for (const TensorRef& reference : call.inputs) inputs.push_back(output(reference));
    if (layer.network)
      compute_nested(layer_index, call_index, inputs, training);
    else
      compute_plain(layer_index, call_index, inputs, training);
  }

  void compute_nested(int layer_index, int call_index, const std::vector<CallResult>& inputs, bool training) {
    const LayerData& layer = layer_at(layer_index);
    const Site site = site_of(layer_index, call_index);
    NetworkCall nested(shared_, *layer.network,
                       {.container = address_of(site),
                        .index_prefix = site.index_path + "/",
                        .depth = place_.depth + 1,
                        .training = training});
    nested.run(inputs);
    CallResult result;
    for (const TensorRef& reference : layer.network->outputs) {
      CallResult output = nested.output(reference);
      if (output.problem)
        result.problem = output.problem;
      else
        result.outputs.push_back(output.outputs[0]);
    }
    if (result.problem) result.outputs.clear();
    finish(layer_index, call_index, std::move(result), {}, nested.take_sites());
  }

  void compute_plain(int layer_index, int call_index, const std::vector<CallResult>& results, bool training) {
    const LayerData& layer = layer_at(layer_index);
    std::vector<Output> inputs;
    for (const CallResult& result : results) {
      if (result.problem) return finish(layer_index, call_index, result);
      inputs.push_back(result.outputs[0]);
    }
    Taps taps;
    CallResult result;
    try {
      const std::string address = address_of(site_of(layer_index, call_index));
      const Call& call = layer.calls[static_cast<std::size_t>(call_index)];
      const int begin = shared_.assembly.graph.size();
      result.outputs = build(layer, call, address, inputs, training, taps);
      shared_.assembly.calls.push_back(
          {.address = address, .layer = &layer, .begin = begin, .end = shared_.assembly.graph.size()});
    } catch (const Error& error) {
      taps.clear();
      result = failed(error.parts().where.empty() ? of_layer(error, layer) : error);
    }
    finish(layer_index, call_index, std::move(result), std::move(taps));
  }

  /// An op knows neither the layer that wants it nor the file.
  static Error of_layer(const Error& error, const LayerData& layer) {
    Error::Parts parts = error.parts();
    parts.what = fmt::format("layer '{}' ({}): {}", layer.name, layer.class_name, parts.what);
    parts.where = layer.place;
    return Error(std::move(parts));
  }

  /// A user's own class may have the name of one of Keras's.
  static const LayerType* type_of(const LayerData& layer) {
    const bool is_own = layer.module.empty() || is_keras_module(layer.module);
    return is_own ? find_layer_type(layer.class_name) : nullptr;
  }

  Outputs build(const LayerData& layer, const Call& call, const std::string& address, const std::vector<Output>& inputs,
                bool training, Taps& taps) {
    const LayerType* type = type_of(layer);
    if (!type && !layer.is_operation)
      throw Error({.code = "layer-unknown",
                   .what = fmt::format("layer '{}' has the type '{}', which Kerascope cannot compute", layer.name,
                                       layer.class_name),
                   .where = layer.place});
    require_plain_dtype(layer);
    LayerWeights& weights = shared_.assembly.needs[&layer];
    const int keras_major = shared_.model.keras_major();
    Build build(shared_.assembly.graph, {.layer = layer,
                                         .model = shared_.model,
                                         .call = call,
                                         .training = training,
                                         .random = shared_.options.random,
                                         .key = fnv1a(address),
                                         .inputs = inputs,
                                         .slots = weights.slots,
                                         .slot_order = weights.order,
                                         .weights = weights.values});
    if (layer.is_operation) return operations::build_call(call, build);
    FieldReader fields(layer, keras_major);
    Outputs outputs = type->build(fields, build);
    build.require_all_read();
    weights.is_known = true;
    taps = std::move(build.taps);
    for (const auto& notes : {build.notes, fields.notes()})
      for (const std::string& note : notes) shared_.note(note);
    return outputs;
  }

  /// Quantised layers hold other weights than their class says; half precision is computed in full.
  void require_plain_dtype(const LayerData& layer) {
    const Json& dtype = member(layer.config, "dtype");
    const Json& config = member(dtype, "config");
    const std::string policy = dtype.is_string() ? dtype.get<std::string>() : text_or(config, "name", "");
    if (member(config, "mode").is_string())
      throw Error({.code = "layer-unsupported",
                   .what = fmt::format("layer '{}' ({}) is quantised ({}), which Kerascope cannot compute yet",
                                       layer.name, layer.class_name, policy),
                   .where = layer.place});
    if (policy.find("float16") != policy.npos || policy == "float64")
      shared_.note(fmt::format("the file computes in {}; Kerascope computes in float32", policy));
  }

  Shared& shared_;
  const Network& network_;
  Place place_;
  std::vector<std::vector<CallResult>> results_;  ///< by layer, call
  std::vector<std::vector<SiteList>> lists_;      ///< by layer, call
  std::vector<int> indices_;
  int index_count_ = 0;
};

/// What needs a weight that the file does not hold as it should cannot be computed.
void spread_weight_problems(Assembly& assembly) {
  std::vector<Problem> problems;  // by value; inputs come before their users
  for (int id = 0; id < assembly.graph.size(); ++id) {
    const Graph::Node& node = assembly.graph.node(Value{id});
    Problem problem = node.weight ? node.weight->problem : nullptr;
    for (Value input : node.inputs)
      if (!problem) problem = problems[static_cast<std::size_t>(input.id)];
    problems.push_back(std::move(problem));
  }
  for (SiteResult& result : assembly.results)
    if (result.output)
      if (const Problem& problem = problems[static_cast<std::size_t>(result.output->value.id)])
        result = {.output = {}, .problem = problem};
}

Error not_fed(const ModelInput& input) {
  return Error({.code = "graph-disconnected",
                .what = fmt::format("it needs the model's input '{}', which is not fed", input.name),
                .hint = "feed that too, or a tensor between it and what is asked for"});
}

Error not_found(const std::string& address, const std::vector<Site>& sites) {
  std::vector<std::string> addresses;
  for (const Site& site : sites) addresses.push_back(site.address);
  return Error({.code = "layer-not-found",
                .what = fmt::format("nothing can be fed at '{}', which the model does not have", address),
                .hint = text::did_you_mean(address, addresses)});
}

}  // namespace

const BuiltCall* Assembly::call_of(Value value) const {
  const auto after = std::ranges::upper_bound(calls, value.id, {}, &BuiltCall::begin);
  return after != calls.begin() && value.id < std::prev(after)->end ? &*std::prev(after) : nullptr;
}

Assembly assemble(const ModelData& model, std::span<const Shape> shapes, const AssembleOptions& options) {
  const std::vector<ModelInput> declared = model_inputs(model);
  KERASCOPE_CHECK(options.fed.empty() ? declared.size() == shapes.size() : shapes.empty());
  Assembly assembly;
  assembly.inputs.resize(options.fed.size());
  Shared shared{.model = model, .options = options, .assembly = assembly, .noted = {}};
  std::vector<CallResult> inputs;
  if (!options.fed.empty())
    for (const ModelInput& input : declared) inputs.push_back(failed(not_fed(input)));
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const Value value = assembly.graph.input(declared[i].name, shapes[i]);
    assembly.inputs.push_back(value);
    const int rank = shapes[i].rank() - 1;
    const bool fits = static_cast<int>(declared[i].axes.size()) == rank;
    inputs.push_back({.outputs = {{value, fits ? declared[i].axes : usual_axes(rank)}}, .problem = nullptr});
  }
  NetworkCall whole(shared, model.network, {.training = options.phase == Phase::kTraining});
  whole.run(inputs);
  assembly.outputs = whole.output_sites();
  SiteList list = whole.take_sites();
  assembly.sites = std::move(list.sites);
  assembly.results = std::move(list.results);
  for (std::size_t i = 0; i < options.fed.size(); ++i)
    if (assembly.inputs[i].id < 0) throw not_found(options.fed[i].address, assembly.sites);
  if (options.with_weights) {
    bind_weights(model, assembly.needs);
    spread_weight_problems(assembly);
  }
  return assembly;
}

}  // namespace kerascope
