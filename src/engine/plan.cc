#include "engine/plan.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "base/check.h"
#include "base/parallel.h"
#include "base/text.h"
#include "engine/first_fit.h"
#include "engine/strips.h"
#include "ops/pad.h"

namespace kerascope {
namespace {

constexpr std::size_t kAlignment = 64;
/// Most ops of a step.
constexpr std::size_t kMostTogether = 12;
/// From this size in bytes on, a value that no later step reads is written with non-temporal stores.
constexpr std::size_t kStreamed = 64 << 10;
/// From this many FLOPs per output element on, a tap that a later step reads, too, is written twice (Store::kBoth): the
/// arithmetic hides the second store. Measured: ResNet50 gains 4 %, MobileNetV2's and EfficientNetB0's first layers
/// would lose.
constexpr double kHidingStores = 128;
/// The largest share of an op's output that may be computed twice (the halos), so that the next op can follow it.
constexpr double kMostTwice = 1.0 / 16;

std::size_t padded_bytes(const Graph::Node& node) {
  const std::size_t bytes = static_cast<std::size_t>(node.shape.elements()) * element_bytes(node.dtype);
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

/// The plan of a body: of a graph that an op runs.
class PlanOfBody final : public PreparedGraph {
 public:
  PlanOfBody(const Graph& graph, std::vector<Value> inputs, std::vector<Value> results, bool exact,
             std::shared_ptr<Shared> shared)
      : plan_(graph, std::move(inputs), std::move(results), exact, false, std::move(shared)) {}

  void run(std::span<const Tensor> inputs, std::span<void* const> results, std::uint64_t seed) override {
    const std::vector<Tensor> computed = plan_.run(inputs, {.seed = seed});
    for (std::size_t i = 0; i < computed.size(); ++i)
      if (results[i]) std::memcpy(results[i], computed[i].bytes(), computed[i].byte_size());
  }
  OpMemory memory() const override {
    return {.kept = plan_.kernel_bytes(), .passing = plan_.kept_bytes() + plan_.scratch_bytes()};
  }

 private:
  Plan plan_;
};

class PlanSession final : public Session {
 public:
  PlanSession(bool exact, std::shared_ptr<Shared> shared)
      : Session(exact, shared ? &shared->weights : nullptr), shared_(std::move(shared)) {}

  std::unique_ptr<PreparedGraph> prepare(const Graph& graph, std::vector<Value> inputs,
                                         std::vector<Value> results) const override {
    if (auto planned = planned_.extract(&graph)) return std::move(planned.mapped());
    return std::make_unique<PlanOfBody>(graph, std::move(inputs), std::move(results), exact(), shared_);
  }

  /// Keeps the plan for the next `prepare`.
  OpMemory memory(const Graph& graph, std::vector<Value> inputs, std::vector<Value> results) const override {
    std::unique_ptr<PreparedGraph>& planned = planned_[&graph];
    if (!planned)
      planned = std::make_unique<PlanOfBody>(graph, std::move(inputs), std::move(results), exact(), shared_);
    return planned->memory();
  }

 private:
  mutable std::map<const Graph*, std::unique_ptr<PreparedGraph>> planned_;
  std::shared_ptr<Shared> shared_;
};

/// A weight in float32.
struct ReadWeight {
  Tensor numbers;
  std::size_t bytes() const { return numbers.byte_size(); }
};

/// The texts of a tensor are views of memory that the op or the input owns; a result needs its own copies.
Tensor with_own_texts(const Tensor& tensor) {
  const auto views = tensor.elements<std::string_view>();
  return Tensor::of(tensor.shape(), std::vector<std::string>(views.begin(), views.end()));
}

}  // namespace

Plan::Plan(const Graph& graph, std::vector<Value> inputs, std::vector<Value> taps, bool exact, bool pass_by,
           std::shared_ptr<Shared> shared)
    : graph_(graph),
      inputs_(std::move(inputs)),
      taps_(std::move(taps)),
      shared_(std::move(shared)),
      session_(std::make_unique<PlanSession>(exact, shared_)),
      pass_by_(pass_by) {
  fold_padding();
  find_constants();
  find_steps();
  choose_stores();
  place_results();
}

/// If an op can add the zeros around its input itself, it reads the input of the padding. The padding is then computed
/// only if another op or a tap needs it.
void Plan::fold_padding() {
  for (int id = 0; id < graph_.size(); ++id) {
    const Graph::Node& whole = graph_.node(Value{id});
    if (whole.kind != Graph::Kind::kOp || whole.inputs.empty()) continue;
    const Graph::Node& before = graph_.node(whole.inputs[0]);
    const ops::PadOptions* padding = before.kind == Graph::Kind::kOp ? before.op->padding() : nullptr;
    std::shared_ptr<const Op> op = padding ? whole.op->over_unpadded(*padding) : nullptr;
    if (!op) continue;
    Graph::Node& folded = folded_[id] = whole;
    folded.op = std::move(op);
    folded.inputs[0] = before.inputs[0];
  }
}

/// Marks the values that the taps need and those that are constant, and finds the root of each view.
void Plan::find_constants() {
  const auto count = static_cast<std::size_t>(graph_.size());
  needed_.assign(count, false);
  constant_.assign(count, false);
  constants_.resize(count);
  storages_.resize(count);
  for (Value tap : taps_) needed_[static_cast<std::size_t>(tap.id)] = true;
  for (int id = graph_.size() - 1; id >= 0; --id)
    if (needed_[static_cast<std::size_t>(id)]) {
      needed_[static_cast<std::size_t>(graph_.first_output(Value{id}).id)] = true;  // stands for its op
      for (Value input : planned(Value{id}).inputs) needed_[static_cast<std::size_t>(input.id)] = true;
    }
  for (int id = 0; id < graph_.size(); ++id) {
    const Graph::Node& node = planned(Value{id});
    const bool is_op = node.kind == Graph::Kind::kOp;
    const bool foldable = is_op && !node.inputs.empty();
    constant_[static_cast<std::size_t>(id)] =
        node.kind == Graph::Kind::kConstant || node.kind == Graph::Kind::kWeight ||
        (foldable && std::all_of(node.inputs.begin(), node.inputs.end(), [&](Value in) { return is_constant(in); }));
    Storage& own = storages_[static_cast<std::size_t>(id)];
    own.root = is_op && node.op->is_view() && !is_constant(Value{id}) ? storage(node.inputs[0]).root : Value{id};
    if (is_constant(Value{id})) own.place = Place::kConstant;
  }
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    Storage& input = storages_[static_cast<std::size_t>(inputs_[i].id)];
    input.place = Place::kInput;
    input.input = i;
  }
}

void Plan::find_steps() {
  std::vector<Value> computed;
  readers_.assign(storages_.size(), 0);
  for (int id = 0; id < graph_.size(); ++id) {
    const Value value{id};
    if (!needed_[static_cast<std::size_t>(id)] || planned(value).kind != Graph::Kind::kOp || is_constant(value) ||
        storage(value).root != value || planned(value).output > 0)
      continue;
    computed.push_back(value);
    for (Value input : planned(value).inputs) ++readers_[static_cast<std::size_t>(storage(input).root.id)];
  }
  for (Value value : computed) {
    std::optional<std::size_t> step = step_to_join(value);
    if (!step && (step = step_to_follow(value))) steps_[*step].follower = steps_[*step].values.size();
    if (!step) steps_.emplace_back();
    const std::size_t s = step.value_or(steps_.size() - 1);
    steps_[s].values.push_back(value);
    for (const Value output : graph_.outputs_of(value)) root_of(output).step = static_cast<int>(s);
  }
  for (std::size_t t = 0; t < taps_.size(); ++t) {
    const int step = root_of(taps_[t]).step;
    (step < 0 ? ready_at_once_ : steps_[static_cast<std::size_t>(step)].taps).push_back(t);
  }
}

std::vector<Shape> Plan::input_shapes(const Graph::Node& node) const {
  std::vector<Shape> shapes;
  for (Value input : node.inputs) shapes.push_back(graph_.shape(input));
  return shapes;
}

/// A row-wise op joins the step that computes the last of its inputs, if it needs only rows of that step's values from
/// its last follower on.
std::optional<std::size_t> Plan::step_to_join(Value value) const {
  const Graph::Node& node = planned(value);
  if (!node.op->is_rowwise(input_shapes(node), node.shape)) return {};
  int last = -1;
  for (Value input : node.inputs) last = std::max(last, root_of(input).step);
  if (last < 0) return {};
  const Step& step = steps_[static_cast<std::size_t>(last)];
  if (step.values.size() >= kMostTogether) return {};
  const std::span<const Value> near = std::span(step.values).subspan(step.follower);
  for (Value input : node.inputs)
    if (root_of(input).step == last && (graph_.shape(input) != node.shape || graph_.dtype(input) != DType::kFloat32 ||
                                        std::find(near.begin(), near.end(), storage(input).root) == near.end()))
      return {};
  return static_cast<std::size_t>(last);
}

/// An op that reads a few rows at a time (a convolution) joins the step whose last value it reads, if its output is not
/// larger: so steps end where the tensors between steps are small.
std::optional<std::size_t> Plan::step_to_follow(Value value) const {
  const Graph::Node& node = planned(value);
  const std::optional<double> overlap = node.op->overlap(input_shapes(node), node.shape);
  if (!overlap) return {};
  const Value input = node.inputs[0], root = storage(input).root;
  if (root_of(input).step < 0 || node.shape.elements() > graph_.shape(input).elements()) return {};
  if (!std::all_of(node.inputs.begin() + 1, node.inputs.end(), [&](Value other) { return is_constant(other); }))
    return {};
  const auto step = static_cast<std::size_t>(root_of(input).step);
  const std::vector<Value>& before = steps_[step].values;
  if (before.back() != root || before.size() >= kMostTogether) return {};
  const Graph::Node& first = planned(before[0]);
  const std::vector<Shape> shapes = input_shapes(first);
  if (!first.op->is_rowwise(shapes, first.shape) && !first.op->overlap(shapes, first.shape)) return {};
  // With a halo, rows lie in each thread's line buffer, where no other op can read them.
  const bool is_alone = steps_[step].follower == 0 && readers_[static_cast<std::size_t>(root.id)] == 1;
  if (*overlap > 0 && (!is_alone || *overlap * (thread_count() - 1) > kMostTwice)) return {};
  return step;
}

/// Large taps are written with non-temporal stores. What later steps read is written with ordinary stores, to scratch
/// memory that is reused and therefore stays in the caches.
void Plan::choose_stores() {
  for (Value tap : taps_) {
    Storage& root = root_of(tap);
    if (root.place != Place::kNone) continue;
    root.passes = pass_by_;
    if (pass_by_) continue;
    root.place = Place::kTapped;
    root.offset = tapped_bytes_;
    tapped_bytes_ += padded_bytes(graph_.node(storage(tap).root));
  }
  std::vector<bool> read_later(storages_.size());
  for (const Step& step : steps_)
    for (Value value : step.values)
      for (Value input : planned(value).inputs)
        if (&steps_[static_cast<std::size_t>(std::max(root_of(input).step, 0))] != &step)
          read_later[static_cast<std::size_t>(storage(input).root.id)] = true;
  for (const Step& step : steps_) {
    const bool hides_stores = arithmetic(step) >= kHidingStores;
    for (Value value : step.values) {
      Storage& own = root_of(value);
      const bool is_read = read_later[static_cast<std::size_t>(value.id)], seen = is_seen(own);
      if (is_plain(value)) continue;
      if (seen && padded_bytes(graph_.node(value)) >= kStreamed && (!is_read || (hides_stores && !own.passes)))
        own.store = is_read ? Store::kBoth : Store::kStream;
      else
        own.store = seen || is_read ? Store::kPlace : Store::kNone;
    }
  }
}

/// FLOPs of the step's first op per element of its output.
double Plan::arithmetic(const Step& step) const {
  const Graph::Node& node = planned(step.values[0]);
  return node.op->cost(input_shapes(node), node.shape).flops /
         std::max(static_cast<double>(node.shape.elements()), 1.0);
}

void Plan::place_results() {
  // A value that is not kept lives until its last use.
  std::map<int, std::size_t> last_use;  // by root id: the step
  for (std::size_t s = 0; s < steps_.size(); ++s)
    for (Value value : steps_[s].values) {
      for (const Value output : graph_.outputs_of(value)) last_use.try_emplace(output.id, s);
      for (Value input : planned(value).inputs) last_use[storage(input).root.id] = s;
    }
  std::map<std::size_t, std::vector<Value>> freed;  // by step
  for (const auto& [id, step] : last_use) freed[step].push_back(Value{id});
  FirstFit scratch;
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    for (const Value first : steps_[s].values)
      for (const Value value : graph_.outputs_of(first)) {
        Storage& own = root_of(value);
        const std::size_t bytes = padded_bytes(graph_.node(value));
        if (own.store == Store::kBoth) own.copy = scratch.take(bytes);
        if (own.place != Place::kNone || !needed_[static_cast<std::size_t>(value.id)]) continue;
        own.place = Place::kScratch;
        own.offset = scratch.take(bytes);
      }
    for (Value root : freed[s]) {
      const Storage& own = root_of(root);
      const std::size_t bytes = padded_bytes(graph_.node(root));
      if (own.place == Place::kScratch) scratch.give_back(own.offset, bytes);
      if (own.store == Store::kBoth) scratch.give_back(own.copy, bytes);
    }
  }
  scratch_bytes_ = scratch.end();
}

std::size_t Plan::kernel_bytes() const {
  std::size_t kept = 0, most = 0;
  for (const Step& step : steps_) {
    if (!keeps_kernels()) kept = 0;
    for (const Value value : step.values) {
      const Graph::Node& node = planned(value);
      const bool has_kernel = node.inputs.size() > 1 && is_constant(node.inputs[1]);
      if (!has_kernel && !node.op->body()) continue;
      const OpMemory memory = node.op->memory(*session_, input_shapes(node), node.shape);
      most = std::max(most, (kept += memory.kept) + memory.passing);
    }
  }
  return most;
}

/// Only weights and views of weights have a key; each plan computes other constants itself.
std::string Plan::key_of(Value value) const {
  const Graph::Node& node = planned(value);
  if (node.kind == Graph::Kind::kWeight)
    return fmt::format("{} {} {}", node.owner, node.weight->name, node.shape.str());
  if (!is_constant(value) || node.kind != Graph::Kind::kOp || !node.op->is_view()) return {};
  const std::string key = key_of(node.inputs[0]);
  return key.empty() ? key : fmt::format("{} as {}", key, node.shape.str());
}

const Tensor& Plan::constant(Value value) {
  Tensor& known = constants_[static_cast<std::size_t>(value.id)];
  if (!known.empty()) return known;
  const Graph::Node& node = planned(value);
  switch (node.kind) {
    case Graph::Kind::kConstant:
      return known = node.constant;
    case Graph::Kind::kWeight:
      KERASCOPE_CHECK(node.weight->read != nullptr);
      // The file's numbers may have to be converted.
      known = session_
                  ->cached<ReadWeight>("read " + key_of(value),
                                       [&] { return ReadWeight{node.weight->read().astype(DType::kFloat32)}; })
                  ->numbers;
      KERASCOPE_CHECK(known.shape() == node.shape);
      return known;
    case Graph::Kind::kInput:
      KERASCOPE_CHECK(false);
    case Graph::Kind::kOp:
      break;
  }
  if (node.op->is_view()) return known = constant(node.inputs[0]).reshaped(node.shape);
  compute_constants(graph_.first_output(value));
  return known;
}

/// Computes all outputs of an op whose inputs are constants.
void Plan::compute_constants(Value first) {
  const Graph::Node& node = planned(first);
  std::vector<Operand> operands;
  std::vector<const float*> pointers;
  for (Value input : node.inputs) {
    operands.push_back({.shape = graph_.shape(input),
                        .constant = static_cast<const float*>(constant(input).bytes()),
                        .dtype = graph_.dtype(input)});
    pointers.push_back(operands.back().constant);
  }
  std::vector<Tensor> results;
  std::vector<void*> outputs;
  for (const Value output : graph_.outputs_of(first)) {
    results.emplace_back(graph_.shape(output), graph_.dtype(output));
    outputs.push_back(const_cast<void*>(results.back().bytes()));
  }
  OpArguments arguments = {.in = pointers, .out = static_cast<float*>(outputs[0])};
  if (outputs.size() > 1) arguments.outputs = outputs;
  compute_all(node.op->kernel(*session_, operands, output_types(first)), arguments, results[0].size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    const bool is_text = results[i].dtype() == DType::kString;
    constants_[static_cast<std::size_t>(first.id) + i] = is_text ? with_own_texts(results[i]) : results[i];
  }
}

std::vector<ValueType> Plan::output_types(Value first) const {
  std::vector<ValueType> types;
  for (const Value output : graph_.outputs_of(first)) types.push_back(graph_.node(output).type());
  return types;
}

bool Plan::is_plain(Value first) const {
  return graph_.dtype(first) != DType::kFloat32 || graph_.outputs_of(first).size() > 1;
}

const float* Plan::pointer(Value value, std::span<const Tensor> inputs) const {
  if (is_constant(value)) return static_cast<const float*>(constants_[static_cast<std::size_t>(value.id)].bytes());
  const Storage& root = storage(storage(value).root);
  switch (root.place) {
    case Place::kInput:
      return static_cast<const float*>(inputs[root.input].bytes());
    case Place::kConstant:
      return static_cast<const float*>(constants_[static_cast<std::size_t>(storage(value).root.id)].bytes());
    case Place::kTapped:
      return root.store == Store::kBoth ? scratch_->at(root.copy) : tapped_->at(root.offset);
    case Place::kScratch:
      return scratch_->at(root.offset);
    case Place::kNone:
      break;
  }
  KERASCOPE_CHECK(false);
}

Tensor Plan::tensor(Value value, std::span<const Tensor> inputs) const {
  if (is_constant(value)) return constants_[static_cast<std::size_t>(value.id)];
  const Storage& root = storage(storage(value).root);
  if (root.place == Place::kInput) return inputs[root.input].reshaped(graph_.shape(value));
  const std::shared_ptr<Arena>& arena = root.place == Place::kTapped ? tapped_ : scratch_;
  const Tensor seen(graph_.shape(value), graph_.dtype(value), arena, arena->at(root.offset));
  return seen.dtype() == DType::kString ? with_own_texts(seen) : seen;
}

void Plan::prepare(Step& step) {
  for (Value value : step.values) {
    const Graph::Node& node = planned(value);
    std::vector<Operand> operands;
    const Storage& result = root_of(value);
    Stage stage = {.elements = node.shape.elements(), .store = result.store, .is_seen = is_seen(result)};
    for (Value input : node.inputs) {
      operands.push_back({.shape = graph_.shape(input),
                          .constant = is_constant(input) ? static_cast<const float*>(constant(input).bytes()) : nullptr,
                          .dtype = graph_.dtype(input),
                          .key = key_of(input)});
      const auto made_by = std::find(step.values.begin(), step.values.end(), storage(input).root);
      stage.made_by.push_back(made_by == step.values.end() ? -1 : static_cast<int>(made_by - step.values.begin()));
    }
    stage.kernel = node.op->kernel(*session_, operands, output_types(value));
    if (stage.kernel.reads) {
      stage.channels_read = graph_.shape(node.inputs[0]).back();
      stage.has_halo = *node.op->overlap(input_shapes(node), node.shape) > 0;
    }
    step.stages.push_back(std::move(stage));
  }
  step.groups = find_groups(step.stages);
  const std::vector<Store> stores = stores_of(step.stages, step.groups);
  for (std::size_t i = 0; i < stores.size(); ++i) root_of(step.values[i]).store = step.stages[i].store = stores[i];
}

/// Drops the step's kernels and constants; the next run prepares them again.
void Plan::forget(Step& step) {
  for (const Value value : step.values)
    for (const Value input : planned(value).inputs)
      if (is_constant(input)) constants_[static_cast<std::size_t>(input.id)] = Tensor();
  step.stages.clear();
  step.groups.clear();
}

void Plan::run(const Step& step, std::span<const Tensor> inputs, std::uint64_t seed) const {
  std::vector<StagePointers> pointers;
  for (Value value : step.values) {
    StagePointers& own = pointers.emplace_back();
    for (Value input : planned(value).inputs) own.in.push_back(pointer(input, inputs));
    const Storage& result = root_of(value);
    if (const std::vector<Value> outputs = graph_.outputs_of(value); outputs.size() > 1)
      for (const Value output : outputs)
        own.outputs.push_back(root_of(output).place == Place::kNone ? nullptr
                                                                    : const_cast<float*>(pointer(output, inputs)));
    own.out = const_cast<float*>(pointer(value, inputs));
    if (result.place == Place::kTapped) own.streamed = tapped_->at(result.offset);
    if (result.passes && result.place == Place::kScratch) own.streamed = scratch_->at(result.offset);
  }
  run_groups(step.stages, pointers, step.groups, seed);
}

std::vector<Tensor> Plan::run(std::span<const Tensor> inputs, const CallOptions& call, const Hooks& hooks) {
  KERASCOPE_CHECK(inputs.size() == inputs_.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    KERASCOPE_CHECK(inputs[i].shape() == graph_.shape(inputs_[i]));
    KERASCOPE_CHECK(inputs[i].dtype() == graph_.dtype(inputs_[i]));
  }
  std::size_t done = 0;
  const auto stop = parallel::stopping(
      call.stop, [&] { return fmt::format("the run was stopped after {} of {} steps", done, steps_.size()); });
  const parallel::Computation computation(stop);
  // An arena is reused once nobody holds a tensor of the run that had it.
  ArenaPool& arenas = shared_ ? shared_->arenas : own_arenas_;
  tapped_ = arenas.lend(tapped_bytes_);
  scratch_ = arenas.lend(scratch_bytes_);
  struct GiveBack {
    Plan& plan;
    ~GiveBack() { plan.tapped_ = plan.scratch_ = nullptr; }
  } const give_back{*this};

  std::vector<Tensor> results(taps_.size());
  auto deliver = [&](std::size_t tap) {
    if (is_constant(taps_[tap])) constant(taps_[tap]);
    Tensor ready = tensor(taps_[tap], inputs);
    if (hooks.on_tap) hooks.on_tap(tap, ready);
    if (!pass_by_) results[tap] = std::move(ready);
  };
  for (std::size_t tap : ready_at_once_) deliver(tap);
  for (; done < steps_.size(); ++done) {
    Step& step = steps_[done];
    if (call.on_progress) call.on_progress(done, steps_.size());
    const Clock::time_point begin = Clock::now();
    try {
      parallel::poll();
      if (step.stages.empty()) prepare(step);
    } catch (...) {  // half-prepared, it would seem ready to the next run
      forget(step);
      throw;
    }
    run(step, inputs, call.seed.value_or(0));
    if (hooks.on_step) hooks.on_step({.values = step.values, .begin = begin, .end = Clock::now()});
    for (std::size_t tap : step.taps) deliver(tap);
    if (!keeps_kernels()) forget(step);
  }
  return results;
}

std::string Plan::str() const {
  static constexpr const char* kStores[] = {"-", "", "stream", "both"};
  std::string text;
  for (const Step& step : steps_)
    for (Value value : step.values) {
      const Storage& own = root_of(value);
      text += fmt::format("{}%{:<4} {:<20} {:<8} {:<7} {}\n", value == step.values[0] ? ' ' : '+', value.id,
                          graph_.shape(value).str(), own.place == Place::kTapped ? "tapped" : "scratch",
                          kStores[static_cast<int>(own.store)], planned(value).op->describe());
    }
  return text + fmt::format("tapped {}, scratch {}\n", text::bytes(tapped_bytes_), text::bytes(scratch_bytes_));
}

}  // namespace kerascope
