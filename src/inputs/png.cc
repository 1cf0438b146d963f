// PNG of every colour type -> grey, grey and alpha, RGB or RGBA.
#include <fmt/format.h>
#include <spng.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "inputs/decode.h"
#include "kerascope/error.h"

namespace kerascope {
namespace {

using Decoder = std::unique_ptr<spng_ctx, void (*)(spng_ctx*)>;

void check(int status) {
  if (status)
    throw Error(
        {.code = "image-invalid", .what = "the PNG picture cannot be decoded", .because = spng_strerror(status)});
}

// One row's samples as 8 bits: the upper 8 of 16 bits; fewer bits unchanged.
void unpack(const unsigned char* row, int bits, std::span<unsigned char> samples) {
  if (bits >= 8) {
    const std::size_t step = static_cast<std::size_t>(bits / 8);
    for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = row[i * step];
    return;
  }
  const std::size_t in_a_byte = static_cast<std::size_t>(8 / bits);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const int shift = 8 - bits * static_cast<int>(i % in_a_byte + 1);
    samples[i] = static_cast<unsigned char>(row[i / in_a_byte] >> shift & ((1 << bits) - 1));
  }
}

// Pillow clips 16-bit grey to 255, but takes the upper 8 bits of other colours. True if any number was clipped.
bool clip(const unsigned char* row, std::span<unsigned char> samples) {
  bool is_any = false;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    is_any |= row[2 * i] > 0;
    samples[i] = row[2 * i] > 0 ? 255 : row[2 * i + 1];
  }
  return is_any;
}

struct PngPalette : Palette {
  bool has_alpha = false;
};

PngPalette palette_of(spng_ctx* decoder) {
  PngPalette palette;
  spng_plte colors;
  check(spng_get_plte(decoder, &colors));
  for (std::size_t i = 0; i < colors.n_entries; ++i) {
    palette.rgba[i][0] = colors.entries[i].red;
    palette.rgba[i][1] = colors.entries[i].green;
    palette.rgba[i][2] = colors.entries[i].blue;
  }
  spng_trns transparency;
  if (spng_get_trns(decoder, &transparency) == SPNG_OK) {
    palette.has_alpha = true;
    for (std::size_t i = 0; i < transparency.n_type3_entries; ++i) palette.rgba[i][3] = transparency.type3_alpha[i];
  }
  return palette;
}

// The transparent colour, for comparison as in Pillow: its low 8 bits with the 8-bit pixel.
std::optional<std::array<unsigned char, 3>> transparent_colour(spng_ctx* decoder, const spng_ihdr& header) {
  spng_trns transparency;
  if (spng_get_trns(decoder, &transparency) != SPNG_OK) return std::nullopt;
  const auto low = [](std::uint16_t value) { return static_cast<unsigned char>(value & 0xff); };
  if (header.color_type == SPNG_COLOR_TYPE_TRUECOLOR)
    return std::array{low(transparency.red), low(transparency.green), low(transparency.blue)};
  const unsigned char grey = header.bit_depth == 1 ? (transparency.gray ? 255 : 0) : low(transparency.gray);
  return std::array{grey, grey, grey};
}

int samples_per_pixel(int colour_type) {
  switch (colour_type) {
    case SPNG_COLOR_TYPE_GRAYSCALE_ALPHA:
      return 2;
    case SPNG_COLOR_TYPE_TRUECOLOR:
      return 3;
    case SPNG_COLOR_TYPE_TRUECOLOR_ALPHA:
      return 4;
    default:
      return 1;
  }
}

}  // namespace

Image decode_png(std::span<const std::byte> bytes, int wanted_channels) {
  const Decoder decoder(spng_ctx_new(0), spng_ctx_free);
  if (!decoder) throw std::bad_alloc();
  constexpr std::size_t kMostChunk = 64 << 20;  // as texts and colour profiles may be compressed
  check(spng_set_chunk_limits(decoder.get(), kMostChunk, kMostChunk));
  check(spng_set_png_buffer(decoder.get(), bytes.data(), bytes.size()));
  spng_ihdr header;
  check(spng_get_ihdr(decoder.get(), &header));
  const int bits = header.bit_depth, in_channels = samples_per_pixel(header.color_type);
  const bool indexed = header.color_type == SPNG_COLOR_TYPE_INDEXED;
  const PngPalette palette = indexed ? palette_of(decoder.get()) : PngPalette{};
  const auto transparent = indexed ? std::nullopt : transparent_colour(decoder.get(), header);
  const int channels = indexed ? (palette.has_alpha ? 4 : 3) : in_channels + (transparent ? 1 : 0);

  // Deflate compresses at most 1032 bytes into one.
  const std::int64_t most_bits = static_cast<std::int64_t>(bytes.size()) * 1032 * 8;
  const std::int64_t most_pixels = most_bits / (bits * in_channels);
  std::size_t size = 0;
  check(spng_decoded_image_size(decoder.get(), SPNG_FMT_RAW, &size));
  const bool is_deep = bits == 16 && header.color_type == SPNG_COLOR_TYPE_GRAYSCALE;
  if (is_deep && wanted_channels == 1) {
    Image deep = allocate_image(header.width, header.height, 1, most_pixels, 16);
    check(spng_decode_image(decoder.get(), deep.pixels.data(), size, SPNG_FMT_PNG, 0));
    return deep;
  }
  Image image = allocate_image(header.width, header.height, channels, most_pixels);
  if (channels == in_channels && bits == 8) {
    check(spng_decode_image(decoder.get(), image.pixels.data(), size, SPNG_FMT_RAW, 0));
    return image;
  }

  std::vector<unsigned char> raw(size);
  check(spng_decode_image(decoder.get(), raw.data(), size, SPNG_FMT_RAW, 0));
  std::vector<unsigned char> samples(header.width * static_cast<std::size_t>(in_channels));
  unsigned char* pixel = image.pixels.data();
  for (std::size_t y = 0; y < header.height; ++y) {
    const unsigned char* row = raw.data() + y * (size / header.height);
    if (is_deep)
      image.is_clipped |= clip(row, samples);
    else
      unpack(row, bits, samples);
    if (bits < 8 && !indexed)
      for (unsigned char& sample : samples) sample = static_cast<unsigned char>(sample * 255 / ((1 << bits) - 1));
    for (std::size_t x = 0; x < header.width; ++x, pixel += channels) {
      const unsigned char* in =
          indexed ? palette.rgba[samples[x]] : &samples[x * static_cast<std::size_t>(in_channels)];
      std::copy_n(in, std::min(channels, indexed ? 4 : in_channels), pixel);
      if (transparent) pixel[channels - 1] = std::equal(in, in + in_channels, transparent->begin()) ? 0 : 255;
    }
  }
  return image;
}

}  // namespace kerascope
