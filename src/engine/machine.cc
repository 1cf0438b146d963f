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
constexpr std::int64_t kFloats = 32 << 20;  ///< of all threads together: more than the caches hold
constexpr std::int64_t kPiece = 512 << 10;  ///< floats that one measurement reads or writes
constexpr std::int64_t kBlock = 4 << 10;    ///< floats that stay in the first-level cache
/// Enough independent sums to hide the latency of an addition, few enough for 16 registers.
constexpr int kSums = 12;

/// Keeps the compiler from removing the computation of a result that nobody reads.
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

void write(float* to) {
  static const std::vector<float> block(kBlock);
  for (std::int64_t i = 0; i < kPiece; i += kBlock) stream(block.data(), kBlock, to + i);
  stream_end();
}

void read(const float* from) {
  vectorized([=] {
    float sums[64] = {};
    for (std::int64_t i = 0; i < kPiece; i += 64)
      for (int k = 0; k < 64; ++k) sums[k] += from[i + k];
    for (float sum : sums) use(sum);
  });
}

/// @return  how much all threads do per second, if each action(thread, i) does `amount`. Each thread's 25th percentile
///          counts, so neither a busy processor nor a moment with the memory to itself distorts it.
template <typename Action>
double usual_rate(std::int64_t times, double amount, const Action& action) {
  std::atomic<double> rate = 0;
  parallel_for(thread_count(), 1, [&](std::int64_t thread, std::int64_t) {
    std::vector<double> seconds;
    for (std::int64_t i = 0; i < times; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      action(thread, i);
      seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    }
    const auto quarter = seconds.begin() + times / 4;
    std::ranges::nth_element(seconds, quarter);
    rate += amount / *quarter;
  });
  return rate;
}

}  // namespace

Machine measure_machine() {
  const std::int64_t pieces = std::max<std::int64_t>(kFloats / kPiece / thread_count(), 1);
  const Arena arena(static_cast<std::size_t>(pieces * kPiece * thread_count()) * sizeof(float));
  const auto piece = [&](std::int64_t thread, std::int64_t i) {
    return arena.at(static_cast<std::size_t>((thread * pieces + i % pieces) * kPiece) * sizeof(float));
  };
  Machine machine;
  machine.flops = usual_rate(8, 2.0 * kSums * kRounds * lanes(), [](auto, auto) { multiply_add(); });
  // Twice, as the first touch of a page costs more; before reading, as a page that was never written has no memory.
  constexpr double kBytes = kPiece * sizeof(float);
  machine.written_bytes = usual_rate(2 * pieces, kBytes, [&](auto thread, auto i) { write(piece(thread, i)); });
  machine.read_bytes = usual_rate(pieces, kBytes, [&](auto thread, auto i) { read(piece(thread, i)); });
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
