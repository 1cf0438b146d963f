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
    const std::int64_t call = rounded_up(first.grain * stages[0].row_size(), unit);
    // As large as the cache likes, but every thread gets as many.
    const std::int64_t threads = thread_count(), calls = (elements + call - 1) / call,
                       together = std::max<std::int64_t>(kStrip / call, 1),
                       rounds = std::max<std::int64_t>((calls + together * threads - 1) / (together * threads), 1);
    strip = (calls + rounds * threads - 1) / (rounds * threads) * call;
    if (first.is_rowwise) strip = std::max(strip, chunk);
  }
  std::int64_t elements, strip, chunk;
};

/// One thread's way through its strips.
class Walker {
 public:
  Walker(std::span<const Stage> stages, std::span<const StagePointers> pointers, std::uint64_t seed, const Cut& cut)
      : stages_(stages),
        pointers_(pointers),
        seed_(seed),
        cut_(cut),
        first_buffer_(stages[0].kernel.is_rowwise ? cut.chunk : cut.strip),
        memory_(working_memory(first_buffer_ + cut.chunk * static_cast<std::int64_t>(stages.size() - 1))),
        made_(stages.size()) {}

  /// Elements [begin, end) of every stage.
  void strip(std::int64_t begin, std::int64_t end) {
    const bool whole_first = !stages_[0].kernel.is_rowwise;
    if (whole_first) compute(0, begin, end);
    for (std::int64_t from = begin; from < end; from += cut_.chunk) {
      const std::int64_t to = std::min(end, from + cut_.chunk);
      for (std::size_t i = 0; i < stages_.size(); ++i) {
        if (i > 0 || !whole_first) compute(i, from, to);
        if (stages_[i].store == Store::kStream) stream(made_[i].at(from), to - from, pointers_[i].out + from);
      }
    }
  }

 private:
  /// A stage's last result: elements from `begin` on.
  struct Made {
    float* numbers = nullptr;
    std::int64_t begin = 0;
    const float* at(std::int64_t element) const { return numbers + (element - begin); }
  };

  void compute(std::size_t i, std::int64_t begin, std::int64_t end) {
    const Stage& stage = stages_[i];
    const auto index = static_cast<std::int64_t>(i);
    float* buffer = memory_ + (i == 0 ? 0 : first_buffer_ + (index - 1) * cut_.chunk);
    made_[i] = {.numbers = stage.store == Store::kPlace ? pointers_[i].out + begin : buffer, .begin = begin};
    in_.clear();
    for (std::size_t k = 0; k < stage.made_by.size(); ++k) {
      if (stage.made_by[k] >= 0)
        in_.push_back(made_[static_cast<std::size_t>(stage.made_by[k])].at(begin));
      else
        in_.push_back(pointers_[i].in[k] + (stage.kernel.moves(k) ? begin : 0));
    }
    const std::int64_t row = stage.row_size();
    stage.kernel.run(
        {.in = in_, .out = made_[i].numbers, .seed = seed_, .begin = begin / row, .end = end / row});
  }

  std::span<const Stage> stages_;
  std::span<const StagePointers> pointers_;
  std::uint64_t seed_;
  const Cut& cut_;
  std::int64_t first_buffer_;
  float* memory_;
  std::vector<Made> made_;
  std::vector<const float*> in_;
};

}  // namespace

bool fits_behind(std::span<const Stage> stages, const Kernel& next, std::int64_t elements) {
  if (!next.is_rowwise || stages[0].kernel.rows < 2 || next.rows == 0) return false;
  std::int64_t unit = elements / next.rows;
  for (const Stage& stage : stages) unit = std::max(unit, stage.row_size());
  if (unit > kLongestRow || unit % (elements / next.rows) != 0) return false;
  return std::ranges::all_of(stages, [&](const Stage& stage) { return unit % stage.row_size() == 0; });
}

void run_together(std::span<const Stage> stages, std::span<const StagePointers> pointers, std::uint64_t seed) {
  const Stage& first = stages[0];
  if (first.elements == 0) return;
  if (stages.size() == 1 && first.store == Store::kPlace)
    return run_all(first.kernel, {.in = pointers[0].in, .out = pointers[0].out, .seed = seed}, first.elements);
  const Cut cut(stages);
  parallel_for((cut.elements + cut.strip - 1) / cut.strip, 1, [&](std::int64_t begin, std::int64_t end) {
    Walker walker(stages, pointers, seed, cut);
    for (std::int64_t i = begin; i < end; ++i)
      walker.strip(i * cut.strip, std::min(cut.elements, (i + 1) * cut.strip));
    stream_end();
  });
}

}  // namespace kerascope
