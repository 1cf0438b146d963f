#include "render/resize.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace kerascope {
namespace {

/// Which pixels of a line a new pixel covers, and the share of each.
struct Cover {
  std::int64_t first = 0;
  std::vector<float> shares;  // their sum is 1
};

std::vector<Cover> covers(std::int64_t from, std::int64_t to) {
  std::vector<Cover> result(static_cast<std::size_t>(to));
  const double step = static_cast<double>(from) / static_cast<double>(to);
  for (std::int64_t i = 0; i < to; ++i) {
    Cover& cover = result[static_cast<std::size_t>(i)];
    const double begin = static_cast<double>(i * from) / static_cast<double>(to), end = begin + step;
    cover.first = i * from / to;
    // Ignore a neighbour of which only a rounding error is covered.
    for (std::int64_t at = cover.first; at < from && static_cast<double>(at) < end - 1e-9; ++at)
      cover.shares.push_back(static_cast<float>(
          (std::min<double>(static_cast<double>(at + 1), end) - std::max<double>(static_cast<double>(at), begin)) /
          step));
  }
  return result;
}

bool is_magenta(const unsigned char* pixel) { return pixel[0] == 255 && pixel[1] == 0 && pixel[2] == 255; }

}  // namespace

Picture resized(const Picture& picture, std::int64_t width, std::int64_t height) {
  KERASCOPE_CHECK(width > 0 && height > 0 && picture.width > 0 && picture.height > 0 && picture.palette.empty());
  Picture result{.width = width, .height = height, .channels = picture.channels, .pixels = {}, .palette = {}};
  result.pixels.reserve(static_cast<std::size_t>(width * height * picture.channels));
  const std::vector<Cover> across = covers(picture.width, width), down = covers(picture.height, height);
  for (const Cover& rows : down)
    for (const Cover& columns : across) {
      float sums[3] = {0, 0, 0};
      bool has_magenta = false;
      for (std::size_t y = 0; y < rows.shares.size(); ++y)
        for (std::size_t x = 0; x < columns.shares.size(); ++x) {
          const std::int64_t place = (rows.first + static_cast<std::int64_t>(y)) * picture.width + columns.first +
                                     static_cast<std::int64_t>(x);
          const unsigned char* pixel = &picture.pixels[static_cast<std::size_t>(place * picture.channels)];
          has_magenta = has_magenta || (picture.channels == 3 && is_magenta(pixel));
          for (int c = 0; c < picture.channels; ++c) sums[c] += rows.shares[y] * columns.shares[x] * pixel[c];
        }
      if (has_magenta) sums[0] = sums[2] = 255, sums[1] = 0;
      for (int c = 0; c < picture.channels; ++c)
        result.pixels.push_back(static_cast<unsigned char>(std::lround(std::min(sums[c], 255.0f))));
    }
  return result;
}

bool has_magenta(const Picture& picture) {
  for (std::size_t i = 0; picture.channels == 3 && i < picture.pixels.size(); i += 3)
    if (is_magenta(&picture.pixels[i])) return true;
  return false;
}

Size fitting(const Picture& picture, Size within) {
  const double factor = std::min(static_cast<double>(within.width) / static_cast<double>(picture.width),
                                 static_cast<double>(within.height) / static_cast<double>(picture.height));
  return {.width = std::max<std::int64_t>(std::llround(factor * static_cast<double>(picture.width)), 1),
          .height = std::max<std::int64_t>(std::llround(factor * static_cast<double>(picture.height)), 1)};
}

void paste(Picture& onto, const Picture& picture, std::int64_t x, std::int64_t y) {
  KERASCOPE_CHECK(x >= 0 && y >= 0 && x + picture.width <= onto.width && y + picture.height <= onto.height);
  const unsigned char* from = picture.pixels.data();
  for (std::int64_t row = 0; row < picture.height; ++row) {
    unsigned char* to = &onto.pixels[static_cast<std::size_t>(((y + row) * onto.width + x) * 3)];
    for (std::int64_t column = 0; column < picture.width; ++column, to += 3, from += picture.channels)
      for (int c = 0; c < 3; ++c) to[c] = from[picture.channels == 3 ? c : 0];
  }
}

void fill(Picture& onto, std::int64_t x, std::int64_t y, Size size, Rgb color) {
  paste(onto, plain(size, color), x, y);
}

Picture plain(Size size, Rgb color) {
  Picture picture{.width = size.width, .height = size.height, .channels = 3, .pixels = {}, .palette = {}};
  picture.pixels.reserve(static_cast<std::size_t>(size.width * size.height * 3));
  for (std::int64_t i = 0; i < size.width * size.height; ++i)
    picture.pixels.insert(picture.pixels.end(), {color.r, color.g, color.b});
  return picture;
}

}  // namespace kerascope
