#include "api/batch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/memory.h"
#include "base/text.h"

namespace kerascope::api {
namespace {

/// The most samples per part of a batch. More hardly make a sample cheaper, but untapped outputs, too, take memory.
constexpr std::int64_t kMostTogether = 16;

/// Tensors of a whole batch, gathered from its parts.
class Whole {
 public:
  /// @param all  false: only tensors that can be predictions, (N, classes), are gathered
  Whole(std::int64_t batch, bool all) : batch_(batch), all_(all) {}

  /// @param first  the batch index of the part's first sample
  void add(const std::vector<Activation>& parts, std::int64_t first) {
    tensors_.resize(parts.size());
    texts_.resize(parts.size());
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const Tensor& part = parts[i].tensor;
      if (!all_ && (part.shape().rank() != 2 || part.dtype() != DType::kFloat32)) continue;
      Shape whole = part.shape();
      whole[0] = batch_;
      const auto begin = static_cast<std::size_t>(first * part.shape().elements(1, whole.rank()));
      if (part.dtype() == DType::kString) {  // views of what the next part overwrites
        texts_[i].resize(static_cast<std::size_t>(whole.elements()));
        std::ranges::copy(part.elements<std::string_view>(), texts_[i].begin() + static_cast<std::ptrdiff_t>(begin));
        tensors_[i] = Tensor::of(whole, texts_[i]);
        continue;
      }
      if (tensors_[i].empty()) tensors_[i] = Tensor(whole, part.dtype());
      std::memcpy(static_cast<std::byte*>(tensors_[i].mutable_bytes()) + begin * element_bytes(part.dtype()),
                  part.bytes(), part.byte_size());
    }
  }
  void put_into(std::vector<Activation>& parts) const {
    for (std::size_t i = 0; i < tensors_.size(); ++i)
      if (!tensors_[i].empty()) parts[i].tensor = tensors_[i];
  }

 private:
  std::int64_t batch_;
  bool all_;
  std::vector<Tensor> tensors_;
  std::vector<std::vector<std::string>> texts_;
};

/// The activation without its first `seen` samples; the next is the batch's sample number `first`.
Activation from(const Activation& activation, std::int64_t seen, std::int64_t first) {
  Activation rest = activation;
  rest.first = first;
  if (seen > 0) rest.tensor = activation.tensor.items(seen, activation.tensor.shape()[0] - seen);
  return rest;
}

}  // namespace

std::size_t memory_of(const CompiledFunction& function, const Fed& fed, std::int64_t count) {
  std::size_t bytes = function.peak_bytes();
  for (std::size_t i = 0; i < fed.tensors.size(); ++i) {
    const Shape& shape = fed.tensors[i].shape();
    if (!fed.sources[i].is_in_memory)
      bytes += 2 * static_cast<std::size_t>(count * shape.elements(1, shape.rank())) * sizeof(float);
  }
  return bytes;
}

void require_memory(std::size_t needed) {
  const std::size_t available = available_memory();
  if (needed <= available) return;
  throw Error({.code = "memory",
               .what = fmt::format("this run takes {} of memory, and {} are available", text::bytes(needed),
                                   text::bytes(available)),
               .hint = "ask for fewer layers (--layer), keep none of them (--memory SIZE), or give a smaller input"});
}

BatchRun::BatchRun(std::shared_ptr<ModelState> model, Fed fed, BatchOptions options)
    : state_(std::move(model)), data_(state_->data()), fed_(std::move(fed)), options_(std::move(options)) {
  choose_count();
  take(options_.samples == Samples::kChosen ? options_.chosen : 0, count_);
  if (std::shared_ptr<CompiledFunction> made = function().for_inputs(fed_.tensors, options_.function.call)) {
    auto compiled = std::make_shared<Compiled>();
    compiled->data = data_;
    compiled->function = made;
    compiled->idle = {std::move(made)};
    compiled_ = std::move(compiled);
  }
}

void BatchRun::compile(std::int64_t count) {
  compiled_ = compiled_for(count, options_.function);
  count_ = count;
}

std::shared_ptr<Compiled> BatchRun::compiled_for(std::int64_t count, const FunctionOptions& options) {
  FunctionOptions with_layers = options;
  if (fed_.has_layers()) with_layers.fed = feeds_of(fed_, count);
  auto compiled = state_->compiled(with_layers, fed_.has_layers() ? std::vector<Shape>() : shapes_of(fed_, count));
  if (fed_.has_layers()) require_chosen(*compiled->function, options);
  return compiled;
}

bool BatchRun::keeps_samples_apart() {
  if (fed_.has_layers()) return state_->keeps_samples_apart({}, feeds_of(fed_, 1));
  return state_->keeps_samples_apart(shapes_of(fed_, 1), {});
}

std::size_t BatchRun::memory() const { return memory_of(function(), fed_, count_); }

bool BatchRun::fits() const {
  if (options_.most_memory > 0) return memory() <= options_.most_memory;
  return compiled_->has_run || memory() <= available_memory();
}

void BatchRun::choose_count() {
  FunctionOptions& compiled = options_.function;
  compiled.pass_by = options_.keep == Keep::kNone;
  compiled.keeps_kernels = !compiled.pass_by || options_.most_memory == 0;
  // In the training phase, batch statistics and the sequence of random numbers depend on the whole batch.
  const bool may_part =
      options_.samples != Samples::kTogether && fed_.batch > 1 && compiled.call.phase == Phase::kInference;
  std::int64_t count = fed_.batch;
  if (may_part && options_.samples == Samples::kInParts) {
    count = std::min(count, kMostTogether);
    if (options_.most_seen > 0) {
      compile(count);
      const auto bytes = static_cast<std::int64_t>(function().bytes() + 1);
      count = std::clamp<std::int64_t>(count * static_cast<std::int64_t>(options_.most_seen) / bytes, 1, count);
    }
  } else if (may_part) {
    count = 1;
  }
  if (count == fed_.batch || !keeps_samples_apart()) {
    options_.samples = Samples::kTogether;
    count = fed_.batch;
  }
  if (count_ != count) compile(count);
  while (!fits() && options_.samples == Samples::kInParts && count > 1) compile(count /= 2);
  // Layers that were named are more important than predictions.
  if (!fits() && compiled.with_taps && !compiled.taps.empty() && std::exchange(compiled.with_outputs, false)) {
    compile(count);
    if (fits()) notes_.emplace_back("there is no memory for the model's outputs, so nothing is predicted");
  }
  if (options_.most_memory == 0) {
    if (!compiled_->has_run) require_memory(memory());
    return;
  }
  if (!fits() && options_.keep == Keep::kIfRoom) {
    compiled.pass_by = true;
    compiled.keeps_kernels = false;
    compile(count);
  }
  if (fits()) return;
  throw Error(
      {.code = "memory",
       .what = fmt::format("this run takes {} of memory{}, and {} are allowed", text::bytes(memory()),
                           compiled.pass_by ? " even if no layer is kept" : "", text::bytes(options_.most_memory)),
       .hint = compiled.pass_by ? "ask for earlier layers, or give fewer or smaller inputs"
                                : "look at each layer as it is computed (on_ready), or ask for fewer"});
}

void BatchRun::take(std::int64_t first, std::int64_t count) {
  fed_.take(first, count);
  first_ = first;
}

/// Takes the batch part by part; the last part overlaps the one before, to be as long as the others. Calls body(part,
/// parts, begin), which computes the samples from `begin` on; first() is the first that was in no earlier part.
template <typename Body>
void BatchRun::each_part(std::int64_t count, const Body& body) {
  const std::int64_t parts = (fed_.batch + count - 1) / count;
  for (std::int64_t part = 0; part < parts; ++part) {
    const std::int64_t begin = std::min(part * count, fed_.batch - count);
    if (parts > 1) take(begin, count);
    first_ = part * count;
    body(part, parts, begin);
  }
}

namespace {

/// The steps of a part count among those of all parts.
CallOptions of_part(const CallOptions& call, std::int64_t part, std::int64_t parts) {
  CallOptions own = call;
  if (call.on_progress)
    own.on_progress = [&call, part, parts](std::size_t done, std::size_t all) {
      call.on_progress(static_cast<std::size_t>(part) * all + done, static_cast<std::size_t>(parts) * all);
    };
  return own;
}

}  // namespace

CompiledFunction::Result BatchRun::run(const CallOptions& call, const BatchHooks& hooks) {
  CompiledFunction::Result result;
  const auto ready = [&](const Activation& activation, std::int64_t seen) {
    if (hooks.ready) hooks.ready(from(activation, seen, first_));
  };
  if (options_.samples == Samples::kChosen) {
    result = api::run(*compiled_, fed_.tensors, call, [&](const Activation& activation) { ready(activation, 0); });
    if (hooks.part_done) hooks.part_done(result, 0);
    add_all_outputs(call, result);
    return result;
  }
  const bool keeps_all = options_.keep == Keep::kAll;
  Whole activations(fed_.batch, keeps_all), outputs(fed_.batch, keeps_all);
  each_part(count_, [&](std::int64_t part, std::int64_t parts, std::int64_t begin) {
    result = {};  // frees its memory for reuse
    result = api::run(*compiled_, fed_.tensors, of_part(call, part, parts),
                      [&](const Activation& activation) { ready(activation, first_ - begin); });
    if (parts > 1) outputs.add(result.outputs, begin);
    if (parts > 1 && keeps_all) activations.add(result.activations, begin);
    if (hooks.part_done) hooks.part_done(result, part);
  });
  outputs.put_into(result.outputs);
  activations.put_into(result.activations);
  if (options_.keep == Keep::kNone) result.activations.clear();
  return result;
}

/// Computes the model's outputs for all samples, if one sample was run but predictions for all are told.
void BatchRun::add_all_outputs(const CallOptions& call, CompiledFunction::Result& result) {
  const bool tells =
      std::ranges::any_of(result.outputs, [](const Activation& o) { return o.tensor.shape().rank() == 2; });
  if (fed_.names.empty() || !tells) return;
  const std::int64_t count = std::min(fed_.batch, kMostTogether);
  FunctionOptions outputs_alone = options_.function;
  outputs_alone.with_taps = false;
  outputs_alone.most_norm_fits = 0;
  const auto compiled = compiled_for(count, outputs_alone);
  Whole outputs(fed_.batch, /*all=*/false);
  take(0, count);
  each_part(count, [&](std::int64_t part, std::int64_t parts, std::int64_t begin) {
    outputs.add(api::run(*compiled, fed_.tensors, of_part(call, part, parts)).outputs, begin);
  });
  outputs.put_into(result.outputs);
  take(options_.chosen, 1);
}

}  // namespace kerascope::api
