#include "base/simd.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace kerascope {
namespace {

#if defined(__x86_64__)

simd::Instructions find_instructions() {
  using enum simd::Instructions;
  const char* set = std::getenv("KERASCOPE_INSTRUCTIONS");
  const std::string_view most = set ? set : "";
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || most == simd::name(kBaseline))
    return kBaseline;
  const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return wide && most != simd::name(kAvx2) ? kAvx512 : kAvx2;
}

/// How many numbers precede the first one that is aligned to 64 bytes.
std::int64_t before_line(const float* to, std::int64_t count) {
  constexpr std::uintptr_t kLine = 64;
  const std::uintptr_t past = reinterpret_cast<std::uintptr_t>(to) % kLine;
  return std::min(count, past == 0 ? 0 : static_cast<std::int64_t>((kLine - past) / sizeof(float)));
}

[[gnu::target("avx512f")]] void stream_lines_avx512(const float* from, std::int64_t count, float* to) {
  for (std::int64_t i = 0; i < count; i += 16) _mm512_stream_ps(to + i, _mm512_loadu_ps(from + i));
}
[[gnu::target("avx")]] void stream_lines_avx(const float* from, std::int64_t count, float* to) {
  for (std::int64_t i = 0; i < count; i += 8) _mm256_stream_ps(to + i, _mm256_loadu_ps(from + i));
}
void stream_lines_baseline(const float* from, std::int64_t count, float* to) {
  for (std::int64_t i = 0; i < count; i += 4) _mm_stream_ps(to + i, _mm_loadu_ps(from + i));
}

#else

simd::Instructions find_instructions() { return simd::Instructions::kBaseline; }

#endif

}  // namespace

simd::Instructions simd::instructions() {
  static const Instructions found = find_instructions();
  return found;
}

std::string_view simd::name(Instructions instructions) {
  static constexpr std::string_view kNames[] = {"baseline", "avx2", "avx512"};
  return kNames[static_cast<int>(instructions)];
}

int lanes() {
  static const int found = [] {
    int count = 0;
    with_lanes([&](auto lanes) { count = lanes(); });
    return count;
  }();
  return found;
}

void stream(const float* from, std::int64_t count, float* to) {
#if defined(__x86_64__)
  const std::int64_t first = before_line(to, count), lines = (count - first) / 16 * 16;
  std::copy_n(from, first, to);
  switch (simd::instructions()) {
    case simd::Instructions::kAvx512:
      stream_lines_avx512(from + first, lines, to + first);
      break;
    case simd::Instructions::kAvx2:
      stream_lines_avx(from + first, lines, to + first);
      break;
    case simd::Instructions::kBaseline:
      stream_lines_baseline(from + first, lines, to + first);
  }
  std::copy_n(from + first + lines, count - first - lines, to + first + lines);
#else
  std::copy_n(from, count, to);
#endif
}

void stream_end() {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}

}  // namespace kerascope
