#include "engine/machine.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/parallel.h"
#include "engine/arena.h"

namespace kerascope {
namespace {

/// Enough independent sums that none waits for its last addition, few enough to stay in 16 registers.
constexpr int kSums = 12;
using Vector4 [[gnu::vector_size(16)]] = float;
using Vector8 [[gnu::vector_size(32)]] = float;
using Vector16 [[gnu::vector_size(64)]] = float;

constexpr std::int64_t kRounds = 300'000;
constexpr int kTries = 7;
constexpr std::int64_t kFloats = 32 << 20;

template <typename Vector>
[[gnu::always_inline]] inline float multiply_add(std::int64_t rounds) {
  Vector sums[kSums];
  for (int i = 0; i < kSums; ++i) sums[i] = Vector{} + static_cast<float>(i);  // equal ones would be computed once
  const Vector factor = Vector{} + 0.5f, term = Vector{} + 1.0f;
  for (std::int64_t round = 0; round < rounds; ++round)
    for (Vector& sum : sums) sum = sum * factor + term;
  Vector all = {};
  for (const Vector& sum : sums) all += sum;
  float result = 0;
  for (std::size_t i = 0; i < sizeof(Vector) / sizeof(float); ++i) result += all[i];
  return result;
}

struct MultiplyAdd {
  float (*run)(std::int64_t rounds);
  int floats;  ///< in a vector
};

float multiply_add_baseline(std::int64_t rounds) { return multiply_add<Vector4>(rounds); }

#if defined(__x86_64__)

[[gnu::target("avx2,fma")]] float multiply_add_avx2(std::int64_t rounds) { return multiply_add<Vector8>(rounds); }
[[gnu::target("avx512f")]] float multiply_add_avx512(std::int64_t rounds) { return multiply_add<Vector16>(rounds); }

MultiplyAdd widest_multiply_add() {
  if (__builtin_cpu_supports("avx512f")) return {multiply_add_avx512, 16};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return {multiply_add_avx2, 8};
  return {multiply_add_baseline, 4};
}

void write(float* to, std::int64_t count) {
  const __m128 numbers = _mm_set1_ps(1);
  for (std::int64_t i = 0; i < count; i += 4) _mm_stream_ps(to + i, numbers);
  _mm_sfence();
}

#else

MultiplyAdd widest_multiply_add() { return {multiply_add_baseline, 4}; }

void write(float* to, std::int64_t count) { std::fill_n(to, count, 1.0f); }

#endif

float read(const float* from, std::int64_t count) {
  float sums[64] = {};
  for (std::int64_t i = 0; i < count; i += 64)
    for (int k = 0; k < 64; ++k) sums[k] += from[i + k];
  return sums[0];
}

/// What all threads together do a second where each does `amount` in one call. Each takes its own median, so that
/// neither waiting for a busy processor nor having the memory to itself for a moment counts.
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
    std::ranges::nth_element(seconds, seconds.begin() + kTries / 2);
    rate += amount / seconds[kTries / 2];
  });
  return rate;
}

/// Keeps a result that nobody needs from being optimized away.
void use(float number) { [[maybe_unused]] volatile float kept = number; }

}  // namespace

Machine measure_machine() {
  const MultiplyAdd widest = widest_multiply_add();
  const std::int64_t part = kFloats / thread_count() / 64 * 64;
  const Arena arena(kFloats * sizeof(float));
  const auto write_part = [&](std::int64_t thread) { write(arena.at(0) + thread * part, part); };
  const auto read_part = [&](std::int64_t thread) { use(read(arena.at(0) + thread * part, part)); };
  const double part_bytes = static_cast<double>(part) * sizeof(float);
  Machine machine;
  machine.flops = usual_rate(2.0 * kSums * kRounds * widest.floats, [&](auto) { use(widest.run(kRounds)); });
  machine.written_bytes = usual_rate(part_bytes, write_part);  // first: memory that was never written is nowhere
  machine.read_bytes = usual_rate(part_bytes, read_part);
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
