#include "engine/strips.h"

#include <algorithm>

#include "base/parallel.h"
#include "base/simd.h"
#include "base/workspace.h"

namespace kerascope {
namespace {

/// Numbers that the row-wise stages treat at a time: a few tensors of them fit into the first cache.
constexpr std::int64_t kChunk = 2048;
/// Numbers of a strip: with what is computed from them they stay in the second cache.
constexpr std::int64_t kStrip = 32 * 1024;
/// A row longer than this is not worth being kept in a cache.
constexpr std::int64_t kLongestRow = 64 * 1024;

std::int64_t rounded_up(std::int64_t number, std::int64_t unit) { return (number + unit - 1) / unit * unit; }

/// For what is stored nowhere else.
float* working_memory(std::int64_t numbers) {
  thread_local Workspace memory;
  return memory.floats(static_cast<std::size_t>(numbers));
}

/// How the elements are cut: strips for the first stage, which are spread over the threads, and chunks of them for the
/// row-wise ones.
struct Cut {
  explicit Cut(std::span<const Stage> stages) : elements(stages[0].elements) {
    std::int64_t unit = 1;
    for (const Stage& stage : stages) unit = std::max(unit, stage.row_size());
    chunk = rounded_up(kChunk, unit);
    const Kernel& first = stages[0].kernel;
    call = rounded_up(
        first.is_rowwise ? std::max(chunk, first.grain * stages[0].row_size()) : first.grain * stages[0].row_size(),
        unit);
    calls = (elements + call - 1) / call;
    // As large as the cache likes, but every thread gets as many.
    const std::int64_t together = std::max<std::int64_t>(kStrip / call, 1) * thread_count();
    strips = std::min(calls, (calls + together - 1) / together * thread_count());
  }

  std::int64_t start_of(std::int64_t strip) const { return std::min(elements, calls * strip / strips * call); }
  std::int64_t longest() const { return std::min(elements, (calls + strips - 1) / strips * call); }

  std::int64_t elements, chunk, call, calls, strips;
};

/// One thread's way through its strips.
class Walker {
 public:
  Walker(std::span<const Stage> stages, std::span<const StagePointers> pointers, std::uint64_t seed, const Cut& cut)
      : stages_(stages), pointers_(pointers), seed_(seed), cut_(cut), made_(stages.size()) {
    while (at_once_ < stages.size() && (at_once_ == 0 ? !stages[0].kernel.is_rowwise : stages[at_once_].in_epilogue))
      ++at_once_;
    // What is not stored where it belongs needs a place of its own if a stage or stream() reads it from memory.
    std::vector<bool> is_read(stages.size());
    for (std::size_t i = at_once_; i < stages.size(); ++i)
      for (const int maker : stages[i].made_by)
        if (maker >= 0) is_read[static_cast<std::size_t>(maker)] = true;
    std::int64_t size = 0;
    for (std::size_t i = 0; i < stages.size(); ++i) {
      buffers_.push_back(-1);
      if (places(stages[i].store)) continue;
      if (i < at_once_ && !is_read[i] && (stages[i].store == Store::kNone || stages[0].kernel.streams)) continue;
      buffers_[i] = size;
      size += i < at_once_ ? cut.longest() : cut.chunk;
    }
    memory_ = working_memory(size);
  }

  /// Elements [begin, end) of every stage.
  void strip(std::int64_t begin, std::int64_t end) {
    if (at_once_ > 0) compute_at_once(begin, end);
    for (std::int64_t from = begin; from < end; from += cut_.chunk) {
      const std::int64_t to = std::min(end, from + cut_.chunk);
      for (std::size_t i = 0; i < stages_.size(); ++i) {
        if (i >= at_once_) compute(i, from, to);
        if (streams(stages_[i].store) && !streams_at_once(i))
          stream(made_[i].at(from), to - from, pointers_[i].streamed + from);
      }
    }
  }

 private:
  /// A stage's last result: elements from `begin` on; null where it was not kept.
  struct Made {
    float* numbers = nullptr;
    std::int64_t begin = 0;
    const float* at(std::int64_t element) const { return numbers + (element - begin); }
  };

  /// Whether a stage's result goes past the caches while it is in registers.
  bool streams_at_once(std::size_t i) const {
    return streams(stages_[i].store) && i < at_once_ && stages_[0].kernel.streams;
  }
  float* streamed(std::size_t i, std::int64_t begin) const {
    return streams_at_once(i) ? pointers_[i].streamed + begin : nullptr;
  }

  /// Where elements from `begin` on of a stage are written for those that read them.
  float* target(std::size_t i, std::int64_t begin) {
    float* numbers = nullptr;
    if (buffers_[i] >= 0)
      numbers = memory_ + buffers_[i];
    else if (places(stages_[i].store))
      numbers = pointers_[i].out + begin;
    made_[i] = {.numbers = numbers, .begin = begin};
    return numbers;
  }

  /// The first stage and its epilogue.
  void compute_at_once(std::int64_t begin, std::int64_t end) {
    epilogue_.clear();
    for (std::size_t i = 1; i < at_once_; ++i) {
      const Stage& stage = stages_[i];
      EpilogueStep step = {.op = &*stage.kernel.lane_op, .out = target(i, begin), .streamed = streamed(i, begin)};
      for (std::size_t k = 0; k < stage.made_by.size(); ++k)
        if (stage.made_by[k] < 0 && stage.kernel.moves(k)) step.other = pointers_[i].in[k] + begin;
      epilogue_.push_back(step);
    }
    const std::int64_t row = stages_[0].row_size();
    stages_[0].kernel.run({.in = pointers_[0].in,
                           .out = target(0, begin),
                           .seed = seed_,
                           .begin = begin / row,
                           .end = end / row,
                           .streamed = streamed(0, begin),
                           .epilogue = epilogue_});
  }

  void compute(std::size_t i, std::int64_t begin, std::int64_t end) {
    const Stage& stage = stages_[i];
    float* const out = target(i, begin);
    in_.clear();
    for (std::size_t k = 0; k < stage.made_by.size(); ++k) {
      if (stage.made_by[k] >= 0)
        in_.push_back(made_[static_cast<std::size_t>(stage.made_by[k])].at(begin));
      else
        in_.push_back(pointers_[i].in[k] + (stage.kernel.moves(k) ? begin : 0));
    }
    const std::int64_t row = stage.row_size();
    stage.kernel.run({.in = in_, .out = out, .seed = seed_, .begin = begin / row, .end = end / row});
  }

  std::span<const Stage> stages_;
  std::span<const StagePointers> pointers_;
  std::uint64_t seed_;
  const Cut& cut_;
  std::size_t at_once_ = 0;            ///< the stages that are computed a strip at a time
  std::vector<std::int64_t> buffers_;  ///< where in memory_ a stage's result starts, or -1
  float* memory_ = nullptr;
  std::vector<Made> made_;
  std::vector<const float*> in_;
  std::vector<EpilogueStep> epilogue_;
};

}  // namespace

bool fits_behind(std::span<const Stage> stages, Stage& next) {
  const Kernel &first = stages[0].kernel, &kernel = next.kernel;
  if (!kernel.is_rowwise || kernel.rows == 0) return false;
  // Of a lane op's inputs one is in the registers, another lies in memory as a whole.
  const bool all_before = stages.size() == 1 || stages.back().in_epilogue;
  const auto is_last = [&](int maker) { return maker == static_cast<int>(stages.size()) - 1; };
  next.in_epilogue = first.epilogue_channels > 0 && all_before && kernel.lane_op &&
                     next.elements == stages[0].elements &&
                     (kernel.lane_op->channels == 0 || kernel.lane_op->channels == first.epilogue_channels) &&
                     std::ranges::count_if(next.made_by, is_last) == 1 &&
                     std::ranges::none_of(next.made_by, [&](int maker) { return maker >= 0 && !is_last(maker); });
  if (next.in_epilogue) return true;
  if (first.rows < 2) return false;
  const std::int64_t row = next.row_size();
  std::int64_t unit = row;
  for (const Stage& stage : stages) unit = std::max(unit, stage.row_size());
  if (unit > kLongestRow || unit % row != 0) return false;
  return std::ranges::all_of(stages, [&](const Stage& stage) { return unit % stage.row_size() == 0; });
}

void run_together(std::span<const Stage> stages, std::span<const StagePointers> pointers, std::uint64_t seed) {
  const Stage& first = stages[0];
  if (first.elements == 0) return;
  if (stages.size() == 1 && first.store == Store::kPlace)
    return run_all(first.kernel, {.in = pointers[0].in, .out = pointers[0].out, .seed = seed}, first.elements);
  const Cut cut(stages);
  parallel_for(cut.strips, 1, [&](std::int64_t begin, std::int64_t end) {
    Walker walker(stages, pointers, seed, cut);
    for (std::int64_t i = begin; i < end; ++i) walker.strip(cut.start_of(i), cut.start_of(i + 1));
  });
  stream_end();
}

}  // namespace kerascope
