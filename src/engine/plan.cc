#include "engine/plan.h"

#include <algorithm>
#include <map>

#include "base/check.h"
#include "base/text.h"

namespace kerascope {
namespace {

constexpr std::size_t kAlignment = 64;

std::size_t padded_bytes(const Shape& shape) {
  const std::size_t bytes = static_cast<std::size_t>(shape.elements()) * sizeof(float);
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

/// Gives out pieces of one range, the lowest that is free and large enough.
class FirstFit {
 public:
  std::size_t take(std::size_t bytes) {
    for (auto gap = gaps_.begin(); gap != gaps_.end(); ++gap) {
      if (gap->second < bytes) continue;
      const auto [offset, size] = *gap;
      gaps_.erase(gap);
      if (size > bytes) gaps_[offset + bytes] = size - bytes;
      return offset;
    }
    // A gap at the end is extended rather than left behind.
    std::size_t offset = end_;
    if (!gaps_.empty() && std::prev(gaps_.end())->first + std::prev(gaps_.end())->second == end_) {
      offset = std::prev(gaps_.end())->first;
      gaps_.erase(std::prev(gaps_.end()));
    }
    end_ = offset + bytes;
    return offset;
  }

  void give_back(std::size_t offset, std::size_t bytes) {
    auto gap = gaps_.emplace(offset, bytes).first;
    if (auto next = std::next(gap); next != gaps_.end() && gap->first + gap->second == next->first) {
      gap->second += next->second;
      gaps_.erase(next);
    }
    if (gap == gaps_.begin()) return;
    if (auto before = std::prev(gap); before->first + before->second == gap->first) {
      before->second += gap->second;
      gaps_.erase(gap);
    }
  }

  std::size_t end() const { return end_; }

 private:
  std::map<std::size_t, std::size_t> gaps_;  ///< offset -> bytes
  std::size_t end_ = 0;
};

}  // namespace

Plan::Plan(const Graph& graph, std::vector<Value> inputs, std::vector<Value> taps)
    : graph_(graph), inputs_(std::move(inputs)), taps_(std::move(taps)) {
  find_steps();
  place_results();
}

void Plan::find_steps() {
  const auto count = static_cast<std::size_t>(graph_.size());
  needed_.assign(count, false);
  constant_.assign(count, false);
  constants_.resize(count);
  for (Value tap : taps_) needed_[static_cast<std::size_t>(tap.id)] = true;
  for (int id = graph_.size() - 1; id >= 0; --id)
    if (needed_[static_cast<std::size_t>(id)])
      for (Value input : graph_.node(Value{id}).inputs) needed_[static_cast<std::size_t>(input.id)] = true;
  for (int id = 0; id < graph_.size(); ++id) {
    const Graph::Node& node = graph_.node(Value{id});
    const bool foldable = node.kind == Graph::Kind::kOp && !node.inputs.empty();
    constant_[static_cast<std::size_t>(id)] =
        node.kind == Graph::Kind::kConstant || node.kind == Graph::Kind::kWeight ||
        (foldable && std::all_of(node.inputs.begin(), node.inputs.end(), [&](Value in) { return is_constant(in); }));
    if (needed_[static_cast<std::size_t>(id)] && node.kind == Graph::Kind::kOp && !is_constant(Value{id}))
      steps_.push_back({.value = Value{id}, .kernel = {}, .taps = {}});
  }
  for (std::size_t t = 0; t < taps_.size(); ++t) {
    const auto step = std::find_if(steps_.begin(), steps_.end(), [&](const Step& s) { return s.value == taps_[t]; });
    if (step == steps_.end())
      ready_at_once_.push_back(t);
    else
      step->taps.push_back(t);
  }
}

void Plan::place_results() {
  storages_.resize(static_cast<std::size_t>(graph_.size()));
  for (int id = 0; id < graph_.size(); ++id) {
    const Graph::Node& node = graph_.node(Value{id});
    Storage& own = storages_[static_cast<std::size_t>(id)];
    own.root = Value{id};
    if (is_constant(Value{id}))
      own.place = Place::kConstant;
    else if (node.kind == Graph::Kind::kOp && node.op->is_view())
      own.root = storage(node.inputs[0]).root;
  }
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    Storage& input = storages_[static_cast<std::size_t>(inputs_[i].id)];
    input.place = Place::kInput;
    input.input = i;
  }
  auto root_of = [&](Value value) -> Storage& { return storages_[static_cast<std::size_t>(storage(value).root.id)]; };

  for (Value tap : taps_) {
    Storage& root = root_of(tap);
    if (root.place != Place::kNone) continue;
    root.place = Place::kTapped;
    root.offset = tapped_bytes_;
    tapped_bytes_ += padded_bytes(graph_.shape(storage(tap).root));
  }
  // What nobody looks at lives until its last use, and then its place is free for another.
  std::map<int, std::size_t> last_use;  // by root id: the step
  for (std::size_t s = 0; s < steps_.size(); ++s)
    for (Value input : graph_.node(steps_[s].value).inputs) last_use[storage(input).root.id] = s;
  FirstFit scratch;
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    Storage& own = root_of(steps_[s].value);
    if (own.place == Place::kNone) {
      own.place = Place::kScratch;
      own.offset = scratch.take(padded_bytes(graph_.shape(storage(steps_[s].value).root)));
    }
    for (Value input : graph_.node(steps_[s].value).inputs) {
      const Value root = storage(input).root;
      const auto use = last_use.find(root.id);
      if (root_of(input).place != Place::kScratch || use == last_use.end() || use->second != s) continue;
      scratch.give_back(root_of(input).offset, padded_bytes(graph_.shape(root)));
      last_use.erase(use);
    }
  }
  scratch_bytes_ = scratch.end();
}

const Tensor& Plan::constant(Value value) {
  Tensor& known = constants_[static_cast<std::size_t>(value.id)];
  if (!known.empty()) return known;
  const Graph::Node& node = graph_.node(value);
  switch (node.kind) {
    case Graph::Kind::kConstant:
      return known = node.constant;
    case Graph::Kind::kWeight:
      KERASCOPE_CHECK(node.weight->read != nullptr);
      known = node.weight->read();
      KERASCOPE_CHECK(known.shape() == node.shape);
      return known;
    case Graph::Kind::kInput:
      KERASCOPE_CHECK(false);
    case Graph::Kind::kOp:
      break;
  }
  if (node.op->is_view()) return known = constant(node.inputs[0]).reshaped(node.shape);
  std::vector<Operand> operands;
  std::vector<const float*> pointers;
  for (Value input : node.inputs) {
    operands.push_back({.shape = graph_.shape(input), .constant = constant(input).data()});
    pointers.push_back(operands.back().constant);
  }
  Tensor result(node.shape);
  node.op->prepare(session_, operands, node.shape)({.in = pointers, .out = result.mutable_data()});
  return known = result;
}

const float* Plan::pointer(Value value, std::span<const Tensor> inputs) const {
  if (is_constant(value)) return constants_[static_cast<std::size_t>(value.id)].data();
  const Storage& root = storage(storage(value).root);
  switch (root.place) {
    case Place::kInput:
      return inputs[root.input].data();
    case Place::kConstant:
      return constants_[static_cast<std::size_t>(storage(value).root.id)].data();
    case Place::kTapped:
      return tapped_->at(root.offset);
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
  return Tensor(graph_.shape(value), tapped_, pointer(value, inputs));
}

void Plan::prepare(Step& step) {
  const Graph::Node& node = graph_.node(step.value);
  std::vector<Operand> operands;
  for (Value input : node.inputs)
    operands.push_back(
        {.shape = graph_.shape(input), .constant = is_constant(input) ? constant(input).data() : nullptr});
  step.kernel = node.op->prepare(session_, operands, node.shape);
}

std::vector<Tensor> Plan::run(std::span<const Tensor> inputs, const RunOptions& options) {
  KERASCOPE_CHECK(inputs.size() == inputs_.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) KERASCOPE_CHECK(inputs[i].shape() == graph_.shape(inputs_[i]));
  // Tensors of an earlier run that somebody still holds keep their memory; otherwise it is used again.
  if (!tapped_ || tapped_.use_count() > 1) tapped_ = std::make_shared<Arena>(tapped_bytes_);
  if (!scratch_) scratch_ = std::make_shared<Arena>(scratch_bytes_);

  std::vector<Tensor> results(taps_.size());
  auto deliver = [&](std::size_t tap) {
    if (is_constant(taps_[tap])) constant(taps_[tap]);
    results[tap] = tensor(taps_[tap], inputs);
    if (options.on_tap) options.on_tap(tap, results[tap]);
  };
  for (std::size_t tap : ready_at_once_) deliver(tap);
  std::vector<const float*> pointers;
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    Step& step = steps_[s];
    const Graph::Node& node = graph_.node(step.value);
    if (options.on_progress) options.on_progress(s, steps_.size());
    if (!node.op->is_view()) {
      const Clock::time_point begin = Clock::now();
      if (!step.kernel) prepare(step);
      pointers.clear();
      for (Value input : node.inputs) pointers.push_back(pointer(input, inputs));
      step.kernel({.in = pointers, .out = const_cast<float*>(pointer(step.value, inputs)), .seed = options.seed});
      if (options.on_step) options.on_step({.values = {&step.value, 1}, .begin = begin, .end = Clock::now()});
    }
    for (std::size_t tap : step.taps) deliver(tap);
  }
  return results;
}

std::string Plan::str() const {
  std::string text;
  for (const Step& step : steps_) {
    const Storage& root = storage(storage(step.value).root);
    const char* place = storage(step.value).root != step.value ? "view"
                        : root.place == Place::kTapped         ? "tapped"
                                                               : "scratch";
    text += fmt::format("%{:<4} {:<20} {:<8} {}\n", step.value.id, graph_.shape(step.value).str(), place,
                        graph_.node(step.value).op->describe());
  }
  return text + fmt::format("tapped {}, scratch {}\n", text::bytes(tapped_bytes_), text::bytes(scratch_bytes_));
}

}  // namespace kerascope
