// PNG (https://www.w3.org/TR/png-3/): one IDAT, compressed by libdeflate.
#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

#include "base/check.h"
#include "base/file.h"
#include "render/grid.h"

namespace kerascope {
namespace {

using Bytes = std::vector<unsigned char>;

// On feature maps level 6 takes twice the time for 3 % less.
constexpr int kCompressionLevel = 1;
enum : unsigned char { kGreyType = 0, kRgbType = 2, kPaletteType = 3 };

void put_u32(unsigned char* to, std::uint64_t number) {
  for (int i = 0; i < 4; ++i) to[i] = static_cast<unsigned char>(number >> (24 - 8 * i));
}

/// @param chunk  the length (left empty), the type, then the data; the checksum is added.
void append_chunk(Bytes& file, Bytes& chunk) {
  KERASCOPE_CHECK(chunk.size() - 8 < (std::uint64_t{1} << 31));
  put_u32(chunk.data(), chunk.size() - 8);
  const std::uint32_t checksum = libdeflate_crc32(0, chunk.data() + 4, chunk.size() - 4);
  chunk.resize(chunk.size() + 4);
  put_u32(chunk.data() + chunk.size() - 4, checksum);
  file.insert(file.end(), chunk.begin(), chunk.end());
}

Bytes chunk_of(std::string_view type, std::size_t size) {
  Bytes chunk(8 + size);
  std::copy(type.begin(), type.end(), chunk.begin() + 4);
  return chunk;
}

/// How badly the differences compress, by PNG's usual guess: the sum of their sizes, read as signed bytes.
std::uint32_t cost(const unsigned char* row, const unsigned char* reference, std::size_t count) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto down = static_cast<unsigned char>(row[i] - reference[i]);
    const auto up = static_cast<unsigned char>(reference[i] - row[i]);
    sum += std::min(down, up);
  }
  return sum;
}

/// Each row after the number of its filter: the row less nothing (0), less its left neighbours (1) or less the row
/// above (2). The two other filters that PNG knows are slower and gained 2 % at best on feature maps.
Bytes filtered(const Picture& picture) {
  const std::size_t pixel_bytes = static_cast<std::size_t>(picture.channels);
  const std::size_t row_bytes = static_cast<std::size_t>(picture.width) * pixel_bytes;
  const Bytes zeros(row_bytes);
  // Black stands left of a row's first pixel.
  Bytes row(pixel_bytes + row_bytes), above(row.size());
  Bytes result((row_bytes + 1) * static_cast<std::size_t>(picture.height));
  unsigned char* to = result.data();
  for (std::int64_t y = 0; y < picture.height; ++y) {
    std::copy_n(&picture.pixels[static_cast<std::size_t>(y) * row_bytes], row_bytes, &row[pixel_bytes]);
    const std::array<const unsigned char*, 3> references = {zeros.data(), row.data(), &above[pixel_bytes]};
    std::array<std::uint32_t, 3> costs;
    for (std::size_t i = 0; i < costs.size(); ++i) costs[i] = cost(&row[pixel_bytes], references[i], row_bytes);
    const auto best = static_cast<std::size_t>(std::min_element(costs.begin(), costs.end()) - costs.begin());
    *to++ = static_cast<unsigned char>(best);
    std::transform(&row[pixel_bytes], &row[pixel_bytes] + row_bytes, references[best], to, std::minus<unsigned char>());
    to += row_bytes;
    std::swap(row, above);
  }
  return result;
}

}  // namespace

std::vector<unsigned char> png_bytes(const Picture& picture) {
  KERASCOPE_CHECK(picture.channels == 1 || picture.channels == 3);
  KERASCOPE_CHECK(picture.palette.empty() || (picture.channels == 1 && picture.palette.size() == 256));
  KERASCOPE_CHECK(picture.width > 0 && picture.height > 0);
  KERASCOPE_CHECK(picture.pixels.size() == static_cast<std::size_t>(picture.width * picture.height * picture.channels));
  Bytes header = chunk_of("IHDR", 13);
  put_u32(&header[8], static_cast<std::uint64_t>(picture.width));
  put_u32(&header[12], static_cast<std::uint64_t>(picture.height));
  header[16] = 8;  // bits a sample
  header[17] = picture.channels == 3 ? kRgbType : picture.palette.empty() ? kGreyType : kPaletteType;

  const Bytes rows = filtered(picture);
  const std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor*)> compressor(
      libdeflate_alloc_compressor(kCompressionLevel), libdeflate_free_compressor);
  if (!compressor) throw std::bad_alloc();
  Bytes pixels = chunk_of("IDAT", libdeflate_zlib_compress_bound(compressor.get(), rows.size()));
  pixels.resize(
      8 + libdeflate_zlib_compress(compressor.get(), rows.data(), rows.size(), pixels.data() + 8, pixels.size() - 8));
  Bytes palette = chunk_of("PLTE", 3 * picture.palette.size());
  for (std::size_t i = 0; i < picture.palette.size(); ++i) {
    const Rgb color = picture.palette[i];
    std::copy_n(std::array{color.r, color.g, color.b}.begin(), 3, &palette[8 + 3 * i]);
  }
  Bytes end = chunk_of("IEND", 0);

  Bytes file = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  file.reserve(pixels.size() + 1024);
  append_chunk(file, header);
  if (!picture.palette.empty()) append_chunk(file, palette);
  append_chunk(file, pixels);
  append_chunk(file, end);
  return file;
}

void write_png(const std::filesystem::path& path, const Picture& picture) {
  const Bytes bytes = png_bytes(picture);
  FileWriter file(path);
  file.write(std::as_bytes(std::span(bytes)));
  file.commit();
}

}  // namespace kerascope
