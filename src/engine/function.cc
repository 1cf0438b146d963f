#include "engine/function.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <set>

#include "base/check.h"
#include "base/text.h"

namespace kerascope {
namespace {

/// A block of a tensor, by axis.
struct Block {
  std::vector<std::int64_t> first;
  Shape shape;
};

/// One channel, or one unit: the channel axis (and, for a unit, all other axes) picked out.
Block block_of(const Shape& shape, const std::string& axes, const Selection& selection, const std::string& address) {
  const auto role = axes.find('C');
  auto fail = [&](const std::string& what) {
    throw Error({.code = "channel-invalid",
                 .what = fmt::format("'{}' {}", address, what),
                 .because = "its shape is " + shape.slice(1, shape.rank()).str()});
  };
  if (role == axes.npos) fail("has no channels");
  const int channel_axis = static_cast<int>(role) + 1;
  if (*selection.channel >= shape[channel_axis])
    fail(fmt::format("has {} channels, 0 to {}; there is no {}", shape[channel_axis], shape[channel_axis] - 1,
                     *selection.channel));
  const bool unit = !selection.position.empty();
  if (unit && static_cast<int>(selection.position.size()) != shape.rank() - 2)
    fail(fmt::format("needs {} numbers in the brackets and has {}", shape.rank() - 2, selection.position.size()));
  Block block{.first = std::vector<std::int64_t>(static_cast<std::size_t>(shape.rank()), 0), .shape = shape};
  std::size_t next = 0;
  for (int axis = 1; axis < shape.rank(); ++axis) {
    if (axis != channel_axis && !unit) continue;
    const std::int64_t place = axis == channel_axis ? *selection.channel : selection.position[next++];
    if (place >= shape[axis])
      fail(fmt::format("has {} places along axis {}; there is no {}", shape[axis], axis, place));
    block.first[static_cast<std::size_t>(axis)] = place;
    block.shape[axis] = 1;
  }
  return block;
}

Tensor picked(const Tensor& tensor, const Block& block) {
  const Shape& shape = tensor.shape();
  const auto& [first, out] = block;
  Tensor result(out, tensor.dtype());
  const std::size_t size = element_bytes(tensor.dtype());
  const auto* const from = static_cast<const std::byte*>(tensor.bytes());
  auto* const to = static_cast<std::byte*>(const_cast<void*>(result.bytes()));
  std::vector<std::int64_t> at(first.size(), 0);
  for (std::int64_t i = 0; i < out.elements(); ++i) {
    std::int64_t rest = i, offset = 0, stride = 1;
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      offset += (rest % out[axis] + first[static_cast<std::size_t>(axis)]) * stride;
      rest /= out[axis];
      stride *= shape[axis];
    }
    std::memcpy(to + static_cast<std::size_t>(i) * size, from + static_cast<std::size_t>(offset) * size, size);
  }
  if (tensor.dtype() != DType::kString) return result;
  const auto texts = result.elements<std::string_view>();
  return Tensor::of(out, std::vector<std::string>(texts.begin(), texts.end()));
}

std::string unit_suffix(const Selection& selection) {
  if (!selection.channel) return "";
  if (selection.position.empty()) return fmt::format(":{}", *selection.channel);
  return fmt::format("[{}]:{}", fmt::join(selection.position, ","), *selection.channel);
}

/// What cannot be taken for the identity, as the user wants it.
Error not_assumable(const Site& site, bool is_computable) {
  const std::size_t inputs = site.layer->calls.empty() ? 0 : site.layer->calls[0].inputs.size();
  return Error({.code = "assume-invalid",
                .what = fmt::format("layer '{}' ({}) cannot be taken for the identity", site.layer_address(),
                                    site.layer->class_name),
                .where = site.layer->place,
                .because = is_computable ? "Kerascope can compute it"
                           : inputs != 1 ? fmt::format("it is called with {} inputs, not with one", inputs)
                                         : "",
                .hint = is_computable ? "leave it out of --assume" : "feed its output: --input LAYER=FILE.npy"});
}

/// An input in the type that the model takes. Keras casts it, too, but cuts off what is no whole number.
Tensor of_type(const Tensor& tensor, const Graph::Node& input) {
  if (tensor.dtype() == input.dtype) return tensor;
  try {
    Tensor typed = tensor.astype(input.dtype);
    if (is_integer(input.dtype) && tensor.dtype() == DType::kFloat32)
      for (const float number : tensor.numbers())
        if (number != std::trunc(number))
          throw Error({.code = "tensor-type", .what = fmt::format("{} is no whole number", number)});
    return typed;
  } catch (const Error& error) {
    throw Error(
        {.code = "input-type",
         .what = fmt::format("input '{}' takes {}: {}", input.label, name_of(input.dtype), error.parts().what)});
  }
}

Assembly assemble(const ModelData& model, std::span<const Shape> shapes, const FunctionOptions& options) {
  AssembleOptions how{
      .phase = options.call.phase, .random = options.call.seed.has_value(), .fed = options.fed, .known = options.known};
  if (options.assume.empty()) return assemble(model, shapes, how);
  const Assembly without = assemble(model, shapes, how);
  const std::vector<Selection> selections = select(without.sites, options.assume);
  for (const Selection& selection : selections)
    how.assumed.insert(without.sites[static_cast<std::size_t>(selection.site)].layer);
  Assembly assembly = assemble(model, shapes, how);
  std::set<const LayerData*> done;
  for (const auto& [value, address] : assembly.assumed) done.insert(assembly.call_of(Value{value})->layer);
  for (const Selection& selection : selections) {
    const Site& site = without.sites[static_cast<std::size_t>(selection.site)];
    if (!selection.by_name || done.count(site.layer)) continue;
    const auto& problem = without.results[static_cast<std::size_t>(selection.site)].problem;
    throw not_assumable(site, !problem || problem->parts().where != site.layer->place);
  }
  return assembly;
}

/// The taps do not matter to it.
std::shared_ptr<const Assembly> assembled(const ModelData& model, std::span<const Shape> shapes,
                                          const FunctionOptions& options, Shared* shared) {
  const auto make = [&] { return assemble(model, shapes, options); };
  if (!shared) return std::make_shared<const Assembly>(make());
  std::string key = fmt::format("{} {}", static_cast<int>(options.call.phase), options.call.seed.has_value());
  for (const Shape& shape : shapes) key += ' ' + shape.str();
  for (const Feed& feed : options.fed) key += fmt::format("\nfed {} {} {}", feed.address, feed.shape.str(), feed.axes);
  for (const std::string& assumed : options.assume) key += "\nassume " + assumed;
  return shared->assembly(key, make);
}

}  // namespace

CompiledFunction::CompiledFunction(const ModelData& model, std::span<const Shape> shapes,
                                   const FunctionOptions& options, std::shared_ptr<Shared> shared)
    : model_(model),
      shapes_(shapes.begin(), shapes.end()),
      options_(options),
      assembly_(assembled(model, shapes, options, shared.get())) {
  if (!assembly_->assumed.empty()) assumptions_ = assembly_->assumptions();
  times_.assembled = Plan::Clock::now();
  std::vector<Selection> selections;
  if (options.with_taps && options.taps.empty()) {
    for (int i = 0; i < static_cast<int>(assembly_->sites.size()); ++i)
      if (assembly_->sites[static_cast<std::size_t>(i)].inner.empty()) selections.push_back({.site = i});
  } else if (options.with_taps) {
    selections = select(assembly_->sites, options.taps);
  }
  for (const Selection& selection : selections) {
    const Site& site = assembly_->sites[static_cast<std::size_t>(selection.site)];
    const SiteResult& result = assembly_->results[static_cast<std::size_t>(selection.site)];
    if (result.problem) {
      // What lies behind a barrier can be had once that is computed.
      if (selection.by_name && result.problem->code() != "shape-by-numbers") fail(site, *result.problem);
      skipped_.push_back({.address = site.address,
                          .class_name = site.layer->class_name,
                          .is_model = bool(site.layer->network),
                          .problem = result.problem,
                          .before = wanted_.size()});
      continue;
    }
    const std::string address = site.address + unit_suffix(selection);
    const Shape& whole = assembly_->graph.shape(result.output->value);
    // What is not there is said before anything runs.
    const Shape shape = selection.channel ? block_of(whole, result.output->axes, selection, address).shape : whole;
    taps_.push_back(result.output->value);
    wanted_.push_back({.selection = selection, .shape = shape, .blank = blank(selection.site, address)});
  }
  if (options.with_outputs)
    for (int output : assembly_->outputs) {
      const SiteResult& result = assembly_->results[static_cast<std::size_t>(output)];
      if (result.problem) continue;
      taps_.push_back(result.output->value);
      outputs_.push_back(blank(output, assembly_->sites[static_cast<std::size_t>(output)].address));
    }
  std::set<int> kept;
  for (const Value tap : taps_)
    if (kept.insert(tap.id).second)
      bytes_ +=
          static_cast<std::size_t>(assembly_->graph.shape(tap).elements()) * element_bytes(assembly_->graph.dtype(tap));
  norms_ = first_norms(*assembly_, taps_, options.most_norm_fits);
  for (const NormInput& norm : norms_) taps_.insert(taps_.end(), {norm.use.mean, norm.use.variance, norm.use.x});
  passes_by_ = options.pass_by;
  plan_ = std::make_unique<Plan>(assembly_->graph, assembly_->inputs, taps_, options.call.exact, options.pass_by,
                                 options.keeps_kernels ? std::move(shared) : nullptr);
  times_.planned = Plan::Clock::now();
}

Activation CompiledFunction::blank(int at, const std::string& address) const {
  const Site& site = assembly_->sites[static_cast<std::size_t>(at)];
  const Output& output = *assembly_->results[static_cast<std::size_t>(at)].output;
  std::vector<std::string> assumes;
  if (!assumptions_.empty()) {
    const std::set<std::string>& own = assumptions_[static_cast<std::size_t>(output.value.id)];
    assumes.assign(own.begin(), own.end());
  }
  return {.address = address,
          .axes = output.axes,
          .class_name = site.layer->class_name,
          .is_model = bool(site.layer->network),
          .assumes = std::move(assumes),
          .tensor = {}};
}

void CompiledFunction::fail(const Site& site, const Error& problem) const {
  std::size_t computable = 0, all = 0;
  for (std::size_t i = 0; i < assembly_->sites.size(); ++i) {
    if (!assembly_->sites[i].inner.empty()) continue;
    ++all;
    computable += !assembly_->results[i].problem;
  }
  Error::Parts parts = problem.parts();
  const bool is_it = parts.where == site.layer->place;
  if (!parts.because.empty()) parts.because += "; ";
  if (!is_it) parts.because += fmt::format("'{}' needs it; ", site.address);
  parts.because += fmt::format("{} of {} layers can be seen", computable, all);
  if (parts.hint.empty()) parts.hint = "ask for a layer before it (`kerascope layers MODEL` marks them)";
  throw Error(std::move(parts));
}

std::vector<std::pair<std::string, ValueType>> CompiledFunction::addresses() const {
  std::vector<std::pair<std::string, ValueType>> all;
  for (std::size_t i = 0; i < wanted_.size(); ++i)
    all.emplace_back(wanted_[i].blank.address, ValueType{wanted_[i].shape, assembly_->graph.dtype(taps_[i])});
  return all;
}

std::vector<std::size_t> CompiledFunction::order_of_computation() const {
  std::vector<std::size_t> places(wanted_.size());
  std::iota(places.begin(), places.end(), 0);
  std::ranges::stable_sort(places, {}, [&](std::size_t place) {
    return assembly_->results[static_cast<std::size_t>(wanted_[place].selection.site)].order;
  });
  return places;
}

Activation CompiledFunction::activation(const Wanted& wanted, const Tensor& tensor) const {
  Activation ready = wanted.blank;
  ready.tensor = wanted.selection.channel
                     ? picked(tensor, block_of(tensor.shape(), ready.axes, wanted.selection, ready.address))
                     : tensor;
  return ready;
}

std::vector<Tensor> CompiledFunction::typed(std::span<const Tensor> inputs) const {
  std::vector<Tensor> typed;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    typed.push_back(of_type(inputs[i], assembly_->graph.node(assembly_->inputs[i])));
  return typed;
}

std::unique_ptr<CompiledFunction> CompiledFunction::for_inputs(std::span<const Tensor> inputs,
                                                               const CallOptions& call) const {
  std::unique_ptr<CompiledFunction> made;
  FunctionOptions options = options_;
  for (const CompiledFunction* now = this; !now->assembly_->barriers.empty(); now = made.get()) {
    std::vector<Value> needed;
    for (const ShapeBarrier& barrier : now->assembly_->barriers)
      needed.insert(needed.end(), barrier.inputs.begin(), barrier.inputs.end());
    Plan plan(now->assembly_->graph, now->assembly_->inputs, needed, options.call.exact);
    const std::vector<Tensor> computed = plan.run(now->typed(inputs), {.seed = call.seed, .stop = call.stop});
    auto next = computed.begin();
    for (const ShapeBarrier& barrier : now->assembly_->barriers) {
      const std::vector<Tensor> its(next, next + std::ssize(barrier.inputs));
      next += std::ssize(barrier.inputs);
      KERASCOPE_CHECK(options.known.emplace(barrier.address, barrier.compute(its)).second);
    }
    made = std::make_unique<CompiledFunction>(model_, shapes_, options);
  }
  return made;
}

CompiledFunction::Result CompiledFunction::run(std::span<const Tensor> inputs, const CallOptions& call,
                                               const Hooks& hooks) {
  if (const auto made = for_inputs(inputs, call)) return made->run(inputs, call, hooks);
  Result result;
  result.activations.resize(wanted_.size());
  result.outputs = outputs_;
  std::vector<Tensor> norm_tensors(3 * norms_.size());
  const auto kept = [&](const Tensor& tensor) {
    if (!passes_by_ || tensor.dtype() == DType::kString) return tensor;
    Tensor copy = tensor;
    copy.mutable_bytes();  // which makes it its own
    return copy;
  };
  auto on_tap = [&](std::size_t tap, const Tensor& tensor) {
    if (tap < wanted_.size()) {
      Activation& ready = result.activations[tap];
      ready = activation(wanted_[tap], tensor);
      if (hooks.on_ready) hooks.on_ready(ready);
      if (passes_by_) ready.tensor = Tensor();
    } else if (tap - wanted_.size() < outputs_.size()) {
      result.outputs[tap - wanted_.size()].tensor = kept(tensor);
    } else {
      norm_tensors[tap - wanted_.size() - outputs_.size()] = kept(tensor);
    }
  };
  plan_->run(typed(inputs), call, {.on_tap = on_tap, .on_step = hooks.on_step});
  for (std::size_t i = 0; i < norms_.size(); ++i)
    if (auto fit = norm_fit(norms_[i], norm_tensors[3 * i], norm_tensors[3 * i + 1], norm_tensors[3 * i + 2]))
      result.norm_fits.push_back(std::move(*fit));
  return result;
}

}  // namespace kerascope
