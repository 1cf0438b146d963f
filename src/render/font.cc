#include "render/font.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <span>

#include "base/text.h"

// tools/make_font.py describes the layout.
extern "C" const unsigned char kerascope_font[];

namespace kerascope {
namespace {

static_assert(std::endian::native == std::endian::little);

struct Face {
  std::uint16_t size, line_height, ascent, glyph_count;
  std::uint32_t glyphs_at;
};
struct Glyph {
  std::uint16_t character;
  std::uint8_t advance;
  std::int8_t left, top;
  std::uint8_t width, height, zero;
  std::uint32_t picture_at;
};

template <typename Record>
std::span<const Record> records(std::size_t offset, std::size_t count) {
  return {reinterpret_cast<const Record*>(kerascope_font + offset), count};
}

const Face& face_of(int size) {
  const auto faces = records<Face>(4, records<std::uint32_t>(0, 1)[0]);
  return *std::min_element(faces.begin(), faces.end(), [size](const Face& one, const Face& other) {
    return std::abs(one.size - size) < std::abs(other.size - size);
  });
}

const Glyph& glyph_of(const Face& face, char32_t character) {
  const auto glyphs = records<Glyph>(face.glyphs_at, face.glyph_count);
  const auto found = std::lower_bound(glyphs.begin(), glyphs.end(), character,
                                      [](const Glyph& glyph, char32_t wanted) { return glyph.character < wanted; });
  return found != glyphs.end() && found->character == character ? *found : glyphs[0];
}

/// Calls visit(glyph, bytes of its character) from left to right until it returns false.
template <typename Visit>
void for_each_glyph(std::string_view utf8, const Face& face, Visit visit) {
  while (!utf8.empty()) {
    const text::Character next = text::first_character(utf8);
    if (!visit(glyph_of(face, next.valid ? next.code : 0), next.length)) return;
    utf8.remove_prefix(next.length);
  }
}

void draw_glyph(Picture& picture, std::int64_t left, std::int64_t top, const Glyph& glyph,
                const std::array<unsigned char, 3>& color) {
  const unsigned char* const coverage = kerascope_font + glyph.picture_at;
  const std::int64_t first_x = std::max<std::int64_t>(0, -left), first_y = std::max<std::int64_t>(0, -top);
  const std::int64_t end_x = std::min<std::int64_t>(glyph.width, picture.width - left);
  const std::int64_t end_y = std::min<std::int64_t>(glyph.height, picture.height - top);
  for (std::int64_t y = first_y; y < end_y; ++y)
    for (std::int64_t x = first_x; x < end_x; ++x) {
      const int share = coverage[y * glyph.width + x];
      unsigned char* const pixel =
          &picture.pixels[static_cast<std::size_t>(((top + y) * picture.width + left + x) * picture.channels)];
      for (int c = 0; c < picture.channels; ++c)
        pixel[c] = static_cast<unsigned char>(
            (color[static_cast<std::size_t>(c)] * share + pixel[c] * (255 - share) + 127) / 255);
    }
}

}  // namespace

void draw_text(Picture& picture, std::int64_t x, std::int64_t y, std::string_view utf8, Rgb color, int size) {
  const Face& face = face_of(size);
  std::array<unsigned char, 3> samples = {color.r, color.g, color.b};
  if (picture.channels == 1)
    samples[0] = static_cast<unsigned char>((299 * color.r + 587 * color.g + 114 * color.b + 500) / 1000);
  for_each_glyph(utf8, face, [&](const Glyph& glyph, std::size_t) {
    draw_glyph(picture, x + glyph.left, y + face.ascent + glyph.top, glyph, samples);
    x += glyph.advance;
    return x < picture.width;
  });
}

std::int64_t text_width(std::string_view utf8, int size) {
  std::int64_t width = 0;
  for_each_glyph(utf8, face_of(size), [&](const Glyph& glyph, std::size_t) {
    width += glyph.advance;
    return true;
  });
  return width;
}

std::int64_t line_height(int size) { return face_of(size).line_height; }

std::string fitted(std::string_view utf8, std::int64_t width_px, int size) {
  if (text_width(utf8, size) <= width_px) return std::string(utf8);
  constexpr std::string_view kEllipsis = "…";
  std::int64_t width = text_width(kEllipsis, size);
  std::size_t length = 0;
  for_each_glyph(utf8, face_of(size), [&](const Glyph& glyph, std::size_t bytes) {
    width += glyph.advance;
    if (width > width_px) return false;
    length += bytes;
    return true;
  });
  return std::string(utf8.substr(0, length)) + std::string(kEllipsis);
}

}  // namespace kerascope
