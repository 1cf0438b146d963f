#include "render/deflate.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <numeric>

namespace kerascope {
namespace {

using Counts = std::vector<std::uint32_t>;  // by symbol

// The limit lets four codes and the bits of an unfinished byte fit into 64 bits.
constexpr int kLongestCode = 14, kLongestLengthCode = 7;
constexpr std::uint32_t kEndOfBlock = 256, kSymbols = 286, kLongestRun = 258, kShortestRun = 3;

/// Some literals, then repetitions of the last of them.
struct Stretch {
  std::uint32_t literals, repeats;
};

/// Finds all runs of at least 15 bytes, and of shorter runs those that fill one of the words it looks at; missing a few
/// costs little.
std::vector<Stretch> stretches_of(std::span<const unsigned char> bytes) {
  std::vector<Stretch> found;
  std::size_t begin = 0;
  for (std::size_t at = 0; at + 8 <= bytes.size();) {
    std::uint64_t word;
    std::memcpy(&word, &bytes[at], sizeof word);
    if (word != (word & 0xFF) * 0x0101010101010101) {
      at += sizeof word;
      continue;
    }
    std::size_t first = at, end = at + sizeof word;
    while (first > begin && bytes[first - 1] == bytes[at]) --first;
    while (end < bytes.size() && bytes[end] == bytes[at]) ++end;
    found.push_back({static_cast<std::uint32_t>(first + 1 - begin), static_cast<std::uint32_t>(end - first - 1)});
    begin = at = end;
  }
  found.push_back({static_cast<std::uint32_t>(bytes.size() - begin), 0});
  return found;
}

/// The encoding of a run's length: a symbol and some extra bits.
struct RunLength {
  std::uint32_t symbol, extra;
  int extra_bits;

  explicit RunLength(std::uint32_t length) : symbol(285), extra(0), extra_bits(0) {
    if (length == kLongestRun) return;
    const std::uint32_t rest = length - kShortestRun;
    extra_bits = std::max(0, static_cast<int>(std::bit_width(rest)) - 3);
    symbol = 257 + (static_cast<std::uint32_t>(extra_bits) << 2) + (rest >> extra_bits);
    extra = rest & ((1u << extra_bits) - 1);
  }
};

template <typename Take>
void each_run(std::uint32_t repeats, const Take& take) {
  while (repeats > 0) {
    std::uint32_t length = std::min(repeats, kLongestRun);
    if (repeats > length && repeats - length < kShortestRun) length -= kShortestRun;  // the rest must be a run, too
    take(RunLength(length));
    repeats -= length;
  }
}

Counts counts_of(std::span<const unsigned char> bytes, std::span<const Stretch> stretches) {
  Counts counts(kSymbols);
  // Four tables, as increments of one counter for equal neighbours would have to wait for each other.
  std::array<std::array<std::uint32_t, 256>, 4> literals{};
  const unsigned char* from = bytes.data();
  for (const Stretch& stretch : stretches) {
    std::uint32_t i = 0;
    for (; i + 4 <= stretch.literals; i += 4)
      for (std::uint32_t k = 0; k < 4; ++k) ++literals[k][from[i + k]];
    for (; i < stretch.literals; ++i) ++literals[0][from[i]];
    each_run(stretch.repeats, [&](const RunLength& run) { ++counts[run.symbol]; });
    from += stretch.literals + stretch.repeats;
  }
  for (const auto& table : literals)
    for (std::size_t symbol = 0; symbol < table.size(); ++symbol) counts[symbol] += table[symbol];
  counts[kEndOfBlock] = 1;
  return counts;
}

/// The code lengths of a Huffman code, 0 for symbols that do not occur; at least two symbols must occur.
std::vector<unsigned char> code_lengths(Counts counts, int longest) {
  std::vector<std::size_t> leaves;
  for (std::size_t symbol = 0; symbol < counts.size(); ++symbol)
    if (counts[symbol]) leaves.push_back(symbol);
  std::ranges::stable_sort(leaves, {}, [&](std::size_t symbol) { return counts[symbol]; });
  const std::size_t count = leaves.size();
  std::vector<unsigned char> lengths(counts.size());
  std::vector<std::uint64_t> weights(2 * count - 1);
  std::vector<std::size_t> parents(2 * count - 1);
  std::vector<int> depths(2 * count - 1);
  for (;;) {
    // First the leaves by weight, then the inner nodes, which are created in the order of their weight.
    for (std::size_t i = 0; i < count; ++i) weights[i] = counts[leaves[i]];
    std::size_t leaf = 0, inner = count;
    for (std::size_t node = count; node < weights.size(); ++node) {
      weights[node] = 0;
      for (int child = 0; child < 2; ++child) {
        const bool is_leaf = leaf < count && (inner == node || weights[leaf] <= weights[inner]);
        const std::size_t lightest = is_leaf ? leaf++ : inner++;
        weights[node] += weights[lightest];
        parents[lightest] = node;
      }
    }
    for (std::size_t node = weights.size() - 1; node-- > 0;) depths[node] = depths[parents[node]] + 1;
    if (depths[0] <= longest) break;
    for (std::uint32_t& weight : counts) weight = weight ? weight / 2 + 1 : 0;  // flatter; the order stays
  }
  for (std::size_t i = 0; i < count; ++i) lengths[leaves[i]] = static_cast<unsigned char>(depths[i]);
  return lengths;
}

struct Code {
  std::uint16_t bits = 0, length = 0;  // the first bit is the lowest
};

/// Canonical codes: codes of equal length are consecutive, in the order of their symbols.
std::vector<Code> codes_of(std::span<const unsigned char> lengths) {
  std::vector<Code> codes(lengths.size());
  std::uint32_t next = 0;
  for (int length = 1; length <= kLongestCode; ++length, next <<= 1)
    for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol) {
      if (lengths[symbol] != length) continue;
      std::uint32_t reversed = 0;
      for (int bit = 0; bit < length; ++bit) reversed |= ((next >> bit) & 1) << (length - 1 - bit);
      codes[symbol] = {static_cast<std::uint16_t>(reversed), static_cast<std::uint16_t>(length)};
      ++next;
    }
  return codes;
}

class BitWriter {
 public:
  explicit BitWriter(unsigned char* to) : to_(to) {}

  /// Adds bits, at most 56 between two calls of flush().
  void put(std::uint64_t bits, int count) {
    held_ |= bits << count_;
    count_ += count;
  }
  void put(const Code& code) { put(code.bits, code.length); }
  void flush() {
    for (int i = 0; i < 8; ++i) to_[i] = static_cast<unsigned char>(held_ >> (8 * i));
    to_ += count_ / 8;
    held_ >>= count_ & ~7;
    count_ &= 7;
  }
  unsigned char* end() {
    count_ += -count_ & 7;
    flush();
    return to_;
  }

 private:
  unsigned char* to_;
  std::uint64_t held_ = 0;
  int count_ = 0;
};

/// Writes the block's code lengths: of literals and run lengths, then of the only distance, 1.
void put_header(BitWriter& out, std::span<const unsigned char> lengths) {
  struct Item {
    std::uint32_t symbol, extra;
    int extra_bits;
  };
  std::vector<Item> items;
  for (std::size_t at = 0; at < lengths.size();) {
    const auto rest = lengths.subspan(at);
    const auto nonzero = std::ranges::find_if(rest, [](unsigned char length) { return length != 0; });
    const auto zeros = static_cast<std::uint32_t>(std::min<std::ptrdiff_t>(nonzero - rest.begin(), 138));
    if (zeros >= 11)
      items.push_back({18, zeros - 11, 7});
    else if (zeros >= 3)
      items.push_back({17, zeros - 3, 3});
    else
      items.push_back({rest[0], 0, 0});
    at += zeros >= 3 ? zeros : 1;
  }
  items.push_back({1, 0, 0});
  Counts counts(19);
  for (const Item& item : items) ++counts[item.symbol];
  for (std::size_t symbol = 0; std::ranges::count(counts, 0u) > 17; ++symbol) counts[symbol] += counts[symbol] == 0;
  const std::vector<unsigned char> item_lengths = code_lengths(counts, kLongestLengthCode);
  const std::vector<Code> codes = codes_of(item_lengths);
  constexpr std::array kOrder = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
  out.put(lengths.size() - 257, 5);
  out.put(0, 5);
  out.put(kOrder.size() - 4, 4);
  out.flush();
  for (const int symbol : kOrder) {
    out.put(item_lengths[static_cast<std::size_t>(symbol)], 3);
    out.flush();
  }
  for (const Item& item : items) {
    out.put(codes[item.symbol]);
    out.put(item.extra, item.extra_bits);
    out.flush();
  }
}

void put_literals(BitWriter& to, std::span<const unsigned char> literals, const Code* codes) {
  BitWriter out = to;  // a local copy stays in registers
  std::size_t i = 0;
  for (; i + 4 <= literals.size(); i += 4) {
    for (std::size_t k = 0; k < 4; ++k) out.put(codes[literals[i + k]]);
    out.flush();
  }
  for (; i < literals.size(); ++i) {
    out.put(codes[literals[i]]);
    out.flush();
  }
  to = out;
}

}  // namespace

std::vector<unsigned char> deflated(std::span<const unsigned char> bytes, bool is_last) {
  const std::vector<Stretch> stretches = stretches_of(bytes);
  const std::vector<unsigned char> lengths = code_lengths(counts_of(bytes, stretches), kLongestCode);
  const std::vector<Code> codes = codes_of(lengths);
  // No symbol takes more than 14 bits, no header more than 512 bytes.
  const auto buffer = std::make_unique_for_overwrite<unsigned char[]>(2 * bytes.size() + 1024);
  BitWriter out(buffer.get());
  constexpr int kOwnCodes = 2;
  out.put(is_last | kOwnCodes << 1, 3);
  put_header(out, lengths);
  std::span<const unsigned char> rest = bytes;
  for (const Stretch& stretch : stretches) {
    put_literals(out, rest.first(stretch.literals), codes.data());
    each_run(stretch.repeats, [&](const RunLength& run) {
      out.put(codes[run.symbol]);
      out.put(run.extra, run.extra_bits);
      out.put(0, 1);  // distance 1
      out.flush();
    });
    rest = rest.subspan(stretch.literals + stretch.repeats);
  }
  out.put(codes[kEndOfBlock]);
  out.flush();
  if (!is_last) {  // an empty stored block, so that the next piece begins at a whole byte
    out.put(0, 3);
    unsigned char* const sizes = out.end();
    std::copy_n(std::array<unsigned char, 4>{0, 0, 0xFF, 0xFF}.begin(), 4, sizes);
    return {buffer.get(), sizes + 4};
  }
  return {buffer.get(), out.end()};
}

}  // namespace kerascope
