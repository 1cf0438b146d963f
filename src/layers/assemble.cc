#include "layers/assemble.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "base/check.h"
#include "base/text.h"
#include "layers/bind.h"
#include "layers/custom.h"
#include "layers/masks.h"
#include "layers/operations/call.h"
#include "layers/phase.h"
#include "layers/quantized.h"
#include "layers/registry.h"
#include "layers/stored_weights.h"
#include "layers/weight_problems.h"
#include "model/json.h"
#include "model/topological_order.h"
#include "ops/reshape.h"

namespace kerascope {
namespace {

using Problem = std::shared_ptr<const Error>;

constexpr int kMostOutputs = 64;  ///< of a call that cannot be computed

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (unsigned char c : text) hash = (hash ^ c) * 0x100000001b3u;
  return hash;
}

/// One for each output of a call; never empty.
using CallResult = std::vector<SiteResult>;

/// What a class of Keras runs that stands in no model file; null for other classes.
const char* foreign_code(const std::string& class_name) {
  static const std::map<std::string, const char*> kCode = {{"FlaxLayer", "a Flax module"},
                                                           {"JaxLayer", "a JAX function"},
                                                           {"TFSMLayer", "a SavedModel of TensorFlow"},
                                                           {"TorchModuleWrapper", "a PyTorch module"}};
  const auto found = kCode.find(class_name);
  return found == kCode.end() ? nullptr : found->second;
}

[[noreturn]] void fail_unknown(const LayerData& layer) {
  const char* const code = foreign_code(layer.class_name);
  throw Error({.code = "layer-unknown",
               .what = code ? fmt::format("layer '{}' ({}) runs {}, which the model's file does not describe",
                                          layer.name, layer.class_name, code)
                            : fmt::format("layer '{}' has the type '{}', which Kerascope cannot compute", layer.name,
                                          layer.class_name),
               .where = layer.place});
}

/// A new value with the same numbers, made of two views.
Value alias(Graph& graph, Value x) {
  const Shape shape = graph.shape(x);
  std::vector<std::int64_t> longer = shape.sizes();
  longer.push_back(1);
  return ops::reshape(graph, ops::reshape(graph, x, Shape(longer)), shape);
}

SiteResult failed(Error error) { return {.output = {}, .problem = std::make_shared<Error>(std::move(error))}; }

/// Sites and their results, in the order in which they are listed.
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
  PhaseOfCalls phases;
  int order = 0;                                                 ///< of the next call that is computed
  std::map<const LayerData*, std::vector<StoredWeight>> stored;  ///< for custom layers; see weights_of

  const std::vector<StoredWeight>& weights_of(const LayerData& layer) {
    if (stored.empty()) stored = stored_weights(model);
    return stored[&layer];
  }

  void note(const std::string& text) {
    if (noted.insert(text).second) assembly.notes.push_back(text);
  }

  /// The value that is fed at this address; empty if the site is computed.
  std::optional<Output> fed(const std::string& address, const std::string& axes) {
    const auto feed = std::ranges::find(options.fed, address, &Feed::address);
    if (feed == options.fed.end()) return std::nullopt;
    Value& value = assembly.inputs[static_cast<std::size_t>(feed - options.fed.begin())];
    value = assembly.graph.input(address, feed->shape);
    const int rank = feed->shape.rank() - 1;
    for (const std::string& known : {axes, feed->axes})
      if (static_cast<int>(known.size()) == rank) return Output{value, known};
    return Output{value, usual_axes(rank)};
  }
  bool is_fed(const std::string& address) const {
    return std::ranges::find(options.fed, address, &Feed::address) != options.fed.end();
  }

  /// The size of the batch.
  std::int64_t batch() const {
    const Shape& shape = options.fed.empty() ? assembly.graph.shape(assembly.inputs.at(0)) : options.fed[0].shape;
    return shape.rank() > 0 ? shape[0] : 1;
  }
};

/// One call of one network: the whole model, or a nested one.
class NetworkCall {
 public:
  struct Place {
    std::string container;     ///< address, empty for the whole model
    std::string index_prefix;  ///< "1/"
    int depth = 0;
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

  void run(const std::vector<SiteResult>& inputs) {
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      const std::size_t calls = std::max<std::size_t>(network_.layers[i].calls.size(), 1);
      results_[i].resize(calls);
      lists_[i].resize(calls);
      if (network_.layers[i].calls.empty()) begin(static_cast<int>(i), inputs);
    }
    for (const auto& [layer, call] : topological_order(network_)) compute(layer, call);
  }

  SiteResult output(const TensorRef& reference) const {
    const CallResult& result =
        results_[static_cast<std::size_t>(reference.layer)][static_cast<std::size_t>(reference.call)];
    const auto at = static_cast<std::size_t>(reference.output);
    return at < result.size() ? result[at] : failed(no_such_output(reference, result.size()));
  }

  /// The site of each output of the network, counted in take_sites().
  /// @throws Error{call-invalid} if a layer does not have that output
  std::vector<int> output_sites() const {
    std::vector<int> positions;
    for (const TensorRef& output : network_.outputs) {
      const CallResult& result =
          results_[static_cast<std::size_t>(output.layer)][static_cast<std::size_t>(output.call)];
      if (static_cast<std::size_t>(output.output) >= result.size()) throw no_such_output(output, result.size());
      int position = output.output;  // a call's list begins with its outputs
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

  Error no_such_output(const TensorRef& reference, std::size_t outputs) const {
    const LayerData& layer = layer_at(reference.layer);
    return Error(
        {.code = "call-invalid",
         .what = fmt::format("output {} of layer '{}' is used, which has {}", reference.output, layer.name, outputs),
         .where = layer.place});
  }

  static std::vector<int> layer_indices(const Network& network) {
    std::vector<int> indices;
    int next = 0;
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
      const bool unlisted = network.layers[i].is_operation || (network.is_sequential && i == 0);
      indices.push_back(unlisted ? -1 : next++);
    }
    return indices;
  }

  /// Begins with a layer that has no calls: one of the network's inputs, or a layer that nothing calls.
  void begin(int layer, const std::vector<SiteResult>& inputs) {
    for (std::size_t i = 0; i < network_.inputs.size(); ++i) {
      if (network_.inputs[i].layer != layer) continue;
      const bool given = i < inputs.size();
      return finish(layer, 0,
                    {given ? inputs[i]
                           : failed(Error({.code = "call-invalid",
                                           .what = fmt::format("model '{}' has {} inputs and is called with {}",
                                                               network_.name, network_.inputs.size(), inputs.size()),
                                           .where = layer_at(layer).place}))});
    }
    finish(layer, 0,
           {failed(Error(
               {.code = "call-missing",
                .what = fmt::format("nothing calls layer '{}' ({})", layer_at(layer).name, layer_at(layer).class_name),
                .where = layer_at(layer).place}))});
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

  void finish(int layer, int call, CallResult result, Taps taps = {}, SiteList inside = {}, bool is_built = true) {
    SiteList& list = lists_[static_cast<std::size_t>(layer)][static_cast<std::size_t>(call)];
    const int order = shared_.order;
    shared_.order += 2;
    auto add = [&](const std::string& output, const std::string& inner, SiteResult site_result) {
      site_result.order = order + inner.empty();  // tensors inside a layer come before its output
      Site site = site_of(layer, call);
      site.output = output;
      site.inner = inner;
      site.is_built = is_built;
      site.address = address_of(site);
      list.add(std::move(site), std::move(site_result));
    };
    feed(address_of(site_of(layer, call)), result);
    for (std::size_t k = 0; k < result.size(); ++k) add(result.size() > 1 ? fmt::format("#{}", k) : "", "", result[k]);
    for (auto& [name, output] : taps) add("", name, {.output = output, .problem = result[0].problem});
    list.append(std::move(inside));
    results_[static_cast<std::size_t>(layer)][static_cast<std::size_t>(call)] = std::move(result);
  }

  /// Replaces outputs of a call by tensors that are fed.
  void feed(const std::string& address, CallResult& result) {
    if (shared_.options.fed.empty()) return;
    auto axes_of = [&](std::size_t k) {
      return k < result.size() && result[k].output ? result[k].output->axes : std::string();
    };
    if (result.size() == 1)
      if (auto fed = shared_.fed(address, axes_of(0))) {
        result = {{.output = *fed, .problem = nullptr}};
        return;
      }
    // If a call cannot be computed, nobody knows for sure how many outputs it has.
    const std::size_t most = result[0].problem ? kMostOutputs : result.size();
    for (std::size_t k = 0; k < most; ++k) {
      const std::string numbered = fmt::format("{}#{}", address, k);
      if (!shared_.is_fed(numbered)) continue;
      if (result.size() <= k) result.resize(std::max<std::size_t>(k + 1, 2), result[0]);
      result[k] = {.output = *shared_.fed(numbered, axes_of(k)), .problem = nullptr};
    }
  }

  /// How many outputs of a call are used, at least one; counted once for the whole network.
  std::size_t used_outputs(int layer, int call) {
    if (used_outputs_.empty()) {
      const auto see = [&](const TensorRef& reference) {
        std::size_t& used = used_outputs_[{reference.layer, reference.call}];
        used = std::max<std::size_t>(used, std::min(reference.output + 1, kMostOutputs));
      };
      for (const LayerData& user : network_.layers)
        for (const Call& one : user.calls) std::ranges::for_each(one.inputs, see);
      std::ranges::for_each(network_.outputs, see);
    }
    const auto found = used_outputs_.find({layer, call});
    return found == used_outputs_.end() ? 1 : found->second;
  }

  /// The outputs of a call that cannot be computed: as many as are used, with the shapes that the file states.
  CallResult uncomputable(int layer_index, int call_index, const Problem& problem, const std::string& axes) {
    const LayerData& layer = layer_at(layer_index);
    const Call& call = layer.calls[static_cast<std::size_t>(call_index)];
    CallResult result(used_outputs(layer_index, call_index), {.output = {}, .problem = problem});
    // The size that the file leaves open there depends on numbers; it is not the size of the batch.
    if (problem->code() == "shape-by-numbers" && problem->parts().where == layer.place) return result;
    for (std::size_t k = 0; k < std::min(result.size(), call.output_shapes.size()); ++k) {
      std::vector<std::int64_t> sizes = call.output_shapes[k];
      if (sizes.empty()) continue;
      if (sizes[0] < 0) sizes[0] = shared_.batch();
      for (std::int64_t& size : sizes)
        if (size < 0) size = shared_.options.open_size;
      if (std::ranges::count(sizes, 0) > 0) continue;
      const int rank = static_cast<int>(sizes.size()) - 1;
      const Value value = shared_.assembly.graph.input("not computed: " + layer.name, Shape(std::move(sizes)));
      result[k].output = Output{value, static_cast<int>(axes.size()) == rank ? axes : usual_axes(rank)};
    }
    return result;
  }

  void compute(int layer_index, int call_index) {
    const LayerData& layer = layer_at(layer_index);
    const Call& call = layer.calls[static_cast<std::size_t>(call_index)];
    std::vector<SiteResult> inputs;
    for (const TensorRef& reference : call.inputs) inputs.push_back(output(reference));
    if (layer.network)
      compute_nested(layer_index, call_index, inputs);
    else
      compute_plain(layer_index, call_index, inputs);
  }

  void compute_nested(int layer_index, int call_index, const std::vector<SiteResult>& inputs) {
    const LayerData& layer = layer_at(layer_index);
    const Site site = site_of(layer_index, call_index);
    NetworkCall nested(
        shared_, *layer.network,
        {.container = address_of(site), .index_prefix = site.index_path + "/", .depth = place_.depth + 1});
    nested.run(inputs);
    CallResult result;
    for (const TensorRef& reference : layer.network->outputs) result.push_back(nested.output(reference));
    finish(layer_index, call_index, std::move(result), {}, nested.take_sites());
  }

  void compute_plain(int layer_index, int call_index, const std::vector<SiteResult>& results) {
    const LayerData& layer = layer_at(layer_index);
    const std::string address = address_of(site_of(layer_index, call_index));
    std::vector<Output> inputs;
    Problem before;  // of a layer before this one
    for (const SiteResult& result : results) {
      if (result.output) inputs.push_back(*result.output);
      if (!before) before = result.problem;
    }
    const std::string axes = inputs.size() == 1 ? inputs[0].axes : "";
    if (inputs.size() < results.size())
      return finish(layer_index, call_index, uncomputable(layer_index, call_index, before, axes), {}, {}, false);
    Taps taps;
    CallResult result;
    bool is_built = true;
    const int begin = shared_.assembly.graph.size();
    try {
      const Call& given = layer.calls[static_cast<std::size_t>(call_index)];
      const Call call = layer.is_operation ? given : without_masks(layer.class_name, given, inputs);
      for (const Output& output : build(layer, call, address, inputs, /*is_computable=*/!before, taps))
        result.push_back({.output = output, .problem = before});
    } catch (const Error& error) {
      taps.clear();
      if (shared_.options.assumed.count(&layer) && inputs.size() == 1) {
        const Value same = alias(shared_.assembly.graph, inputs[0].value);
        shared_.assembly.assumed.emplace(same.id, address);
        result = {{.output = Output{same, inputs[0].axes, inputs[0].mask}, .problem = before}};
      } else {
        const Problem problem = before ? before : std::make_shared<Error>(of_layer(error, layer, address));
        result = uncomputable(layer_index, call_index, problem, axes);
        is_built = false;
      }
    }
    shared_.assembly.calls.push_back(
        {.address = address, .layer = &layer, .begin = begin, .end = shared_.assembly.graph.size()});
    finish(layer_index, call_index, std::move(result), std::move(taps), {}, is_built);
  }

  /// Adds what an op and a layer do not know: the layer's name, the place in the file, and the address.
  static Error of_layer(const Error& error, const LayerData& layer, const std::string& address) {
    Error::Parts parts = error.parts();
    if (parts.where.empty()) {
      parts.what = fmt::format("layer '{}' ({}): {}", layer.name, layer.class_name, parts.what);
      parts.where = layer.place;
    }
    if (parts.hint.empty() && (parts.code == "layer-unknown" || parts.code == "layer-unsupported"))
      parts.hint = fmt::format(
          "{1}feed its output (--input '{0}=FILE.npy'), or pass its input through (--assume "
          "'{0}=identity')",
          address,
          layer.class_name == "Lambda"
              ? fmt::format("say what it computes, such as --lambda '{}=x / 127.5 - 1'; or ", address)
              : "");
    return Error(std::move(parts));
  }

  Outputs build(const LayerData& layer, const Call& call, const std::string& address, const std::vector<Output>& inputs,
                bool is_computable, Taps& taps) {
    LayerWeights& weights = shared_.assembly.needs[&layer];
    Build build(shared_.assembly.graph, {.layer = layer,
                                         .model = shared_.model,
                                         .call = call,
                                         .training = shared_.phases.trains(address),
                                         .random = shared_.options.random,
                                         .key = fnv1a(address),
                                         .inputs = inputs,
                                         .slots = weights.slots,
                                         .slot_order = weights.order,
                                         .weights = weights.values,
                                         .known = known_of(address)});
    if (const CustomLayer* custom = custom_layer_of(shared_.model, layer))
      return build_custom(*custom, address, shared_.weights_of(layer), build);
    try {
      return build_with(build, layer, call, weights, taps);
    } catch (const Error& error) {
      if (build.barrier && is_computable) {
        build.barrier->address = address;
        shared_.assembly.barriers.push_back(std::move(*build.barrier));
      }
      const CustomLayer& otherwise = shared_.model.custom_layers.otherwise;
      if (!otherwise || (error.code() != "layer-unknown" && error.code() != "layer-unsupported")) throw;
      return build_custom(otherwise, address, shared_.weights_of(layer), build);
    }
  }

  const std::vector<Tensor>* known_of(const std::string& address) const {
    const auto known = shared_.options.known.find(address);
    return known == shared_.options.known.end() ? nullptr : &known->second;
  }

  Outputs build_with(Build& build, const LayerData& layer, const Call& call, LayerWeights& weights, Taps& taps) {
    const LayerType* type = layer_type_of(layer);
    if (!type && !layer.is_operation) fail_unknown(layer);
    note_dtype(layer);
    const std::vector<Output>& inputs = build.all_inputs();
    if (layer.is_operation) return operations::build_call(call, build);
    FieldReader fields(layer, build.keras_major());
    const auto pass_notes_on = [&] {
      for (const auto& notes : {build.notes, fields.notes()})
        for (const std::string& note : notes) shared_.note(note);
    };
    Outputs outputs;
    try {
      outputs = type->build(fields, build);
    } catch (const Error&) {
      if (build.barrier) pass_notes_on();  // it is computable
      throw;
    }
    require_scales(layer, weights);
    build.require_all_read();
    hand_on_mask(type->mask_rule, inputs, outputs);
    weights.is_known = true;
    taps = std::move(build.taps);
    pass_notes_on();
    return outputs;
  }

  /// All types of numbers are computed in float32.
  void note_dtype(const LayerData& layer) {
    const Json& dtype = member(layer.config, "dtype");
    const Json& config = member(dtype, "config");
    const std::string policy =
        dtype.is_string() ? dtype.get<std::string>() : text_or(config, "name", text_or(config, "source_name", ""));
    if (policy.find("float16") != policy.npos || policy == "float64")
      shared_.note(fmt::format("the file computes in {}; Kerascope computes in float32", policy));
  }

  /// A quantised layer has scales among its weights. One that has weights and does not ask for scales does not know
  /// that it is quantised.
  static void require_scales(const LayerData& layer, const LayerWeights& weights) {
    const std::string mode = layers::quantization_mode(layer);
    const auto is_scale = [](const auto& slot) { return text::ends_with(slot.first, "_scale"); };
    if (mode.empty() || std::ranges::any_of(weights.slots, is_scale)) return;
    throw Error({.code = "layer-unsupported",
                 .what = fmt::format("layer '{}' ({}) is quantised ({}), which Kerascope does not know of such layers",
                                     layer.name, layer.class_name, mode),
                 .where = layer.place});
  }

  Shared& shared_;
  const Network& network_;
  Place place_;
  std::vector<std::vector<CallResult>> results_;  ///< by layer, call
  std::vector<std::vector<SiteList>> lists_;      ///< by layer, call
  std::vector<int> indices_;
  int index_count_ = 0;
  std::map<std::pair<int, int>, std::size_t> used_outputs_;  ///< by layer and call; empty until first used
};

/// Tensors are found and saved by their addresses.
void require_unique_addresses(const std::vector<Site>& sites) {
  std::map<std::string_view, const Site*> known;
  for (const Site& site : sites)
    if (const auto [other, is_new] = known.emplace(site.address, &site); !is_new)
      throw Error({.code = "config-invalid",
                   .what = fmt::format("two layers have the address '{}': '{}' ({}) and '{}' ({})", site.address,
                                       other->second->name, other->second->layer->class_name, site.name,
                                       site.layer->class_name),
                   .where = site.layer->place,
                   .hint = "give one of them another name and save the model again"});
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

std::vector<std::set<std::string>> Assembly::assumptions() const {
  std::vector<std::set<std::string>> all;
  for (int id = 0; id < graph.size(); ++id) {
    std::set<std::string>& own = all.emplace_back();
    if (assumed.empty()) continue;
    if (const auto found = assumed.find(id); found != assumed.end()) own.insert(found->second);
    for (const Value input : graph.node(Value{id}).inputs) {
      const auto& others = all[static_cast<std::size_t>(input.id)];
      own.insert(others.begin(), others.end());
    }
  }
  return all;
}

Assembly assemble(const ModelData& model, std::span<const Shape> shapes, const AssembleOptions& options) {
  const std::vector<ModelInput> declared = model_inputs(model);
  KERASCOPE_CHECK(options.fed.empty() ? declared.size() == shapes.size() : shapes.empty());
  Assembly assembly;
  assembly.inputs.resize(options.fed.size());
  Shared shared{.model = model,
                .options = options,
                .assembly = assembly,
                .noted = {},
                .phases = PhaseOfCalls(model, options.phase),
                .stored = {}};
  std::vector<SiteResult> inputs;
  if (!options.fed.empty())
    for (const ModelInput& input : declared) inputs.push_back(failed(not_fed(input)));
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const Value value = assembly.graph.input(declared[i].name, shapes[i], declared[i].dtype);
    assembly.inputs.push_back(value);
    const int rank = shapes[i].rank() - 1;
    const bool fits = static_cast<int>(declared[i].axes.size()) == rank;
    inputs.push_back({.output = Output{value, fits ? declared[i].axes : usual_axes(rank)}, .problem = nullptr});
  }
  NetworkCall whole(shared, model.network, {});
  whole.run(inputs);
  if (const std::string note = shared.phases.note(); !note.empty()) shared.note(note);
  assembly.outputs = whole.output_sites();
  SiteList list = whole.take_sites();
  assembly.sites = std::move(list.sites);
  assembly.results = std::move(list.results);
  require_unique_addresses(assembly.sites);
  for (std::size_t i = 0; i < options.fed.size(); ++i)
    if (assembly.inputs[i].id < 0) throw not_found(options.fed[i].address, assembly.sites);
  if (options.with_weights) {
    bind_weights(model, assembly.needs);
    spread_weight_problems(assembly);
  }
  return assembly;
}

}  // namespace kerascope
