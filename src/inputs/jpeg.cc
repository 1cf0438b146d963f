// JPEG -> grey or RGB, with libjpeg-turbo's accurate inverse DCT and smooth chroma upsampling, Pillow's defaults.
#include <fmt/format.h>
#include <turbojpeg.h>

#include <cstring>
#include <memory>

#include "inputs/decode.h"
#include "kerascope/error.h"

namespace kerascope {
namespace {

struct Frame {
  std::int64_t width = 0, height = 0;
  int components = 0;
};

// Walks over the markers. For a truncated file libjpeg makes up the missing pixels and only warns; Pillow refuses a
// file without an end marker, and so does this.
Frame find_frame(std::span<const std::byte> bytes) {
  const auto byte = [&](std::size_t at) { return std::to_integer<int>(bytes[at]); };
  const auto word = [&](std::size_t at) { return byte(at) << 8 | byte(at + 1); };
  Frame frame;
  std::size_t at = 2;  // after the start marker
  while (at + 1 < bytes.size()) {
    const int marker = byte(at) == 0xff ? byte(at + 1) : 0;
    if (marker == 0 || marker == 0xff || (marker >= 0xd0 && marker <= 0xd7)) {  // compressed data, fill byte, restart
      const void* next = std::memchr(&bytes[at + 1], 0xff, bytes.size() - at - 1);
      if (!next) break;
      at = static_cast<std::size_t>(static_cast<const std::byte*>(next) - bytes.data());
      continue;
    }
    if (marker == 0xd9) return frame;
    if (at + 4 > bytes.size()) break;
    // C0 to CF begin a frame, except the tables C4 and CC and the reserved C8.
    const bool begins_frame = marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    if (begins_frame && at + 10 <= bytes.size())
      frame = {.width = word(at + 7), .height = word(at + 5), .components = byte(at + 9)};
    at += 2 + static_cast<std::size_t>(word(at + 2));
  }
  throw Error({.code = "image-invalid",
               .what = fmt::format("the JPEG picture is cut short: its {} bytes have no end marker", bytes.size()),
               .hint = "copy or download the file again"});
}

// Pillow treats every CMYK as Adobe's, which stores 255 minus the ink, and multiplies each ink with 255 minus black.
void make_rgb(Image& image) {
  const std::vector<unsigned char> cmyk = std::move(image.pixels);
  image.channels = 3;
  image.pixels.resize(cmyk.size() / 4 * 3);
  unsigned char* out = image.pixels.data();
  for (std::size_t i = 0; i < cmyk.size(); i += 4)
    for (std::size_t c = 0; c < 3; ++c) {
      const int without_black = cmyk[i + 3], product = (255 - cmyk[i + c]) * without_black + 128;
      *out++ = static_cast<unsigned char>(without_black - ((product + (product >> 8)) >> 8));
    }
}

}  // namespace

Image decode_jpeg(std::span<const std::byte> bytes) {
  const Frame frame = find_frame(bytes);
  if (frame.components != 1 && frame.components != 3 && frame.components != 4)
    throw Error({.code = "image-invalid",
                 .what = fmt::format("the JPEG picture has {} channels, not 1, 3 or 4", frame.components)});

  // Even a blank block of 64 pixels takes at least one bit.
  Image image =
      allocate_image(frame.width, frame.height, frame.components, static_cast<std::int64_t>(bytes.size()) * 8 * 64);
  const std::unique_ptr<void, int (*)(tjhandle)> decoder(tjInitDecompress(), tjDestroy);
  const auto* encoded = reinterpret_cast<const unsigned char*>(bytes.data());
  const int format = image.channels == 1 ? TJPF_GRAY : image.channels == 3 ? TJPF_RGB : TJPF_CMYK;
  const int failed =
      tjDecompress2(decoder.get(), encoded, bytes.size(), image.pixels.data(), static_cast<int>(image.width), 0,
                    static_cast<int>(image.height), format, TJFLAG_LIMITSCANS);
  // Warnings are about damaged compressed data, of which Pillow decodes what it can.
  if (failed && tjGetErrorCode(decoder.get()) == TJERR_FATAL)
    throw Error({.code = "image-invalid",
                 .what = "the JPEG picture cannot be decoded",
                 .because = tjGetErrorStr2(decoder.get())});
  if (image.channels == 4) make_rgb(image);
  return image;
}

}  // namespace kerascope
