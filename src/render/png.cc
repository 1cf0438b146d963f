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

constexpr int kCompressionLevel = 6;
constexpr unsigned char kNone = 0, kUp = 2;
enum : unsigned char { kGreyType = 0, kRgbType = 2 };

void put_u32(unsigned char* to, std::uint64_t number) {
  for (int i = 0; i < 4; ++i) to[i] = static_cast<unsigned char>(number >> (24 - 8 * i));
}

/// @param chunk  the length (left empty), the type, then the data; the checksum is added.
void write_chunk(FileWriter& file, Bytes& chunk) {
  KERASCOPE_CHECK(chunk.size() - 8 < (std::uint64_t{1} << 31));
  put_u32(chunk.data(), chunk.size() - 8);
  const std::uint32_t checksum = libdeflate_crc32(0, chunk.data() + 4, chunk.size() - 4);
  chunk.resize(chunk.size() + 4);
  put_u32(chunk.data() + chunk.size() - 4, checksum);
  file.write(std::as_bytes(std::span(chunk)));
}

Bytes chunk_of(std::string_view type, std::size_t size) {
  Bytes chunk(8 + size);
  std::copy(type.begin(), type.end(), chunk.begin() + 4);
  return chunk;
}

/// Each row after the number of its filter. A zoomed row that repeats the one above becomes zeros; all others stay as
/// they are, for feature maps compress no better as differences.
Bytes filtered(const Picture& picture) {
  const std::size_t row_bytes = static_cast<std::size_t>(picture.width * picture.channels);
  Bytes result;
  result.resize((row_bytes + 1) * static_cast<std::size_t>(picture.height));
  unsigned char* to = result.data();
  const unsigned char* row = picture.pixels.data();
  for (std::int64_t y = 0; y < picture.height; ++y, to += row_bytes + 1, row += row_bytes) {
    const bool repeats = y > 0 && std::equal(row, row + row_bytes, row - row_bytes);
    to[0] = repeats ? kUp : kNone;
    if (!repeats) std::copy_n(row, row_bytes, to + 1);
  }
  return result;
}

}  // namespace

void write_png(const std::filesystem::path& path, const Picture& picture) {
  KERASCOPE_CHECK(picture.channels == 1 || picture.channels == 3);
  KERASCOPE_CHECK(picture.width > 0 && picture.height > 0);
  KERASCOPE_CHECK(picture.pixels.size() == static_cast<std::size_t>(picture.width * picture.height * picture.channels));
  Bytes header = chunk_of("IHDR", 13);
  put_u32(&header[8], static_cast<std::uint64_t>(picture.width));
  put_u32(&header[12], static_cast<std::uint64_t>(picture.height));
  header[16] = 8;  // bits a sample
  header[17] = picture.channels == 1 ? kGreyType : kRgbType;

  const Bytes rows = filtered(picture);
  const std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor*)> compressor(
      libdeflate_alloc_compressor(kCompressionLevel), libdeflate_free_compressor);
  if (!compressor) throw std::bad_alloc();
  Bytes pixels = chunk_of("IDAT", libdeflate_zlib_compress_bound(compressor.get(), rows.size()));
  pixels.resize(8 + libdeflate_zlib_compress(compressor.get(), rows.data(), rows.size(), pixels.data() + 8,
                                             pixels.size() - 8));
  Bytes end = chunk_of("IEND", 0);

  FileWriter file(path);
  file.write("\x89PNG\r\n\x1a\n");
  write_chunk(file, header);
  write_chunk(file, pixels);
  write_chunk(file, end);
  file.commit();
}

}  // namespace kerascope
