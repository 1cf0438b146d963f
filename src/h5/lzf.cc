#include "h5/lzf.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

#include "h5/id.h"

namespace kerascope::h5 {
namespace {

constexpr H5Z_filter_t kLzf = 32000;

/// A control byte n below 32 precedes n + 1 literal bytes. Any other control byte holds a length in its upper 3 bits
/// (7: a byte with the rest follows); its lower 5 bits and the next byte are the distance to copy from.
bool expand(std::span<const std::uint8_t> packed, std::vector<std::uint8_t>& plain) {
  std::size_t at = 0;
  const auto left = [&] { return packed.size() - at; };
  while (left() > 0) {
    const unsigned control = packed[at++];
    if (control < 32) {
      const std::size_t run = control + 1;
      if (left() < run) return false;
      plain.insert(plain.end(), &packed[at], &packed[at] + run);
      at += run;
      continue;
    }
    std::size_t length = control >> 5;
    if (left() < (length == 7 ? 2u : 1u)) return false;
    if (length == 7) length += packed[at++];
    const std::size_t back = ((control & 31) << 8 | packed[at++]) + 1;
    if (back > plain.size()) return false;
    for (length += 2; length > 0; --length) plain.push_back(plain[plain.size() - back]);
  }
  return true;
}

std::size_t filter(unsigned flags, std::size_t, const unsigned[], std::size_t size, std::size_t* capacity,
                   void** buffer) {
  if (!(flags & H5Z_FLAG_REVERSE)) return 0;
  std::vector<std::uint8_t> plain;
  plain.reserve(size * 4);
  if (!expand({static_cast<const std::uint8_t*>(*buffer), size}, plain)) return 0;
  void* result = std::malloc(plain.size());
  if (!result) return 0;
  std::memcpy(result, plain.data(), plain.size());
  std::free(*buffer);
  *buffer = result;
  *capacity = plain.size();
  return plain.size();
}

}  // namespace

void register_lzf() {
  static const H5Z_class2_t lzf{
      .version = H5Z_CLASS_T_VERS, .id = kLzf, .decoder_present = 1, .name = "lzf", .filter = filter};
  H5Zregister(&lzf);
}

}  // namespace kerascope::h5
