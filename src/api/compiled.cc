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
  for (const std::string& assumed : options.assume) key += "\nassume " + assumed;
  for (const std::string& tap : options.taps) key += "\ntap " + tap;
  return key;
}

}  // namespace

std::shared_ptr<Compiled> CompiledCache::get(const std::shared_ptr<const ModelData>& data,
                                             const FunctionOptions& options, std::span<const Shape> shapes) {
  constexpr std::size_t kMost = 8;  // each holds packed weights and the memory of its results
  std::string key = key_of(options, shapes);
  const auto found = std::ranges::find(entries_, key, &Entry::key);
  if (found != entries_.end()) {
    entries_.splice(entries_.begin(), entries_, found);
    return entries_.front().compiled;
  }
  auto compiled = std::make_shared<Compiled>();
  compiled->data = data;
  compiled->options = options;
  compiled->shapes.assign(shapes.begin(), shapes.end());
  compiled->function = std::make_unique<CompiledFunction>(*data, shapes, options);
  entries_.push_front({std::move(key), compiled});
  if (entries_.size() > kMost) entries_.pop_back();
  return compiled;
}

FunctionOptions function_options(const CallOptions& options) {
  return {.phase = options.phase, .random = options.seed.has_value(), .exact = options.exact};
}

namespace {

/// How many nested runs this thread is in.
thread_local int depth = 0;

/// While it exists, no other call runs the function.
class Turn {
 public:
  Turn(Compiled& compiled, const std::stop_token& stop) : compiled_(compiled) {
    std::unique_lock lock(compiled.mutex);
    has_it_ = depth > 0 ? !compiled.is_running : compiled.freed.wait(lock, stop, [&] { return !compiled.is_running; });
    if (has_it_) compiled.is_running = true;
    ++depth;
  }
  ~Turn() {
    --depth;
    if (!has_it_) return;
    const std::lock_guard lock(compiled_.mutex);
    compiled_.is_running = false;
    compiled_.freed.notify_one();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  bool has_it() const { return has_it_; }

 private:
  Compiled& compiled_;
  bool has_it_;
};

}  // namespace

CompiledFunction::Result run(Compiled& compiled, std::span<const Tensor> inputs, const CallOptions& options,
                             const std::function<void(const Activation&)>& on_ready) {
  const auto on_progress = [&](std::size_t done, std::size_t all) {
    if (options.stop.stop_requested())
      throw Error({.code = "cancelled", .what = fmt::format("the run was stopped after {} of {} steps", done, all)});
    if (options.on_progress) options.on_progress(done, all);
  };
  const CompiledFunction::RunOptions run{
      .seed = options.seed.value_or(0), .on_ready = on_ready, .on_progress = on_progress};
  const Turn turn(compiled, options.stop);
  if (turn.has_it()) return compiled.function->run(inputs, run);
  if (options.stop.stop_requested()) throw Error({.code = "cancelled", .what = "the run was stopped before it began"});
  return CompiledFunction(*compiled.data, compiled.shapes, compiled.options).run(inputs, run);
}

}  // namespace kerascope::api
