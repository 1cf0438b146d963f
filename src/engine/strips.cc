#include "engine/strips.h"

#include <algorithm>

#include "base/check.h"
#include "base/parallel.h"
#include "base/simd.h"
#include "base/workspace.h"

namespace kerascope {
namespace {

/// Elements that row-wise stages compute at a time: a few tensors of this size fit into the first-level cache.
constexpr std::int64_t kChunk = 2048;
/// Elements of a strip: it and what is computed from it stay in the second-level cache.
constexpr std::int64_t kStrip = 32 * 1024;
/// Floats of a cache line.
constexpr std::int64_t kLine = 16;

std::int64_t rounded_up(std::int64_t number, std::int64_t unit) { return (number + unit - 1) / unit * unit; }

/// Memory of this thread for results that are stored nowhere else.
float* working_memory(std::int64_t numbers) {
  thread_local Workspace memory;
  return memory.floats(static_cast<std::size_t>(numbers));
}

/// The smallest number of elements that is whole rows of every stage.
std::int64_t unit_of(std::span<const Stage> stages) {
  std::int64_t unit = 1;
  for (const Stage& stage : stages) unit = std::max(unit, stage.row_size());
  return unit;
}

/// A fusion group in a run.
struct GroupRun {
  GroupRun(const FusionGroup& group, std::span<const Stage> step, std::span<const StagePointers> of_step)
      : stages(step.subspan(group.begin, group.end - group.begin)),
        pointers(of_step.subspan(group.begin, group.end - group.begin)),
        at_once(stages[0].kernel.is_rowwise ? 0 : group.epilogue_end - group.begin),
        begin(static_cast<int>(group.begin)) {}

  /// The stage of this group that makes an input; -1 if the input lies in memory.
  int maker(std::size_t stage, std::size_t input) const { return std::max(stages[stage].made_by[input] - begin, -1); }

  std::span<const Stage> stages;
  std::span<const StagePointers> pointers;
  std::size_t at_once;  ///< the first stage and its epilogue: one call computes a strip of all of them
  int begin;            ///< of the group in its step
};

/// How the elements of an output are cut into strips, which are spread over the threads.
struct Cut {
  /// @param least  strips start at multiples of it.
  /// @param wanted  about so many elements per strip; but every thread gets equally many strips.
  Cut(std::int64_t of, std::int64_t least, std::int64_t wanted)
      : elements(of), call(least), calls((of + least - 1) / least) {
    const std::int64_t together = std::max<std::int64_t>(wanted / call, 1) * thread_count();
    strips = std::min(calls, (calls + together - 1) / together * thread_count());
  }

  std::int64_t start_of(std::int64_t strip) const { return std::min(elements, calls * strip / strips * call); }

  std::int64_t elements, call, calls, strips = 1;
};

/// The latest elements of a group's output, which the next group reads.
class LineBuffer {
 public:
  LineBuffer() = default;
  /// @param capacity  of `memory`.
  LineBuffer(float* memory, std::int64_t capacity) : memory_(memory), capacity_(capacity) {}

  /// Makes room for the elements up to `end`, and keeps those from `from` on.
  void advance(std::int64_t from, std::int64_t end) {
    if (end - begin_ > capacity_) {
      if (from < end_) std::copy(at(from), at(end_), memory_);
      begin_ = from;
    }
    end_ = end;
    KERASCOPE_CHECK(begin_ <= from && end_ - begin_ <= capacity_);
  }
  std::int64_t begin() const { return begin_; }
  /// Also of an element that is not in the buffer: then the address must not be read.
  float* at(std::int64_t element) const { return memory_ + (element - begin_); }

 private:
  float* memory_ = nullptr;
  std::int64_t capacity_ = 0, begin_ = 0, end_ = 0;
};

/// Computes a group's strips in one thread.
class StripComputer {
 public:
  /// @param stores  false: only the line buffer gets results.
  StripComputer(const GroupRun& group, std::uint64_t seed, bool stores = true)
      : group_(group),
        stages_(group.stages),
        pointers_(group.pointers),
        at_once_(group.at_once),
        seed_(seed),
        made_(stages_.size()) {
    for (const Stage& stage : stages_) stores_.push_back(stores ? stage.store : Store::kNone);
    chunk_ = rounded_up(kChunk, unit_of(stages_));
  }

  /// Where the last stage's result is written for the next group.
  void write_to(const LineBuffer* buffer) { line_buffer_ = buffer; }

  /// Computes elements [begin, end) of every stage.
  /// @param in  start of the first stage's first input; null: as in StagePointers.
  void compute_strip(std::int64_t begin, std::int64_t end, const float* in = nullptr) {
    parallel::poll();
    first_in_ = in;
    place_results(end - begin);
    if (at_once_ > 0) compute_at_once(begin, end);
    for (std::int64_t from = begin; from < end; from += chunk_) {
      const std::int64_t to = std::min(end, from + chunk_);
      for (std::size_t i = 0; i < stages_.size(); ++i) {
        if (i >= at_once_) compute_stage(i, from, to);
        if (streams(stores_[i]) && !streams_at_once(i))
          stream(made_[i].at(from), to - from, pointers_[i].streamed + from);
      }
    }
  }

 private:
  /// A stage's latest result: elements from `begin` on; null if it was not stored.
  struct Made {
    float* numbers = nullptr;
    std::int64_t begin = 0;
    const float* at(std::int64_t element) const { return numbers + (element - begin); }
  };

  /// A result that the arena does not get needs working memory if a stage, or stream(), reads it from memory.
  void place_results(std::int64_t length) {
    std::int64_t size = 0;
    buffers_.assign(stages_.size(), -1);
    for (std::size_t i = 0; i < stages_.size(); ++i) {
      if (places(stores_[i]) || has_line_buffer(i)) continue;
      if (i < at_once_ && !is_read(i) && (stores_[i] == Store::kNone || stages_[0].kernel.streams)) continue;
      buffers_[i] = size;
      size += i < at_once_ ? length : chunk_;
    }
    memory_ = working_memory(size);
  }
  bool has_line_buffer(std::size_t i) const { return line_buffer_ && i + 1 == stages_.size(); }
  /// Whether a stage behind the epilogue reads it.
  bool is_read(std::size_t i) const {
    for (std::size_t reader = at_once_; reader < stages_.size(); ++reader)
      for (std::size_t k = 0; k < stages_[reader].made_by.size(); ++k)
        if (group_.maker(reader, k) == static_cast<int>(i)) return true;
    return false;
  }

  /// Whether the first kernel makes the non-temporal stores itself, from registers.
  bool streams_at_once(std::size_t i) const { return streams(stores_[i]) && i < at_once_ && stages_[0].kernel.streams; }
  float* streamed(std::size_t i, std::int64_t begin) const {
    return streams_at_once(i) ? pointers_[i].streamed + begin : nullptr;
  }

  /// Where a stage writes its elements from `begin` on; null if only registers hold them.
  float* target(std::size_t i, std::int64_t begin) {
    float* numbers = nullptr;
    if (buffers_[i] >= 0)
      numbers = memory_ + buffers_[i];
    else if (places(stores_[i]))
      numbers = pointers_[i].out + begin;
    else if (has_line_buffer(i))
      numbers = line_buffer_->at(begin);
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
        if (group_.maker(i, k) < 0 && stage.kernel.moves(k)) step.other = pointers_[i].in[k] + begin;
      epilogue_.push_back(step);
    }
    in_ = pointers_[0].in;
    if (first_in_) in_[0] = first_in_;
    const std::int64_t row = stages_[0].row_size();
    stages_[0].kernel.compute({.in = in_,
                               .out = target(0, begin),
                               .seed = seed_,
                               .begin = begin / row,
                               .end = end / row,
                               .streamed = streamed(0, begin),
                               .epilogue = epilogue_});
  }

  void compute_stage(std::size_t i, std::int64_t begin, std::int64_t end) {
    const Stage& stage = stages_[i];
    float* const out = target(i, begin);
    in_.clear();
    for (std::size_t k = 0; k < stage.made_by.size(); ++k) {
      if (const int maker = group_.maker(i, k); maker >= 0)
        in_.push_back(made_[static_cast<std::size_t>(maker)].at(begin));
      else
        in_.push_back(pointers_[i].in[k] + (stage.kernel.moves(k) ? begin : 0));
    }
    const std::int64_t row = stage.row_size();
    stage.kernel.compute({.in = in_, .out = out, .seed = seed_, .begin = begin / row, .end = end / row});
  }

  const GroupRun& group_;
  std::span<const Stage> stages_;
  std::span<const StagePointers> pointers_;
  std::size_t at_once_;
  std::uint64_t seed_;
  std::vector<Store> stores_;
  std::int64_t chunk_ = 0;
  std::vector<std::int64_t> buffers_;  ///< per stage: where in memory_ its result starts, or -1
  float* memory_ = nullptr;
  const LineBuffer* line_buffer_ = nullptr;
  const float* first_in_ = nullptr;
  std::vector<Made> made_;
  std::vector<const float*> in_;
  std::vector<EpilogueStep> epilogue_;
};

/// What a group reads of the group before it for its own elements [begin, end).
ElementRange read_by(const GroupRun& group, std::int64_t begin, std::int64_t end) {
  const std::int64_t row = group.stages[0].row_size();
  return group.stages[0].kernel.reads(begin / row, end / row);
}

/// How far each group of a chain is computed once the last one is at `end`. At its very end all are complete, also the
/// elements that no window reads.
std::vector<std::int64_t> ends_of(std::span<const GroupRun> chain, std::int64_t end) {
  std::vector<std::int64_t> ends(chain.size(), end);
  for (std::size_t g = chain.size() - 1; g-- > 0;) {
    const GroupRun& reader = chain[g + 1];
    const bool is_all = ends[g + 1] == reader.stages[0].elements;
    ends[g] = is_all ? chain[g].stages[0].elements : ends[g + 1] == 0 ? 0 : read_by(reader, 0, ends[g + 1]).end;
  }
  return ends;
}

/// One thread's part of a chain of groups, each of which follows the one before it.
class ChainPart {
 public:
  /// @param cut  of the last group's elements: this part has strips [first, end).
  ChainPart(std::span<const GroupRun> chain, std::uint64_t seed, const Cut& cut, std::int64_t first, std::int64_t end)
      : chain_(chain), last_(chain.size() - 1), cut_(cut), first_(first), end_(end), line_buffers_(last_) {
    computers_.reserve(chain.size());
    for (const GroupRun& group : chain) computers_.emplace_back(group, seed);
    allocate_line_buffers();
    for (std::size_t g = 0; g < last_; ++g)
      if (has_line_buffer(g)) computers_[g].write_to(&line_buffers_[g]);
    done_ = ends_of(chain, cut.start_of(first));
    // The halo: the part before computes these rows, too, and stores them.
    const std::int64_t from = read_by(chain[1], done_[1], done_[1] + chain[1].stages[0].row_size()).begin;
    if (from < done_[0]) {
      StripComputer halo(chain[0], seed, /*stores=*/false);
      halo.write_to(&line_buffers_[0]);
      line_buffers_[0].advance(from, done_[0]);
      halo.compute_strip(from, done_[0]);
    }
  }

  void run() {
    for (std::int64_t i = first_; i < end_; ++i) compute(last_, cut_.start_of(i + 1), cut_.start_of(i));
    const std::vector<std::int64_t> ends = ends_of(chain_, cut_.start_of(end_));
    for (std::size_t g = last_; g-- > 0;) compute(g, ends[g], done_[g]);  // elements that no window has read
  }

 private:
  /// If the group's output is stored in an arena, the next one reads it there.
  bool has_line_buffer(std::size_t g) const { return !places(chain_[g].stages.back().store); }

  /// Twice the elements that are needed at a time, so that they seldom have to be moved to the front.
  void allocate_line_buffers() {
    std::vector<std::int64_t> done = ends_of(chain_, cut_.start_of(first_)), sizes(last_);
    const auto grow = [&](std::size_t g, std::int64_t from, std::int64_t end) {
      sizes[g] = std::max(sizes[g], end - std::min(from, done[g]));
      done[g] = std::max(done[g], end);
    };
    for (std::int64_t i = first_; i < end_; ++i) {
      ElementRange range = {cut_.start_of(i), cut_.start_of(i + 1)};
      for (std::size_t g = last_; g-- > 0;) {
        range = read_by(chain_[g + 1], range.begin, range.end);
        grow(g, range.begin, range.end);
      }
    }
    const std::vector<std::int64_t> ends = ends_of(chain_, cut_.start_of(end_));
    for (std::size_t g = last_; g-- > 0;) grow(g, done[g], ends[g]);
    thread_local Workspace memory;
    std::int64_t size = 0;
    for (std::size_t g = 0; g < last_; ++g) size += sizes[g] = has_line_buffer(g) ? rounded_up(2 * sizes[g], kLine) : 0;
    float* place = memory.floats(static_cast<std::size_t>(size));
    for (std::size_t g = 0; g < last_; place += sizes[g], ++g) line_buffers_[g] = LineBuffer(place, sizes[g]);
  }

  /// Computes a group up to `end`, after what it needs of the groups before it.
  /// @param from  the group's elements from here on are still needed.
  void compute(std::size_t g, std::int64_t end, std::int64_t from) {
    const std::int64_t begin = done_[g];
    if (begin >= end) return;
    if (g < last_ && has_line_buffer(g)) line_buffers_[g].advance(std::min(from, begin), end);
    const float* in = nullptr;
    if (g > 0) {
      const ElementRange range = read_by(chain_[g], begin, end);
      compute(g - 1, range.end, range.begin);
      if (has_line_buffer(g - 1)) {
        KERASCOPE_CHECK(line_buffers_[g - 1].begin() <= range.begin);
        in = line_buffers_[g - 1].at(0);
      }
    }
    computers_[g].compute_strip(begin, end, in);
    done_[g] = end;
  }

  std::span<const GroupRun> chain_;
  std::size_t last_;
  const Cut& cut_;
  std::int64_t first_, end_;
  std::vector<LineBuffer> line_buffers_;  ///< per group but the last
  std::vector<StripComputer> computers_;
  std::vector<std::int64_t> done_;  ///< per group: its elements so far
};

void run_group(const GroupRun& group, std::uint64_t seed) {
  const Stage& first = group.stages[0];
  const StagePointers& pointers = group.pointers[0];
  if (group.stages.size() == 1 && first.store == Store::kPlace)
    return compute_all(first.kernel,
                       {.in = pointers.in, .out = pointers.out, .seed = seed, .outputs = pointers.outputs},
                       first.elements);
  const std::int64_t wanted = first.kernel.grain * first.row_size();
  const Cut cut(first.elements,
                rounded_up(first.kernel.is_rowwise ? std::max(kChunk, wanted) : wanted, unit_of(group.stages)), kStrip);
  parallel_for(cut.strips, 1, [&](std::int64_t begin, std::int64_t end) {
    StripComputer computer(group, seed);
    for (std::int64_t i = begin; i < end; ++i) computer.compute_strip(cut.start_of(i), cut.start_of(i + 1));
  });
}

void run_chain(std::span<const GroupRun> chain, std::uint64_t seed) {
  const Stage& last = chain.back().stages[0];
  std::int64_t call = 1, most = 1;
  for (const GroupRun& group : chain) {
    const OpKernel& kernel = group.stages[0].kernel;
    most = std::max(most, group.stages[0].elements);
    // Kernels with as many rows as the last one compute whole grains.
    if (kernel.rows == last.kernel.rows) call = std::max(call, kernel.grain * last.row_size());
  }
  call = rounded_up(call, unit_of(chain.back().stages));
  const std::int64_t wanted = std::max<std::int64_t>(2 * kStrip * last.elements / most, 1);
  const Cut cut(last.elements, call, wanted);
  parallel_for(cut.strips, 1,
               [&](std::int64_t first, std::int64_t end) { ChainPart(chain, seed, cut, first, end).run(); });
}

}  // namespace

void run_groups(std::span<const Stage> stages, std::span<const StagePointers> pointers,
                std::span<const FusionGroup> groups, std::uint64_t seed) {
  std::vector<GroupRun> runs;
  for (const FusionGroup& group : groups) runs.emplace_back(group, stages, pointers);
  for (std::size_t begin = 0, end = 0; begin < groups.size(); begin = end) {
    for (end = begin + 1; end < groups.size() && groups[end].follows;) ++end;
    if (runs[begin].stages[0].elements == 0 && runs[begin].pointers[0].outputs.empty()) continue;
    if (end == begin + 1)
      run_group(runs[begin], seed);
    else
      run_chain(std::span(runs).subspan(begin, end - begin), seed);
    stream_end();
  }
}

}  // namespace kerascope
