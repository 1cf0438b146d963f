#include "engine/profile.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "base/check.h"
#include "base/text.h"

namespace kerascope {
namespace {

double seconds(Plan::Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

/// The memory traffic between steps; views count as their roots.
class Traffic {
 public:
  Traffic(const CompiledFunction& function, const std::vector<TimedRun::Step>& steps)
      : graph_(function.assembly().graph) {
    for (Value tap : function.taps()) taps_.insert(root(tap).id);
    for (std::size_t s = 0; s < steps.size(); ++s)
      for (Value value : steps[s].values)
        for (Value input : graph_.node(value).inputs) users_[root(input).id].insert(value.id);
  }

  /// The least work of computing these values together: what they read of each other, or what nobody else reads, need
  /// not go through memory.
  Work work(const std::vector<Value>& values) const {
    std::set<int> together, known;
    for (Value value : values) known.insert(value.id), together.insert(value.id);
    Work work;
    for (Value value : values) {
      const Graph::Node& node = graph_.node(value);
      std::vector<Shape> shapes;
      double read_before = 0;
      for (Value input : node.inputs) {
        shapes.push_back(graph_.shape(input));
        if (!known.insert(root(input).id).second) read_before += bytes(graph_.shape(input));
      }
      const Cost cost = node.op->cost(shapes, node.shape);
      const double written = std::min(bytes(node.shape), cost.bytes);
      work += {.flops = cost.flops,
               .read_bytes = std::max(cost.bytes - written - read_before, 0.0),
               .written_bytes = is_wanted(value, together) ? written : 0};
    }
    return work;
  }

 private:
  static double bytes(const Shape& shape) { return static_cast<double>(shape.elements()) * sizeof(float); }

  Value root(Value value) const {
    while (graph_.node(value).op && graph_.node(value).op->is_view()) value = graph_.node(value).inputs[0];
    return value;
  }

  bool is_wanted(Value value, const std::set<int>& together) const {
    if (taps_.contains(value.id)) return true;
    const auto users = users_.find(value.id);
    return users != users_.end() && !std::ranges::includes(together, users->second);
  }

  const Graph& graph_;
  std::set<int> taps_;                  ///< roots
  std::map<int, std::set<int>> users_;  ///< by root
};

/// "conv" of "conv 3x3 same"
std::string first_word(const std::string& operation) { return operation.substr(0, operation.find(' ')); }

ProfiledStep describe(const Assembly& assembly, const std::vector<Value>& values) {
  ProfiledStep step;
  std::vector<std::string> kinds;
  for (Value value : values) {
    const BuiltCall* call = assembly.call_of(value);
    KERASCOPE_CHECK(call != nullptr);
    const std::string operation = assembly.graph.node(value).op->describe();
    const auto part = std::ranges::find(step.parts, call->address, &ProfiledStep::Part::address);
    if (part == step.parts.end())
      step.parts.push_back({.address = call->address, .operation = operation});
    else
      part->operation += " + " + operation;
    kinds.push_back(first_word(operation));
  }
  step.kind = text::join(kinds, " + ");
  step.shape = assembly.graph.shape(values.back());
  return step;
}

/// Runs the function again and again and reports progress over all runs.
class Runner {
 public:
  Runner(CompiledFunction& function, std::span<const Tensor> inputs, int runs, const CallOptions& call)
      : function_(function), inputs_(inputs), call_(call), runs_(static_cast<std::size_t>(runs) + 2) {}

  TimedRun run() {
    TimedRun timed{.begin = Plan::Clock::now(), .end = {}, .steps = {}};
    CallOptions call = call_;
    call.on_progress = [&](std::size_t done, std::size_t all) {
      if (call_.on_progress) call_.on_progress(done_ * all + done, runs_ * all);
    };
    const auto on_step = [&](const Plan::StepTime& step) {
      timed.steps.push_back({.values = {step.values.begin(), step.values.end()}, .begin = step.begin, .end = step.end});
    };
    function_.run(inputs_, call, {.on_step = on_step});
    timed.end = Plan::Clock::now();
    ++done_;
    return timed;
  }

 private:
  CompiledFunction& function_;
  std::span<const Tensor> inputs_;
  const CallOptions& call_;
  std::size_t runs_, done_ = 0;
};

}  // namespace

std::string ProfiledStep::addresses() const {
  std::vector<std::string> all;
  for (const Part& part : parts) all.push_back(part.address);
  return text::join(all, " + ");
}

std::string ProfiledStep::operation() const {
  std::vector<std::string> all;
  for (const Part& part : parts) all.push_back(part.operation);
  return text::join(all, " + ");
}

Profile profile(CompiledFunction& function, std::span<const Tensor> inputs, int runs, const CallOptions& call) {
  KERASCOPE_CHECK(runs > 0);
  Runner runner(function, inputs, runs, call);
  Profile profile;
  profile.first = runner.run();
  profile.first_s = seconds(profile.first.end - profile.first.begin);
  runner.run();
  for (int i = 0; i < runs; ++i) profile.runs.push_back(runner.run());

  std::vector<const TimedRun*> middle;
  for (const TimedRun& run : profile.runs) middle.push_back(&run);
  std::ranges::stable_sort(middle, {}, [](const TimedRun* run) { return run->end - run->begin; });
  const auto aside = static_cast<std::ptrdiff_t>(middle.size() / 4);
  middle = {middle.begin() + aside, middle.end() - aside};
  profile.runs_used = middle.size();

  const std::vector<TimedRun::Step>& steps = profile.runs[0].steps;
  const Traffic traffic(function, steps);
  std::vector<Value> all;
  for (std::size_t s = 0; s < steps.size(); ++s) {
    ProfiledStep step = describe(function.assembly(), steps[s].values);
    step.work = traffic.work(steps[s].values);
    for (const TimedRun* run : middle) {
      KERASCOPE_CHECK(run->steps.size() == steps.size() && run->steps[s].values == steps[s].values);
      step.seconds += seconds(run->steps[s].end - run->steps[s].begin) / static_cast<double>(middle.size());
    }
    all.insert(all.end(), steps[s].values.begin(), steps[s].values.end());
    profile.steps.push_back(std::move(step));
  }
  profile.work = traffic.work(all);
  for (const TimedRun* run : middle)
    profile.run_s += seconds(run->end - run->begin) / static_cast<double>(middle.size());
  profile.outside_s = profile.run_s;
  for (const ProfiledStep& step : profile.steps) profile.outside_s -= step.seconds;
  return profile;
}

}  // namespace kerascope
