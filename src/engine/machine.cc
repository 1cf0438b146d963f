#include "engine/machine.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <vector>

#include "base/parallel.h"
#include "base/simd.h"
#include "engine/arena.h"

namespace kerascope {
namespace {

constexpr std::int64_t kRounds = 300'000;
constexpr std::int64_t kFloats = 32 << 20;  ///< more than a cache holds for long
constexpr std::int64_t kBlock = 4096;       ///< floats that stay in the innermost cache
constexpr int kTries = 8;
/// Enough independent sums that none waits for its last addition, few enough to stay in 16 registers.
constexpr int kSums = 12;

/// Keeps a result that nobody needs from being optimized away.
void use(float number) { [[maybe_unused]] volatile float kept = number; }

void multiply_add() {
  with_lanes([](auto lanes) {
    using Vector = simd::Vector<lanes()>;
    Vector sums[kSums];
    for (int i = 0; i < kSums; ++i) sums[i] = Vector{} + static_cast<float>(i);  // equal ones would be computed once
    const Vector factor = Vector{} + 0.5f, term = Vector{} + 1.0f;
    for (std::int64_t round = 0; round < kRounds; ++round)
      for (Vector& sum : sums) sum = sum * factor + term;
    Vector all = {};
    for (const Vector& sum : sums) all += sum;
    for (int i = 0; i < lanes(); ++i) use(all[i]);
  });
}

void write(float* to, std::int64_t blocks) {
  const std::vector<float> block(kBlock);
  for (std::int64_t i = 0; i < blocks; ++i) stream(block.data(), kBlock, to + i * kBlock);
  stream_end();
}

void read(const float* from, std::int64_t blocks) {
  vectorized([=] {
    float sums[64] = {};
    for (std::int64_t i = 0; i < blocks * kBlock; i += 64)
      for (int k = 0; k < 64; ++k) sums[k] += from[i + k];
    for (float sum : sums) use(sum);
  });
}

/// What all threads together do a second where each does `amount` in one call. Each takes its own 25th percentile, so
/// that neither waiting for a busy processor nor having the memory to itself for a moment counts.
template <typename Action>
double usual_rate(double amount, const Action& action) {
  std::atomic<double> rate = 0;
  parallel_for(thread_count(), 1, [&](std::int64_t thread, std::int64_t) {
    std::vector<double> seconds(kTries);
    for (double& took : seconds) {
      const auto begin = std::chrono::steady_clock::now();
      action(thread);
      took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    }
    std::ranges::nth_element(seconds, seconds.begin() + kTries / 4);
    rate += amount / seconds[kTries / 4];
  });
  return rate;
}

}  // namespace

Machine measure_machine() {
  const std::int64_t blocks = std::max<std::int64_t>(kFloats / kBlock / thread_count(), 1);
  const Arena arena(static_cast<std::size_t>(blocks * kBlock * thread_count()) * sizeof(float));
  const auto part = [&](std::int64_t thread) { return arena.at(0) + thread * blocks * kBlock; };
  const double part_bytes = static_cast<double>(blocks * kBlock) * sizeof(float);
  Machine machine;
  machine.flops = usual_rate(2.0 * kSums * kRounds * lanes(), [](auto) { multiply_add(); });
  // First: memory that was never written is nowhere.
  machine.written_bytes = usual_rate(part_bytes, [&](std::int64_t thread) { write(part(thread), blocks); });
  machine.read_bytes = usual_rate(part_bytes, [&](std::int64_t thread) { read(part(thread), blocks); });
  return machine;
}

Work& Work::operator+=(const Work& other) {
  flops += other.flops;
  read_bytes += other.read_bytes;
  written_bytes += other.written_bytes;
  return *this;
}

double seconds_at_best(const Machine& machine, const Work& work) {
  return std::max(work.flops / machine.flops,
                  work.read_bytes / machine.read_bytes + work.written_bytes / machine.written_bytes);
}

}  // namespace kerascope
