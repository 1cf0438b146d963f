#include "base/parallel.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

#include "base/simd.h"
#include "base/workspace.h"
#include "kerascope/error.h"

namespace kerascope {
namespace {

/// A spin-wait hint: lets the core's other hardware thread go ahead.
inline void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Spins until `is_so` is true, for at most some microseconds, which cost a busy machine little.
template <typename Condition>
bool soon(const Condition& is_so) {
  constexpr int kTurns = 2000;
  for (int turn = 0; turn < kTurns; ++turn) {
    if (is_so()) return true;
    pause();
  }
  return is_so();
}

/// What poll() calls; null: nothing.
thread_local const std::function<void()>* between_pieces = nullptr;

/// A thread pool that runs one job after another; each thread takes parts of it.
class Pool {
 public:
  /// Starts as many helper threads as the system allows; jobs also run with fewer.
  explicit Pool(int helpers) : bells_(static_cast<std::size_t>(helpers)), wanted_(helpers) {
    threads_.reserve(bells_.size());
    try {
      for (Bell& bell : bells_) threads_.emplace_back([this, &bell](std::stop_token stop) { help(stop, bell); });
    } catch (const std::system_error&) {
    } catch (const std::bad_alloc&) {
    }
  }
  ~Pool() {
    for (std::jthread& thread : threads_) thread.request_stop();
    for (Bell& bell : bells_) bell.ring();
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// The requested number of helpers.
  int wanted() const { return wanted_; }

  /// One job; its threads may outlive the call, and then find no part of it.
  struct Job {
    void (*run)(const void*, std::int64_t);
    const void* context;
    const std::function<void()>* between;
    std::atomic<bool> failed = false;
    std::exception_ptr error = {};  ///< written by the first that fails

    void part(std::int64_t which) noexcept {
      if (failed.load(std::memory_order_relaxed)) return;
      try {
        parallel::poll();
        run(context, which);
      } catch (...) {
        if (!failed.exchange(true)) error = std::current_exception();
      }
    }
  };

  /// @param helpers  that are woken at most.
  void run(std::int64_t parts, std::size_t helpers, Job& job) {
    job_ = &job;
    done_.store(0, std::memory_order_relaxed);
    const std::uint64_t number = (ticket_.load(std::memory_order_relaxed) >> kJobShift) + 1;
    ticket_.store(number << kJobShift | static_cast<std::uint64_t>(parts) << kPartsShift, std::memory_order_release);
    const auto woken = std::min({static_cast<std::size_t>(parts) - 1, threads_.size(), helpers});
    for (std::size_t i = 0; i < woken; ++i) bells_[i].ring();
    take_parts();
    const auto all = static_cast<std::uint32_t>(parts);
    const auto is_done = [&] { return done_.load(std::memory_order_acquire) == all; };
    while (!soon(is_done)) std::this_thread::yield();
    if (job.error) std::rethrow_exception(job.error);
  }

  /// Whether this thread is doing a part of a job.
  static bool& is_inside() {
    thread_local bool inside = false;
    return inside;
  }

 private:
  // A ticket packs the job's number, its number of parts, and the next part to take. A thread that took an existing
  // part may use the job: it ends only after all its parts are done.
  static constexpr int kPartsShift = 16, kJobShift = 32;
  static constexpr std::uint64_t kMask = 0xffff;

  void take_parts() noexcept {
    is_inside() = true;
    const std::function<void()>* const own = between_pieces;
    for (;;) {
      const std::uint64_t ticket = ticket_.fetch_add(1, std::memory_order_acq_rel), part = ticket & kMask;
      if (part >= (ticket >> kPartsShift & kMask)) break;
      between_pieces = job_->between;
      job_->part(static_cast<std::int64_t>(part));
      stream_end();
      done_.fetch_add(1, std::memory_order_release);
    }
    between_pieces = own;
    is_inside() = false;
  }

  /// Wakes one helper, so that a job with few parts leaves the others asleep. Has its own cache line.
  struct alignas(64) Bell {
    std::atomic<std::uint32_t> rung = 0;
    void ring() {
      rung.fetch_add(1, std::memory_order_release);
      rung.notify_one();
    }
  };

  void help(const std::stop_token& stop, Bell& bell) {
    std::uint32_t seen = 0;
    while (!stop.stop_requested()) {
      const auto is_rung = [&] { return bell.rung.load(std::memory_order_acquire) != seen; };
      if (!soon(is_rung)) bell.rung.wait(seen);
      seen = bell.rung.load(std::memory_order_acquire);
      if (!stop.stop_requested()) take_parts();
    }
  }

  std::atomic<std::uint64_t> ticket_ = 0;
  std::atomic<std::uint32_t> done_ = 0;
  Job* job_ = nullptr;
  std::vector<Bell> bells_;
  int wanted_;
  std::vector<std::jthread> threads_;
};

thread_local int limit = 0;  // 0: none

int usual_threads() {
  const char* wanted = std::getenv("OMP_NUM_THREADS");
  int threads = wanted ? std::atoi(wanted) : 0;
  cpu_set_t processors;
  if (threads < 1 && sched_getaffinity(0, sizeof processors, &processors) == 0) threads = CPU_COUNT(&processors);
  if (threads < 1) threads = static_cast<int>(std::thread::hardware_concurrency());  // more than a cpu_set_t holds
  return std::clamp(threads, 1, kMostThreads);
}

int usual() {
  static const int threads = usual_threads();
  return threads;
}

/// Pools that no thread uses. A thread takes one for each job, mostly the one that it has used before.
class Pools {
 public:
  std::unique_ptr<Pool> take(int helpers) {
    std::unique_ptr<Pool> small;  // ends its threads, which takes a while
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      small = std::move(idle_.back());
      idle_.pop_back();
      if (small->wanted() >= helpers) return small;
    }
    return nullptr;
  }
  void give_back(std::unique_ptr<Pool> pool) noexcept {
    const std::lock_guard lock(mutex_);
    try {
      idle_.push_back(std::move(pool));
    } catch (const std::bad_alloc&) {  // then it ends
    }
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Pool>> idle_;
};

Pools& pools() {
  static Pools all;
  return all;
}

/// How many computations there are, and how deep this thread is in its own.
std::mutex computations_mutex;
std::atomic<int> computations = 0;  // changed with the mutex held
thread_local int depth = 0;

/// Of a computation's threads, the calling one included, those that may work now.
int share() {
  const int threads = thread_count(), all = computations.load(std::memory_order_relaxed) + (depth == 0);
  return all <= 1 ? threads : std::clamp(usual() / all, 1, threads);
}

}  // namespace

int thread_count() { return limit > 0 ? limit : usual(); }

ThreadLimit::ThreadLimit(int threads) : before_(limit) {
  if (threads < 0 || threads > kMostThreads)
    throw Error({.code = "threads-invalid",
                 .what = fmt::format("{} threads are to compute, and it must be 1 to {}", threads, kMostThreads),
                 .hint = "0 takes as many as there are cores"});
  if (threads > 0) limit = threads;
}

ThreadLimit::~ThreadLimit() { limit = before_; }

parallel::Computation::Computation(const std::function<void()>& between)
    : before_(between_pieces), is_outermost_(depth == 0 && !Pool::is_inside()) {
  if (between) between_pieces = &between;
  if (is_outermost_) {
    const std::lock_guard lock(computations_mutex);
    ++computations;
  }
  ++depth;
}

parallel::Computation::~Computation() {
  --depth;
  between_pieces = before_;
  if (!is_outermost_) return;
  const std::lock_guard lock(computations_mutex);
  if (--computations == 0) Workspace::shrink_all();
}

std::function<void()> parallel::stopping(const std::stop_token& stop, std::function<std::string()> what) {
  if (!stop.stop_possible()) return {};
  return [=] {
    if (stop.stop_requested()) throw Error({.code = "cancelled", .what = what()});
  };
}

void parallel::poll() {
  if (between_pieces) (*between_pieces)();
}

void parallel::run_parts(std::int64_t parts, void (*run)(const void*, std::int64_t), const void* context) {
  const int threads = Pool::is_inside() ? 1 : share();
  if (threads == 1) {
    for (std::int64_t part = 0; part < parts; ++part) {
      poll();
      run(context, part);
    }
    return;
  }
  std::unique_ptr<Pool> pool = pools().take(thread_count() - 1);
  if (!pool) pool = std::make_unique<Pool>(thread_count() - 1);
  struct GiveBack {
    std::unique_ptr<Pool>& pool;
    ~GiveBack() { pools().give_back(std::move(pool)); }
  } const give_back{pool};
  Pool::Job job{.run = run, .context = context, .between = between_pieces};
  pool->run(parts, static_cast<std::size_t>(threads - 1), job);
}

}  // namespace kerascope
