// Recognises a picture's format by its first bytes, decodes it, and converts channels as Pillow does.
#include "inputs/image.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <span>
#include <string_view>

#include "base/check.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "inputs/decode.h"
#include "kerascope/error.h"

namespace kerascope {
namespace {

using namespace std::string_view_literals;

struct Kind {
  std::string_view name, bytes;
  std::size_t offset = 0;
  Image (*decode)(std::span<const std::byte> bytes, int wanted_channels) = nullptr;  ///< null: cannot be decoded
};

template <auto decode>
Image all_channels(std::span<const std::byte> bytes, int) {
  return decode(bytes);
}

constexpr Kind kKinds[] = {
    {"JPEG", "\xff\xd8\xff"sv, 0, all_channels<decode_jpeg>},
    {"PNG", "\x89PNG\r\n\x1a\n"sv, 0, decode_png},
    {"GIF", "GIF8"sv, 0, all_channels<decode_gif>},
    {"WebP", "WEBP"sv, 8, all_channels<decode_webp>},
    {"BMP", "BM"sv, 0, all_channels<decode_bmp>},
    {"TIFF", "II*\0"sv},
    {"TIFF", "MM\0*"sv},
    {"AVIF", "ftypavif"sv, 4},
    {"AVIF", "ftypavis"sv, 4},
    {"HEIC", "ftyphe"sv, 4},
    {"HEIC", "ftypmif1"sv, 4},
    {"HEIC", "ftypmsf1"sv, 4},
    {"JPEG 2000", "jP  \r\n"sv, 4},
    {"JPEG XL", "JXL \r\n"sv, 4},
    {"JPEG XL", "\xff\x0a"sv},
    {"icon", "\0\0\1\0"sv},
    {"Photoshop", "8BPS"sv},
    {"PDF", "%PDF-"sv},
    {"SVG", "<svg"sv},
};

bool is_kind(std::string_view bytes, const Kind& kind) {
  return bytes.size() >= kind.offset && bytes.substr(kind.offset).starts_with(kind.bytes);
}

std::string_view text_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

const Kind* kind_of(const MappedFile& file) {
  const auto found = std::find_if(std::begin(kKinds), std::end(kKinds),
                                  [&](const Kind& kind) { return is_kind(text_of(file), kind); });
  return found == std::end(kKinds) ? nullptr : found;
}

Image decode(const MappedFile& file, int wanted_channels) {
  if (file.size() == 0) throw Error({.code = "image-invalid", .what = "the picture has 0 bytes"});
  const Kind* kind = kind_of(file);
  if (!kind)
    throw Error({.code = "image-format",
                 .what = fmt::format("the file begins with '{}', as no picture does", text_of(file).substr(0, 8)),
                 .hint = "give a JPEG, PNG, WebP, GIF or BMP picture"});
  if (!kind->decode)
    throw Error({.code = "image-format",
                 .what = fmt::format("the picture is of the kind {}, which Kerascope cannot read", kind->name),
                 .hint = "convert it to PNG or JPEG"});
  return kind->decode(file.bytes(), wanted_channels);
}

// Pillow's integer version of ITU-R 601 luma.
unsigned char luma(const unsigned char* rgb) {
  return static_cast<unsigned char>((rgb[0] * 19595 + rgb[1] * 38470 + rgb[2] * 7471 + 0x8000) >> 16);
}

}  // namespace

bool is_image_file(const std::filesystem::path& path) { return kind_of(*MappedFile::open(path)) != nullptr; }

Image with_channels(Image from, int channels) {
  if (from.channels == channels) return from;
  const bool from_grey = from.channels < 3, from_alpha = from.channels % 2 == 0;
  Image to{.width = from.width, .height = from.height, .channels = channels, .is_clipped = from.is_clipped};
  const std::size_t count = static_cast<std::size_t>(from.width * from.height);
  to.pixels.resize(count * static_cast<std::size_t>(channels));
  const unsigned char* in = from.pixels.data();
  unsigned char* out = to.pixels.data();
  for (std::size_t pixel = 0; pixel < count; ++pixel, in += from.channels, out += channels) {
    if (channels == 1) {
      out[0] = from_grey ? in[0] : luma(in);
      continue;
    }
    for (int c = 0; c < 3; ++c) out[c] = in[from_grey ? 0 : c];
    if (channels == 4) out[3] = from_alpha ? in[from.channels - 1] : 255;
  }
  return to;
}

Image read_narrow_image(const std::filesystem::path& path, int channels) {
  KERASCOPE_CHECK(channels == 1 || channels == 3 || channels == 4);
  const auto file = MappedFile::open(path);
  try {
    Image image = decode(*file, channels);
    return image.channels == 1 ? image : with_channels(std::move(image), channels);
  } catch (const Error& error) {
    throw error.inside(path.filename().string());
  }
}

Image read_image(const std::filesystem::path& path, int channels) {
  return with_channels(read_narrow_image(path, channels), channels);
}

Image allocate_image(std::int64_t width, std::int64_t height, int channels, std::int64_t most_pixels, int bits) {
  constexpr std::int64_t kMostSide = 1 << 28, kMostPixels = 178'956'970;  // Pillow's own limit
  if (width < 1 || height < 1)
    throw Error(
        {.code = "image-invalid", .what = fmt::format("the picture claims a size of {} x {} pixels", width, height)});
  if (width > kMostSide || height > kMostSide || width * height > kMostPixels)
    throw Error({.code = "image-invalid",
                 .what = fmt::format("the picture claims {} x {} pixels, more than the {} that Kerascope reads", width,
                                     height, text::thousands(kMostPixels)),
                 .hint = "scale it down first"});
  if (width * height > most_pixels)
    throw Error({.code = "image-invalid",
                 .what = fmt::format("the picture claims {} x {} pixels, but its bytes can hold at most {}", width,
                                     height, text::thousands(most_pixels))});
  const auto size = static_cast<std::size_t>(width * height * channels * bits / 8);
  constexpr std::size_t kAlwaysTaken = 64 << 20, kTimes = 2;  // two copies: decoded, then converted or resized
  if (size > kAlwaysTaken && kTimes * size > available_memory())
    throw Error({.code = "memory-short",
                 .what = fmt::format("the picture of {} x {} pixels takes {}, and {} of memory are left", width, height,
                                     text::bytes(kTimes * size), text::bytes(available_memory())),
                 .hint = "scale it down first"});
  Image image{.width = width, .height = height, .channels = channels, .bits = bits};
  image.pixels.resize(size);
  return image;
}

Tensor tensor_from_image(const Image& image) {
  Tensor tensor(Shape({image.height, image.width, image.channels}));
  if (image.bits == 16)
    for (std::int64_t i = 0; i < tensor.size(); ++i) {
      std::uint16_t sample;
      std::memcpy(&sample, &image.pixels[static_cast<std::size_t>(2 * i)], 2);
      tensor.mutable_data()[i] = sample;
    }
  else
    std::copy(image.pixels.begin(), image.pixels.end(), tensor.mutable_data());
  return tensor;
}

}  // namespace kerascope
