// What each step of a run costs.
#include "kerascope/profile.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/state.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "engine/machine.h"
#include "engine/profile.h"

namespace kerascope {

using namespace api;

ModelProfile profile(const Model& model, std::span<const Tensor> inputs, const ProfileOptions& options) try {
  if (options.runs < 1)
    throw Error({.code = "argument-invalid", .what = fmt::format("{} runs are no measurement", options.runs)});
  const ThreadLimit limit(options.call.threads);
  const auto data = Access::state(model)->data();
  const Fed fed = fed_of(inputs, model_inputs(*data));
  std::vector<Shape> shapes;
  for (const Tensor& tensor : fed.tensors) shapes.push_back(tensor.shape());
  // Of its own: what the model keeps may be busy with another call.
  CompiledFunction function(*data, shapes, {.taps = options.taps, .call = options.call});
  const Machine machine = measure_machine();
  const Profile measured = profile(function, fed.tensors, options.runs, options.call);
  ModelProfile all{.steps = {},
                   .seconds = measured.run_s,
                   .outside_seconds = measured.outside_s,
                   .first_seconds = measured.first_s,
                   .least_seconds = seconds_at_best(machine, measured.work)};
  for (const ProfiledStep& step : measured.steps)
    all.steps.push_back({.addresses = step.addresses(),
                         .operation = step.operation(),
                         .shape = step.shape,
                         .seconds = step.seconds,
                         .flops = step.work.flops,
                         .bytes = step.work.bytes(),
                         .least_seconds = seconds_at_best(machine, step.work)});
  return all;
} catch (const std::bad_alloc&) {
  throw want_of_memory();
}

ModelProfile profile(const Model& model, const Tensor& input, const ProfileOptions& options) {
  return profile(model, std::span(&input, 1), options);
}

std::string ModelProfile::table() const {
  std::size_t width = 5;
  for (const StepProfile& step : steps) width = std::max(width, std::min<std::size_t>(step.addresses.size(), 48));
  const auto line = [&](const std::string& name, double time, double least, const std::string& operation) {
    const std::string text = fmt::format("{:<{}}  {:>9.3f} {:>6.1f}% {:>9.3f}  {}", name, width, 1e3 * time,
                                         seconds > 0 ? 100 * time / seconds : 0, 1e3 * least, operation);
    return text.substr(0, text.find_last_not_of(' ') + 1) + '\n';
  };
  std::string text = fmt::format("{:<{}}  {:>9} {:>7} {:>9}  operation\n", "step", width, "ms", "share", "at least");
  for (const StepProfile& step : steps) {
    const bool fits = step.addresses.size() <= width;
    text += line(fits ? step.addresses : step.addresses.substr(0, width - 2) + "..", step.seconds, step.least_seconds,
                 step.operation);
  }
  return text + line("all", seconds, least_seconds, "");
}

}  // namespace kerascope
