// Uncompressed BMP (palettes of 1, 4 and 8 bits, 24 and 32 bits) -> RGB or RGBA.
#include <fmt/format.h>

#include <algorithm>

#include "inputs/decode.h"
#include "kerascope/error.h"

namespace kerascope {
namespace {

/// Little-endian numbers at positions that may lie beyond the end.
class Fields {
 public:
  explicit Fields(std::span<const std::byte> bytes) : bytes_(bytes) {}

  unsigned char byte(std::size_t at) const {
    if (at >= bytes_.size())
      throw Error({.code = "image-invalid",
                   .what = fmt::format("the BMP picture is cut short: it has {} bytes and needs more", bytes_.size()),
                   .hint = "copy or download the file again"});
    return std::to_integer<unsigned char>(bytes_[at]);
  }
  std::uint32_t u16(std::size_t at) const { return byte(at) | std::uint32_t{byte(at + 1)} << 8; }
  std::uint32_t u32(std::size_t at) const { return u16(at) | u16(at + 2) << 16; }

 private:
  std::span<const std::byte> bytes_;
};

struct Header {
  std::size_t end = 0;  ///< the position after it
  std::int64_t width = 0, height = 0;
  std::uint32_t bits = 0, colors = 0;
  std::size_t color_size = 4;
  bool has_alpha = false, is_from_top = false;
};

[[noreturn]] void refuse(const std::string& what) {
  throw Error({.code = "image-format",
               .what = fmt::format("the BMP picture {}, which Kerascope cannot read", what),
               .hint = "convert it to PNG"});
}

Header header_of(const Fields& fields) {
  constexpr std::size_t kBegin = 14;
  const std::uint32_t size = fields.u32(kBegin);
  Header header{.end = kBegin + size};
  if (size == 12) {
    header.width = fields.u16(kBegin + 4);
    header.height = fields.u16(kBegin + 6);
    header.bits = fields.u16(kBegin + 10);
    header.color_size = 3;
  } else if (size >= 40 && size <= 124) {
    header.width = static_cast<std::int32_t>(fields.u32(kBegin + 4));
    header.height = static_cast<std::int32_t>(fields.u32(kBegin + 8));
    header.is_from_top = header.height < 0;
    header.height = std::abs(header.height);
    header.bits = fields.u16(kBegin + 14);
    header.colors = fields.u32(kBegin + 32);
    const std::uint32_t compression = fields.u32(kBegin + 16);
    constexpr std::uint32_t kMasks = 3;
    if (compression == kMasks) {
      for (const std::uint32_t i : {0u, 1u, 2u})
        if (header.bits < 24 || fields.u32(kBegin + 40 + 4 * i) != 0xff0000u >> 8 * i)
          refuse("has its own masks of colours");
      header.has_alpha = size >= 56 && header.bits == 32 && fields.u32(kBegin + 52) == 0xff000000;
    } else if (compression != 0) {
      refuse(fmt::format("is compressed (kind {})", compression));
    }
  } else {
    refuse(fmt::format("has a header of {} bytes", size));
  }
  if (header.bits != 1 && header.bits != 4 && header.bits != 8 && header.bits != 24 && header.bits != 32)
    refuse(fmt::format("has {} bits a pixel", header.bits));
  if (header.colors == 0) header.colors = header.bits <= 8 ? 1u << header.bits : 0;
  return header;
}

}  // namespace

Image decode_bmp(std::span<const std::byte> bytes) {
  const Fields fields(bytes);
  const Header header = header_of(fields);
  Image image = allocate_image(header.width, header.height, header.has_alpha ? 4 : 3,
                               static_cast<std::int64_t>(bytes.size()) * 8 / header.bits);
  Palette palette;
  if (header.bits <= 8)
    for (std::size_t i = 0; i < std::min(header.colors, 256u); ++i)
      for (std::size_t c = 0; c < 3; ++c) palette.rgba[i][c] = fields.byte(header.end + i * header.color_size + 2 - c);

  const std::size_t begin = fields.u32(10), bits = header.bits, channels = static_cast<std::size_t>(image.channels);
  const auto width = static_cast<std::size_t>(image.width), height = static_cast<std::size_t>(image.height);
  const std::size_t row_size = (width * bits + 31) / 32 * 4;
  unsigned char* pixel = image.pixels.data();
  for (std::size_t y = 0; y < height; ++y) {
    const std::size_t row = begin + row_size * (header.is_from_top ? y : height - 1 - y);
    for (std::size_t x = 0; x < width; ++x, pixel += channels) {
      const std::size_t at = row + x * bits / 8;
      if (bits <= 8) {
        const std::size_t shift = 8 - bits - x * bits % 8, index = fields.byte(at) >> shift & ((1u << bits) - 1);
        std::copy_n(palette.rgba[index], channels, pixel);
        continue;
      }
      for (std::size_t c = 0; c < 3; ++c) pixel[c] = fields.byte(at + 2 - c);
      if (header.has_alpha) pixel[3] = fields.byte(at + 3);
    }
  }
  return image;
}

}  // namespace kerascope
