// Tells a picture by its first bytes, has it decoded and converts its channels as Pillow does.
#include "inputs/image.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <string_view>

#include "base/check.h"
#include "base/file.h"
#include "base/text.h"
#include "inputs/decode.h"
#include "kerascope/error.h"

namespace kerascope {
namespace {

using namespace std::string_view_literals;

struct Kind {
  std::string_view name, bytes;
  std::size_t offset = 0;
};

constexpr Kind kJpeg{"JPEG", "\xff\xd8\xff"sv};
constexpr Kind kPng{"PNG", "\x89PNG\r\n\x1a\n"sv};
constexpr Kind kUnreadable[] = {
    {"GIF", "GIF8"sv},
    {"WebP", "WEBP"sv, 8},
    {"BMP", "BM"sv},
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

Image decode(const MappedFile& file) {
  const std::string_view bytes = text_of(file);
  if (is_kind(bytes, kJpeg)) return decode_jpeg(file.bytes());
  if (is_kind(bytes, kPng)) return decode_png(file.bytes());
  if (bytes.empty()) throw Error({.code = "image-invalid", .what = "the picture has 0 bytes"});
  for (const Kind& kind : kUnreadable)
    if (is_kind(bytes, kind))
      throw Error({.code = "image-format",
                   .what = fmt::format("the picture is of the kind {}, which Kerascope cannot read", kind.name),
                   .hint = "convert it to PNG or JPEG"});
  throw Error({.code = "image-format",
               .what = fmt::format("the file begins with '{}', which is neither PNG nor JPEG", bytes.substr(0, 8)),
               .hint = "give a PNG or JPEG picture"});
}

// Pillow's integer form of ITU-R 601.
unsigned char luma(const unsigned char* rgb) {
  return static_cast<unsigned char>((rgb[0] * 19595 + rgb[1] * 38470 + rgb[2] * 7471 + 0x8000) >> 16);
}

Image convert(Image from, int channels) {
  if (from.channels == channels) return from;
  const bool from_grey = from.channels < 3, from_alpha = from.channels % 2 == 0;
  Image to{.width = from.width, .height = from.height, .channels = channels};
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

}  // namespace

bool is_image_file(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  const auto is_this = [&](const Kind& kind) { return is_kind(text_of(*file), kind); };
  return is_this(kJpeg) || is_this(kPng) || std::any_of(std::begin(kUnreadable), std::end(kUnreadable), is_this);
}

Image read_image(const std::filesystem::path& path, int channels) {
  KERASCOPE_CHECK(channels == 1 || channels == 3 || channels == 4);
  const auto file = MappedFile::open(path);
  try {
    return convert(decode(*file), channels);
  } catch (const Error& error) {
    throw error.inside(path.filename().string());
  }
}

Image allocate_image(std::int64_t width, std::int64_t height, int channels, std::int64_t most_pixels) {
  constexpr std::int64_t kMostSide = 1 << 28, kMostPixels = 1 << 28;
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
  Image image{.width = width, .height = height, .channels = channels};
  image.pixels.resize(static_cast<std::size_t>(width * height * channels));
  return image;
}

Tensor tensor_from_image(const Image& image) {
  Tensor tensor(Shape({image.height, image.width, image.channels}));
  std::copy(image.pixels.begin(), image.pixels.end(), tensor.mutable_data());
  return tensor;
}

}  // namespace kerascope
