// GIF: the first frame on its canvas -> grey, RGB or RGBA.
#include <fmt/format.h>
#include <gif_lib.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

#include "inputs/decode.h"
#include "kerascope/error.h"

namespace kerascope {
namespace {

[[noreturn]] void fail(int code) {
  const char* reason = GifErrorString(code);
  throw Error({.code = "image-invalid",
               .what = "the GIF picture cannot be decoded",
               .because = reason ? reason : "it is damaged",
               .hint = "copy or download the file again"});
}

int read_bytes(GifFileType* gif, GifByteType* to, int count) {
  auto& left = *static_cast<std::span<const std::byte>*>(gif->UserData);
  const std::size_t given = std::min(left.size(), static_cast<std::size_t>(count));
  if (given > 0) std::memcpy(to, left.data(), given);
  left = left.subspan(given);
  return static_cast<int>(given);
}

struct Close {
  void operator()(GifFileType* gif) const { DGifCloseFile(gif, nullptr); }
};
using Reader = std::unique_ptr<GifFileType, Close>;

void check(const Reader& gif, int status) {
  if (status == GIF_ERROR) fail(gif->Error);
}

/// Reads up to the first frame's pixels; returns its transparent index.
std::optional<int> find_frame(const Reader& gif) {
  std::optional<int> transparent;
  for (GifRecordType record = UNDEFINED_RECORD_TYPE; record != IMAGE_DESC_RECORD_TYPE;) {
    check(gif, DGifGetRecordType(gif.get(), &record));
    if (record == TERMINATE_RECORD_TYPE) fail(D_GIF_ERR_NO_IMAG_DSCR);
    if (record != EXTENSION_RECORD_TYPE) continue;
    int code = 0;
    GifByteType* block = nullptr;
    check(gif, DGifGetExtension(gif.get(), &code, &block));
    // The first byte is the block's length.
    if (code == GRAPHICS_EXT_FUNC_CODE && block && block[0] >= 4 && (block[1] & 1)) transparent = block[4];
    while (block) check(gif, DGifGetExtensionNext(gif.get(), &block));
  }
  check(gif, DGifGetImageDesc(gif.get()));
  return transparent;
}

// Without a palette, or with a grey ramp as palette, indices are greys; colours beyond the palette are black.
Palette palette_of(const Reader& gif, std::optional<int> transparent) {
  const ColorMapObject* map = gif->Image.ColorMap ? gif->Image.ColorMap : gif->SColorMap;
  const auto colors =
      map ? std::span(map->Colors, static_cast<std::size_t>(map->ColorCount)) : std::span<GifColorType>();
  Palette palette;
  bool is_grey = true;
  for (std::size_t i = 0; i < colors.size(); ++i) {
    const unsigned char rgb[] = {colors[i].Red, colors[i].Green, colors[i].Blue};
    std::copy_n(rgb, 3, palette.rgba[i]);
    is_grey &= std::all_of(rgb, rgb + 3, [&](unsigned char part) { return part == i; });
  }
  for (std::size_t i = 0; is_grey && i < 256; ++i) std::fill_n(palette.rgba[i], 3, static_cast<unsigned char>(i));
  if (transparent) palette.rgba[*transparent][3] = 0;
  return palette;
}

}  // namespace

Image decode_gif(std::span<const std::byte> bytes) {
  std::span<const std::byte> left = bytes;
  int error = 0;
  const Reader gif(DGifOpen(&left, read_bytes, &error));
  if (!gif) fail(error);
  const std::optional<int> transparent = find_frame(gif);
  const GifImageDesc& frame = gif->Image;
  // As in Pillow, a frame that exceeds the canvas enlarges it.
  const int width = std::max(gif->SWidth, frame.Left + frame.Width);
  const int height = std::max(gif->SHeight, frame.Top + frame.Height);
  Image image = allocate_image(width, height, transparent ? 4 : 3, most_blank_pixels(bytes.size()));
  const Palette palette = palette_of(gif, transparent);
  const auto draw = [&](int index, std::size_t pixel) {
    const auto channels = static_cast<std::size_t>(image.channels);
    std::copy_n(palette.rgba[index], channels, &image.pixels[pixel * channels]);
  };
  for (std::size_t pixel = 0; pixel < image.pixels.size() / static_cast<std::size_t>(image.channels); ++pixel)
    draw(transparent.value_or(0), pixel);

  // Interlaced rows come in four passes.
  constexpr std::pair<int, int> kPasses[] = {{0, 8}, {4, 8}, {2, 4}, {1, 2}}, kWhole[] = {{0, 1}};
  std::vector<GifPixelType> row(static_cast<std::size_t>(frame.Width));
  for (const auto& [first, step] : frame.Interlace ? std::span<const std::pair<int, int>>(kPasses) : kWhole)
    for (int y = first; y < frame.Height; y += step) {
      check(gif, DGifGetLine(gif.get(), row.data(), frame.Width));
      const auto begin = static_cast<std::size_t>(frame.Top + y) * static_cast<std::size_t>(width);
      for (std::size_t x = 0; x < row.size(); ++x) draw(row[x], begin + static_cast<std::size_t>(frame.Left) + x);
    }
  return image;
}

}  // namespace kerascope
