#include "api/compiled.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/parallel.h"
#include "engine/samples.h"

namespace kerascope::api {
namespace {

std::string key_of(const FunctionOptions& options, std::span<const Shape> shapes) {
  std::string key =
      fmt::format("{} {} {} {} {} {} {} {} {}", static_cast<int>(options.call.phase), options.call.seed.has_value(),
                  options.call.exact, options.with_taps, options.with_outputs, options.pass_by, options.keeps_kernels,
                  options.most_norm_fits, thread_count());
  for (const Shape& shape : shapes) key += ' ' + shape.str();
  for (const Feed& feed : options.fed) key += "\nfed " + feed.address + ' ' + feed.shape.str();
  for (const std::string& assumed : options.assume) key += "\nassume " + assumed;
  for (const std::string& tap : options.taps) key += "\ntap " + tap;
  return key;
}

}  // namespace

void CompiledCache::begin_anew(const std::shared_ptr<const ModelData>& data) {
  if (data == data_) return;
  entries_.clear();
  apart_.clear();
  shared_ = std::make_shared<Shared>();
  data_ = data;
}

bool CompiledCache::keeps_samples_apart(const std::shared_ptr<const ModelData>& data, std::span<const Shape> shapes,
                                        std::span<const Feed> fed) {
  begin_anew(data);
  std::string key;
  for (const Shape& shape : shapes) key += shape.slice(1, shape.rank()).str();
  for (const Feed& feed : fed) key += feed.address + feed.shape.slice(1, feed.shape.rank()).str() + '\n';
  const auto found = apart_.find(key);
  return found != apart_.end() ? found->second
                               : apart_.emplace(key, kerascope::keeps_samples_apart(*data, shapes, fed)).first->second;
}

std::shared_ptr<Compiled> CompiledCache::get(const std::shared_ptr<const ModelData>& data,
                                             const FunctionOptions& options, std::span<const Shape> shapes) {
  constexpr std::size_t kMost = 8;  // each holds packed weights and the memory of its results
  begin_anew(data);
  std::string key = key_of(options, shapes);
  const auto found = std::ranges::find(entries_, key, &Entry::key);
  if (found != entries_.end()) {
    entries_.splice(entries_.begin(), entries_, found);
    return entries_.front().compiled;
  }
  auto compiled = std::make_shared<Compiled>();
  compiled->data = data;
  compiled->shared = shared_;
  compiled->options = options;
  compiled->shapes.assign(shapes.begin(), shapes.end());
  compiled->function = std::make_shared<CompiledFunction>(*data, shapes, options, shared_);
  compiled->idle = {compiled->function};
  entries_.push_front({std::move(key), compiled});
  if (entries_.size() > kMost) entries_.pop_back();
  return compiled;
}

namespace {

/// How many nested runs this thread is in.
thread_local int depth = 0;

/// While it exists, a call has a function of its own.
class Turn {
 public:
  /// @throws Error{cancelled} if the stop is requested while it waits
  Turn(Compiled& compiled, const std::stop_token& stop) : compiled_(compiled) {
    std::unique_lock lock(compiled.mutex);
    const auto has_room = [&] { return compiled.running < thread_count(); };
    if (depth == 0 && !compiled.freed.wait(lock, stop, has_room))
      throw Error({.code = "cancelled", .what = "the run was stopped before it began"});
    compiled.idle.reserve(static_cast<std::size_t>(compiled.running) + compiled.idle.size() + 1);
    if (!compiled.idle.empty()) {
      function_ = std::move(compiled.idle.back());
      compiled.idle.pop_back();
    }
    ++compiled.running;
    ++depth;
  }
  ~Turn() {
    --depth;
    const std::lock_guard lock(compiled_.mutex);
    --compiled_.running;
    if (function_) compiled_.idle.push_back(std::move(function_));
    compiled_.freed.notify_one();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  CompiledFunction& function() {
    if (!function_)
      function_ =
          std::make_shared<CompiledFunction>(*compiled_.data, compiled_.shapes, compiled_.options, compiled_.shared);
    return *function_;
  }

 private:
  Compiled& compiled_;
  std::shared_ptr<CompiledFunction> function_;
};

}  // namespace

CompiledFunction::Result run(Compiled& compiled, std::span<const Tensor> inputs, const CallOptions& call,
                             const std::function<void(const Activation&)>& on_ready) {
  Turn turn(compiled, call.stop);
  auto result = turn.function().run(inputs, call, {.on_ready = on_ready});
  compiled.has_run = true;
  return result;
}

}  // namespace kerascope::api
