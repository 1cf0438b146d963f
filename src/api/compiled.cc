#include "api/compiled.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/parallel.h"

namespace kerascope::api {
namespace {

std::string key_of(const FunctionOptions& options, std::span<const Shape> shapes) {
  std::string key = fmt::format("{} {} {} {} {} {} {}", static_cast<int>(options.phase), options.random, options.exact,
                                options.with_taps, options.with_outputs, options.pass_by, thread_count());
  for (const Shape& shape : shapes) key += ' ' + shape.str();
  for (const Feed& feed : options.fed) key += "\nfed " + feed.address + ' ' + feed.shape.str();
  for (const std::string& tap : options.taps) key += "\ntap " + tap;
  return key;
}

}  // namespace

std::shared_ptr<Compiled> CompiledCache::get(const std::shared_ptr<const ModelData>& data,
                                             const FunctionOptions& options, std::span<const Shape> shapes) {
  constexpr std::size_t kMost = 8;  // each holds weights in the kernels' order, and the memory of its results
  std::string key = key_of(options, shapes);
  const auto found = std::ranges::find(entries_, key, &Entry::key);
  if (found != entries_.end()) {
    entries_.splice(entries_.begin(), entries_, found);
    return entries_.front().compiled;
  }
  auto compiled = std::make_shared<Compiled>();
  compiled->data = data;
  compiled->function = std::make_unique<CompiledFunction>(*data, shapes, options);
  entries_.push_front({std::move(key), compiled});
  if (entries_.size() > kMost) entries_.pop_back();
  return compiled;
}

FunctionOptions function_options(const CallOptions& options) {
  return {.phase = options.phase, .random = options.seed.has_value(), .exact = options.exact};
}

CompiledFunction::Result run(Compiled& compiled, std::span<const Tensor> inputs, const CallOptions& options,
                             const std::function<void(const Activation&)>& on_ready) {
  const auto on_progress = [&](std::size_t done, std::size_t all) {
    if (options.stop.stop_requested())
      throw Error({.code = "cancelled", .what = fmt::format("the run was stopped after {} of {} steps", done, all)});
    if (options.on_progress) options.on_progress(done, all);
  };
  const std::lock_guard lock(compiled.mutex);
  return compiled.function->run(inputs,
                                {.seed = options.seed.value_or(0), .on_ready = on_ready, .on_progress = on_progress});
}

}  // namespace kerascope::api
