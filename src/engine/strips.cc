#include "engine/strips.h"

#include <algorithm>

#include "base/check.h"
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
/// Numbers of a cache line.
constexpr std::int64_t kLine = 16;

std::int64_t rounded_up(std::int64_t number, std::int64_t unit) { return (number + unit - 1) / unit * unit; }

/// For what is stored nowhere else.
float* working_memory(std::int64_t numbers) {
  thread_local Workspace memory;
  return memory.floats(static_cast<std::size_t>(numbers));
}

/// Elements of which all stages have whole rows.
std::int64_t unit_of(std::span<const Stage> stages) {
  std::int64_t unit = 1;
  for (const Stage& stage : stages) unit = std::max(unit, stage.row_size());
  return unit;
}

/// How elements are cut: into strips, which are spread over the threads.
struct Cut {
  /// @param least  a strip has a multiple of so many.
  /// @param wanted  and about so many; but every thread gets as many.
  Cut(std::int64_t of, std::int64_t least, std::int64_t wanted)
      : elements(of), call(least), calls((of + least - 1) / least) {
    const std::int64_t together = std::max<std::int64_t>(wanted / call, 1) * thread_count();
    strips = std::min(calls, (calls + together - 1) / together * thread_count());
  }

  std::int64_t start_of(std::int64_t strip) const { return std::min(elements, calls * strip / strips * call); }

  std::int64_t elements, call, calls, strips = 1;
};

/// What a run needs of the one before it: the elements computed last.
class Window {
 public:
  Window() = default;
  /// @param capacity  of `memory`.
  Window(float* memory, std::int64_t capacity) : memory_(memory), capacity_(capacity) {}

  /// Makes room for the elements that follow, to `end`; those before `from` are no longer needed.
  void move(std::int64_t from, std::int64_t end) {
    if (end - begin_ > capacity_) {
      if (from < end_) std::copy(at(from), at(end_), memory_);
      begin_ = from;
    }
    end_ = end;
    KERASCOPE_CHECK(begin_ <= from && end_ - begin_ <= capacity_);
  }
  std::int64_t begin() const { return begin_; }
  /// Where an element is, or would be.
  float* at(std::int64_t element) const { return memory_ + (element - begin_); }

 private:
  float* memory_ = nullptr;
  std::int64_t capacity_ = 0, begin_ = 0, end_ = 0;
};

/// One thread's way through its strips of a run.
class Walker {
 public:
  /// @param stores  otherwise it computes only what `window` gets.
  Walker(const StageRun& run, std::uint64_t seed, bool stores = true)
      : stages_(run.stages), pointers_(run.pointers), seed_(seed), made_(stages_.size()) {
    for (const Stage& stage : stages_) stores_.push_back(stores ? stage.store : Store::kNone);
    chunk_ = rounded_up(kChunk, unit_of(stages_));
    while (at_once_ < stages_.size() && (at_once_ == 0 ? !stages_[0].kernel.is_rowwise : stages_[at_once_].in_epilogue))
      ++at_once_;
  }

  /// Has the last stage's result written to a window, too.
  void keep(const Window* window) { window_ = window; }

  /// Elements [begin, end) of every stage.
  /// @param in  where the first stage's first input starts, if not where the pointers say.
  void strip(std::int64_t begin, std::int64_t end, const float* in = nullptr) {
    parallel::poll();
    first_in_ = in;
    find_places(end - begin);
    if (at_once_ > 0) compute_at_once(begin, end);
    for (std::int64_t from = begin; from < end; from += chunk_) {
      const std::int64_t to = std::min(end, from + chunk_);
      for (std::size_t i = 0; i < stages_.size(); ++i) {
        if (i >= at_once_) compute(i, from, to);
        if (streams(stores_[i]) && !streams_at_once(i))
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

  /// What is not stored where it belongs needs a place of its own if a stage or stream() reads it from memory.
  void find_places(std::int64_t length) {
    std::int64_t size = 0;
    buffers_.assign(stages_.size(), -1);
    for (std::size_t i = 0; i < stages_.size(); ++i) {
      if (places(stores_[i]) || keeps(i)) continue;
      if (i < at_once_ && !is_read(i) && (stores_[i] == Store::kNone || stages_[0].kernel.streams)) continue;
      buffers_[i] = size;
      size += i < at_once_ ? length : chunk_;
    }
    memory_ = working_memory(size);
  }
  bool keeps(std::size_t i) const { return window_ && i + 1 == stages_.size(); }
  /// By a stage that is not computed at once with the first.
  bool is_read(std::size_t i) const {
    for (std::size_t reader = at_once_; reader < stages_.size(); ++reader)
      for (const int maker : stages_[reader].made_by)
        if (maker == static_cast<int>(i)) return true;
    return false;
  }

  /// Whether a stage's result goes past the caches while it is in registers.
  bool streams_at_once(std::size_t i) const { return streams(stores_[i]) && i < at_once_ && stages_[0].kernel.streams; }
  float* streamed(std::size_t i, std::int64_t begin) const {
    return streams_at_once(i) ? pointers_[i].streamed + begin : nullptr;
  }

  /// Where elements from `begin` on of a stage are written for those that read them.
  float* target(std::size_t i, std::int64_t begin) {
    float* numbers = nullptr;
    if (buffers_[i] >= 0)
      numbers = memory_ + buffers_[i];
    else if (places(stores_[i]))
      numbers = pointers_[i].out + begin;
    else if (keeps(i))
      numbers = window_->at(begin);
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
    in_ = pointers_[0].in;
    if (first_in_) in_[0] = first_in_;
    const std::int64_t row = stages_[0].row_size();
    stages_[0].kernel.run({.in = in_,
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
  std::vector<Store> stores_;
  std::int64_t chunk_ = 0;
  std::size_t at_once_ = 0;            ///< the stages that are computed a strip at a time
  std::vector<std::int64_t> buffers_;  ///< where in memory_ a stage's result starts, or -1
  float* memory_ = nullptr;
  const Window* window_ = nullptr;
  const float* first_in_ = nullptr;
  std::vector<Made> made_;
  std::vector<const float*> in_;
  std::vector<EpilogueStep> epilogue_;
};

/// Elements that a run reads of the one before it for its own [begin, end).
ElementRange read_by(const StageRun& run, std::int64_t begin, std::int64_t end) {
  const std::int64_t row = run.stages[0].row_size();
  return run.stages[0].kernel.reads(begin / row, end / row);
}

/// How far each run is computed when the last one is to `end`: behind a part of it all parts before are complete.
std::vector<std::int64_t> ends_of(std::span<const StageRun> runs, std::int64_t end) {
  std::vector<std::int64_t> ends(runs.size(), end);
  for (std::size_t r = runs.size() - 1; r-- > 0;) {
    const StageRun& reader = runs[r + 1];
    const bool is_all = ends[r + 1] == reader.stages[0].elements;
    ends[r] = is_all ? runs[r].stages[0].elements : ends[r + 1] == 0 ? 0 : read_by(reader, 0, ends[r + 1]).end;
  }
  return ends;
}

/// Runs that follow each other, for one part of the last one's elements.
class Followers {
 public:
  /// @param cut  of the last run, of which strips [first, end) are computed.
  Followers(std::span<const StageRun> runs, std::uint64_t seed, const Cut& cut, std::int64_t first, std::int64_t end)
      : runs_(runs), last_(runs.size() - 1), cut_(cut), first_(first), end_(end), windows_(last_) {
    walkers_.reserve(runs.size());
    for (const StageRun& run : runs) walkers_.emplace_back(run, seed);
    find_windows();
    for (std::size_t r = 0; r < last_; ++r)
      if (has_window(r)) walkers_[r].keep(&windows_[r]);
    // Rows that the part before has computed and stored, too.
    done_ = ends_of(runs, cut.start_of(first));
    const std::int64_t from = read_by(runs[1], done_[1], done_[1] + runs[1].stages[0].row_size()).begin;
    if (from < done_[0]) {
      Walker again(runs[0], seed, false);
      again.keep(&windows_[0]);
      windows_[0].move(from, done_[0]);
      again.strip(from, done_[0]);
    }
  }

  void run() {
    for (std::int64_t i = first_; i < end_; ++i) compute(last_, cut_.start_of(i + 1), cut_.start_of(i));
    const std::vector<std::int64_t> ends = ends_of(runs_, cut_.start_of(end_));
    for (std::size_t r = last_; r-- > 0;) compute(r, ends[r], done_[r]);  // what none has read
  }

 private:
  /// What is stored where it belongs is read there.
  bool has_window(std::size_t r) const { return !places(runs_[r].stages.back().store); }

  /// Room for what is needed at a time and as much again, so that little has to be moved.
  void find_windows() {
    std::vector<std::int64_t> done = ends_of(runs_, cut_.start_of(first_)), sizes(last_);
    const auto grow = [&](std::size_t r, std::int64_t from, std::int64_t end) {
      sizes[r] = std::max(sizes[r], end - std::min(from, done[r]));
      done[r] = std::max(done[r], end);
    };
    for (std::int64_t i = first_; i < end_; ++i) {
      ElementRange range = {cut_.start_of(i), cut_.start_of(i + 1)};
      for (std::size_t r = last_; r-- > 0;) {
        range = read_by(runs_[r + 1], range.begin, range.end);
        grow(r, range.begin, range.end);
      }
    }
    const std::vector<std::int64_t> ends = ends_of(runs_, cut_.start_of(end_));
    for (std::size_t r = last_; r-- > 0;) grow(r, done[r], ends[r]);
    thread_local Workspace memory;
    std::int64_t size = 0;
    for (std::size_t r = 0; r < last_; ++r) size += sizes[r] = has_window(r) ? rounded_up(2 * sizes[r], kLine) : 0;
    float* place = memory.floats(static_cast<std::size_t>(size));
    for (std::size_t r = 0; r < last_; place += sizes[r], ++r) windows_[r] = Window(place, sizes[r]);
  }

  /// Brings a run to `end`, and those before it as far as it needs them.
  /// @param from  of what it has made, elements from here on are still needed.
  void compute(std::size_t r, std::int64_t end, std::int64_t from) {
    const std::int64_t begin = done_[r];
    if (begin >= end) return;
    if (r < last_ && has_window(r)) windows_[r].move(std::min(from, begin), end);
    const float* in = nullptr;
    if (r > 0) {
      const ElementRange range = read_by(runs_[r], begin, end);
      compute(r - 1, range.end, range.begin);
      if (has_window(r - 1)) {
        KERASCOPE_CHECK(windows_[r - 1].begin() <= range.begin);
        in = windows_[r - 1].at(0);
      }
    }
    walkers_[r].strip(begin, end, in);
    done_[r] = end;
  }

  std::span<const StageRun> runs_;
  std::size_t last_;
  const Cut& cut_;
  std::int64_t first_, end_;
  std::vector<Window> windows_;  ///< over each run but the last
  std::vector<Walker> walkers_;
  std::vector<std::int64_t> done_;
};

void run_alone(const StageRun& run, std::uint64_t seed) {
  const Stage& first = run.stages[0];
  if (run.stages.size() == 1 && first.store == Store::kPlace)
    return run_all(
        first.kernel,
        {.in = run.pointers[0].in, .out = run.pointers[0].out, .seed = seed, .outputs = run.pointers[0].outputs},
        first.elements);
  const std::int64_t wanted = first.kernel.grain * first.row_size();
  const Cut cut(first.elements,
                rounded_up(first.kernel.is_rowwise ? std::max(kChunk, wanted) : wanted, unit_of(run.stages)), kStrip);
  parallel_for(cut.strips, 1, [&](std::int64_t begin, std::int64_t end) {
    Walker walker(run, seed);
    for (std::int64_t i = begin; i < end; ++i) walker.strip(cut.start_of(i), cut.start_of(i + 1));
  });
}

void run_followers(std::span<const StageRun> runs, std::uint64_t seed) {
  const Stage& last = runs.back().stages[0];
  std::int64_t call = 1, most = 1;
  for (const StageRun& run : runs) {
    const Kernel& kernel = run.stages[0].kernel;
    most = std::max(most, run.stages[0].elements);
    // Whole lines, if a run goes by them.
    if (kernel.rows == last.kernel.rows) call = std::max(call, kernel.grain * last.row_size());
  }
  call = rounded_up(call, unit_of(runs.back().stages));
  const std::int64_t wanted = std::max<std::int64_t>(2 * kStrip * last.elements / most, 1);
  const Cut cut(last.elements, call, wanted);
  parallel_for(cut.strips, 1,
               [&](std::int64_t first, std::int64_t end) { Followers(runs, seed, cut, first, end).run(); });
}

}  // namespace

bool fits_behind(std::span<const Stage> stages, Stage& next) {
  const Kernel &first = stages[0].kernel, &kernel = next.kernel;
  if (!kernel.is_rowwise || kernel.rows == 0 || next.elements != stages[0].elements) return false;
  // Of a lane op's inputs one is in the registers, another lies in memory as a whole.
  const bool all_before = stages.size() == 1 || stages.back().in_epilogue;
  const auto is_last = [&](int maker) { return maker == static_cast<int>(stages.size()) - 1; };
  next.in_epilogue = first.epilogue_channels > 0 && all_before && kernel.lane_op &&
                     (kernel.lane_op->channels == 0 || kernel.lane_op->channels == first.epilogue_channels) &&
                     std::ranges::count_if(next.made_by, is_last) == 1 &&
                     std::ranges::none_of(next.made_by, [&](int maker) { return maker >= 0 && !is_last(maker); });
  if (next.in_epilogue) return true;
  if (first.rows < 2) return false;
  const std::int64_t row = next.row_size(), unit = std::max(row, unit_of(stages));
  if (unit > kLongestRow || unit % row != 0) return false;
  return std::ranges::all_of(stages, [&](const Stage& stage) { return unit % stage.row_size() == 0; });
}

bool can_be_followed(std::span<const Stage> before, std::int64_t channels) {
  const Kernel& first = before[0].kernel;
  return (first.is_rowwise || first.reads) &&
         std::ranges::all_of(before, [&](const Stage& stage) { return channels % stage.row_size() == 0; });
}

void run_together(std::span<const StageRun> runs, std::uint64_t seed) {
  for (std::size_t begin = 0, end = 0; begin < runs.size(); begin = end) {
    for (end = begin + 1; end < runs.size() && runs[end].follows;) ++end;
    if (runs[begin].stages[0].elements == 0 && runs[begin].pointers[0].outputs.empty()) continue;
    if (end == begin + 1)
      run_alone(runs[begin], seed);
    else
      run_followers(runs.subspan(begin, end - begin), seed);
    stream_end();
  }
}

}  // namespace kerascope
