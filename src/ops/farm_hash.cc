// FarmHash's Fingerprint64 (Geoff Pike, Google), whose results are the same on all machines.
#include <cstring>
#include <string_view>
#include <utility>

#include "ops/hash.h"

namespace kerascope::ops {
namespace {

using U64 = std::uint64_t;
using Pair = std::pair<U64, U64>;

constexpr U64 kK0 = 0xc3a5c85c97cb3127u, kK1 = 0xb492b66fbe98f273u, kK2 = 0x9ae16a3b2f90404fu;

/// Bytes from a place on, the lowest first.
U64 word(const char* at, std::size_t bytes = 8) {
  U64 value = 0;
  for (std::size_t i = bytes; i-- > 0;) value = value << 8 | static_cast<unsigned char>(at[i]);
  return value;
}
U64 rotated(U64 value, int bits) { return value >> bits | value << (64 - bits); }
U64 mixed(U64 value) { return value ^ value >> 47; }

U64 joined(U64 one, U64 other, U64 factor) {
  const U64 first = mixed((one ^ other) * factor);
  return mixed((other ^ first) * factor) * factor;
}

U64 of_up_to_16(const char* text, std::size_t length) {
  const U64 factor = kK2 + length * 2;
  if (length >= 8) {
    const U64 a = word(text) + kK2, b = word(text + length - 8);
    return joined(rotated(b, 37) * factor + a, (rotated(a, 25) + b) * factor, factor);
  }
  if (length >= 4) return joined(length + (word(text, 4) << 3), word(text + length - 4, 4), factor);
  if (length == 0) return kK2;
  const U64 y = word(text, 1) + (word(text + length / 2, 1) << 8), z = length + (word(text + length - 1, 1) << 2);
  return mixed(y * kK2 ^ z * kK0) * kK2;
}

U64 of_up_to_32(const char* text, std::size_t length) {
  const U64 factor = kK2 + length * 2;
  const U64 a = word(text) * kK1, b = word(text + 8), c = word(text + length - 8) * factor,
            d = word(text + length - 16) * kK2;
  return joined(rotated(a + b, 43) + rotated(c, 30) + d, a + rotated(b + kK2, 18) + c, factor);
}

U64 of_up_to_64(const char* text, std::size_t length) {
  const U64 factor = kK2 + length * 2;
  const U64 a = word(text) * kK2, b = word(text + 8), c = word(text + length - 8) * factor,
            d = word(text + length - 16) * kK2;
  const U64 y = rotated(a + b, 43) + rotated(c, 30) + d, z = joined(y, a + rotated(b + kK2, 18) + c, factor);
  const U64 e = word(text + 16) * factor, f = word(text + 24), g = (y + word(text + length - 32)) * factor,
            h = (z + word(text + length - 24)) * factor;
  return joined(rotated(e + f, 43) + rotated(g, 30) + h, e + rotated(f + a, 18) + g, factor);
}

/// A weak hash of 32 bytes and two seeds.
Pair weak(const char* text, U64 a, U64 b) {
  a += word(text);
  b = rotated(b + a + word(text + 24), 21);
  const U64 begin = a;
  a += word(text + 8) + word(text + 16);
  return {a + word(text + 24), b + rotated(a, 44) + begin};
}

/// 56 bytes of state, which each block of 64 bytes changes.
struct State {
  U64 x, y, z;
  Pair v = {0, 0}, w = {0, 0};

  void take(const char* block, U64 factor, U64 weight) {
    x = rotated(x + y + v.first + word(block + 8), 37) * factor;
    y = rotated(y + v.second + word(block + 48), 42) * factor;
    x ^= w.second * weight;
    y += v.first * weight + word(block + 40);
    z = rotated(z + w.first, 33) * factor;
    v = weak(block, v.second * factor, x + w.first);
    w = weak(block + 32, z + w.second, y + word(block + 16));
    std::swap(z, x);
  }
};

}  // namespace

std::uint64_t farm_hash(std::string_view text) {
  const std::size_t length = text.size();
  if (length <= 16) return of_up_to_16(text.data(), length);
  if (length <= 32) return of_up_to_32(text.data(), length);
  if (length <= 64) return of_up_to_64(text.data(), length);
  constexpr U64 kSeed = 81;
  const U64 y = kSeed * kK1 + 113;
  State state{.x = kSeed * kK2 + word(text.data()), .y = y, .z = mixed(y * kK2 + 113) * kK2};
  const std::size_t last = (length - 1) / 64 * 64;
  for (std::size_t at = 0; at < last; at += 64) state.take(text.data() + at, kK1, 1);
  // The last 64 bytes, which overlap those before.
  const U64 factor = kK1 + ((state.z & 0xff) << 1);
  state.w.first += (length - 1) & 63;
  state.v.first += state.w.first;
  state.w.first += state.v.first;
  state.take(text.data() + length - 64, factor, 9);
  return joined(joined(state.v.first, state.w.first, factor) + mixed(state.y) * kK0 + state.z,
                joined(state.v.second, state.w.second, factor) + state.x, factor);
}

}  // namespace kerascope::ops
