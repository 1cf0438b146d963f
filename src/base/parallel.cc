#include "base/parallel.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "base/simd.h"
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

/// A thread pool that runs one job after another; each thread takes parts of it.
class Pool {
 public:
  /// Starts as many helper threads as the system allows; jobs also run with fewer.
  explicit Pool(int helpers) : bells_(static_cast<std::size_t>(helpers)), wanted_(helpers) {
    try {
      for (Bell& bell : bells_) threads_.emplace_back([this, &bell](std::stop_token stop) { help(stop, bell); });
    } catch (const std::system_error&) {
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

  void run(std::int64_t parts, void (*part)(const void*, std::int64_t), const void* context) {
    run_ = part;
    context_ = context;
    done_.store(0, std::memory_order_relaxed);
    const std::uint64_t job = (ticket_.load(std::memory_order_relaxed) >> kJobShift) + 1;
    ticket_.store(job << kJobShift | static_cast<std::uint64_t>(parts) << kPartsShift, std::memory_order_release);
    const auto woken = std::min(static_cast<std::size_t>(parts) - 1, threads_.size());
    for (std::size_t i = 0; i < woken; ++i) bells_[i].ring();
    take_parts();
    const auto all = static_cast<std::uint32_t>(parts);
    const auto is_done = [&] { return done_.load(std::memory_order_acquire) == all; };
    while (!soon(is_done)) std::this_thread::yield();
  }

  /// Whether this thread is doing a part of a job.
  static bool& is_inside() {
    thread_local bool inside = false;
    return inside;
  }

 private:
  // A ticket packs the job's number, its number of parts, and the next part to take. A thread that took an existing
  // part may read the job's fields: the job ends only after all its parts are done.
  static constexpr int kPartsShift = 16, kJobShift = 32;
  static constexpr std::uint64_t kMask = 0xffff;

  void take_parts() noexcept {
    is_inside() = true;
    for (;;) {
      const std::uint64_t ticket = ticket_.fetch_add(1, std::memory_order_acq_rel), part = ticket & kMask;
      if (part >= (ticket >> kPartsShift & kMask)) break;
      run_(context_, static_cast<std::int64_t>(part));
      stream_end();
      done_.fetch_add(1, std::memory_order_release);
    }
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
  void (*run_)(const void*, std::int64_t) = nullptr;
  const void* context_ = nullptr;
  std::vector<Bell> bells_;
  int wanted_;
  std::vector<std::jthread> threads_;
};

std::mutex pool_mutex;
std::unique_ptr<Pool> pool;
thread_local int limit = 0;  // 0: none

int usual_threads() {
  const char* wanted = std::getenv("OMP_NUM_THREADS");
  int threads = wanted ? std::atoi(wanted) : 0;
  cpu_set_t processors;
  if (threads < 1 && sched_getaffinity(0, sizeof processors, &processors) == 0) threads = CPU_COUNT(&processors);
  if (threads < 1) threads = static_cast<int>(std::thread::hardware_concurrency());  // more than a cpu_set_t holds
  return std::clamp(threads, 1, kMostThreads);
}

}  // namespace

int thread_count() {
  static const int usual = usual_threads();
  return limit > 0 ? limit : usual;
}

ThreadLimit::ThreadLimit(int threads) : before_(limit) {
  if (threads < 0 || threads > kMostThreads)
    throw Error({.code = "threads-invalid",
                 .what = fmt::format("{} threads are to compute, and it must be 1 to {}", threads, kMostThreads),
                 .hint = "0 takes as many as there are cores"});
  if (threads > 0) limit = threads;
}

ThreadLimit::~ThreadLimit() { limit = before_; }

void parallel::run_parts(std::int64_t parts, void (*run)(const void*, std::int64_t), const void* context) {
  std::unique_lock lock(pool_mutex, std::defer_lock);
  if (Pool::is_inside() || !lock.try_lock()) {
    for (std::int64_t part = 0; part < parts; ++part) run(context, part);
    return;
  }
  if (!pool || pool->wanted() < thread_count() - 1) {
    pool.reset();
    pool = std::make_unique<Pool>(thread_count() - 1);
  }
  pool->run(parts, run, context);
}

}  // namespace kerascope
