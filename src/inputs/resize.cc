// Pillow's Image.resize, sample for sample: nearest, and bilinear that averages over what shrinks.
#include <fmt/format.h>

#include <cmath>

#include "base/check.h"
#include "base/parallel.h"
#include "inputs/image.h"
#include "kerascope/error.h"

namespace kerascope {
namespace {

constexpr int kFractionBits = 22;  // of a weight; an 8-bit sample times the weights then fits 32 bits
constexpr std::int64_t kRowsAThread = 256;

std::size_t to_size(std::int64_t number) { return static_cast<std::size_t>(number); }

Image blank(std::int64_t width, std::int64_t height, int channels) {
  Image image{.width = width, .height = height, .channels = channels};
  image.pixels.resize(to_size(width * height * channels));
  return image;
}

// For each new pixel of an axis the old one under its centre. Pillow adds the step up, so its rounding is followed.
std::vector<std::int64_t> nearest_positions(std::int64_t from, std::int64_t to) {
  std::vector<std::int64_t> positions(to_size(to));
  const double step = static_cast<double>(from) / static_cast<double>(to);
  double centre = step * 0.5;
  for (std::int64_t& position : positions) {
    position = static_cast<std::int64_t>(centre);
    centre += step;
  }
  return positions;
}

Image nearest(const Image& image, std::int64_t width, std::int64_t height) {
  const auto columns = nearest_positions(image.width, width), rows = nearest_positions(image.height, height);
  Image out = blank(width, height, image.channels);
  unsigned char* pixel = out.pixels.data();
  for (const std::int64_t row : rows)
    for (const std::int64_t column : columns) {
      // Where the steps add up to just beyond the edge, Pillow leaves the pixel 0.
      if (row < image.height && column < image.width)
        std::copy_n(&image.pixels[to_size((row * image.width + column) * image.channels)], image.channels, pixel);
      pixel += image.channels;
    }
  return out;
}

// The weights of the old pixels [first, first + count) in one new pixel.
struct Window {
  std::int64_t first = 0, count = 0;
  const std::int32_t* weights = nullptr;
};

// A triangle of the width of two new pixels (or two old ones, where it grows) around each new pixel's centre.
struct Windows {
  std::vector<Window> of;
  std::vector<std::int32_t> weights;

  Windows(std::int64_t from, std::int64_t to) {
    const double scale = static_cast<double>(from) / static_cast<double>(to), reach = std::max(scale, 1.0);
    const std::int64_t most = static_cast<std::int64_t>(std::ceil(reach)) * 2 + 1;
    weights.resize(to_size(to * most));
    std::vector<double> exact(to_size(most));
    for (std::int64_t i = 0; i < to; ++i) {
      const double centre = (static_cast<double>(i) + 0.5) * scale;
      const auto first = std::max<std::int64_t>(static_cast<std::int64_t>(centre - reach + 0.5), 0);
      const auto end = std::min<std::int64_t>(static_cast<std::int64_t>(centre + reach + 0.5), from);
      double sum = 0;
      for (std::int64_t j = first; j < end; ++j) {
        const double distance = std::abs((static_cast<double>(j) - centre + 0.5) * (1.0 / reach));
        sum += exact[to_size(j - first)] = std::max(1.0 - distance, 0.0);
      }
      std::int32_t* weight = &weights[to_size(i * most)];
      of.push_back({first, end - first, weight});
      for (std::int64_t j = 0; j < end - first; ++j)
        weight[j] = static_cast<std::int32_t>(0.5 + exact[to_size(j)] / sum * (1 << kFractionBits));
    }
  }
};

unsigned char rounded(std::int32_t sum) { return static_cast<unsigned char>(std::clamp(sum >> kFractionBits, 0, 255)); }

constexpr std::int32_t kHalf = 1 << (kFractionBits - 1);

template <int kChannels>
Image shrink_or_grow_rows(const Image& image, std::int64_t width) {
  const Windows windows(image.width, width);
  Image out = blank(width, image.height, kChannels);
  parallel_for(image.height, kRowsAThread, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t y = begin; y < end; ++y) {
      const unsigned char* row = &image.pixels[to_size(y * image.width * kChannels)];
      unsigned char* pixel = &out.pixels[to_size(y * width * kChannels)];
      for (const Window& window : windows.of) {
        std::int32_t sums[kChannels];
        std::fill_n(sums, kChannels, kHalf);
        const unsigned char* in = row + window.first * kChannels;
        for (std::int64_t j = 0; j < window.count; ++j, in += kChannels)
          for (int c = 0; c < kChannels; ++c) sums[c] += in[c] * window.weights[j];
        for (int c = 0; c < kChannels; ++c) *pixel++ = rounded(sums[c]);
      }
    }
  });
  return out;
}

Image shrink_or_grow_columns(const Image& image, std::int64_t height) {
  const Windows windows(image.height, height);
  Image out = blank(image.width, height, image.channels);
  const std::int64_t row_size = image.width * image.channels;
  parallel_for(height, kRowsAThread, [&](std::int64_t begin, std::int64_t end) {
    std::vector<std::int32_t> sums(to_size(row_size));
    for (std::int64_t y = begin; y < end; ++y) {
      const Window& window = windows.of[to_size(y)];
      std::fill(sums.begin(), sums.end(), kHalf);
      for (std::int64_t j = 0; j < window.count; ++j) {
        const unsigned char* row = &image.pixels[to_size((window.first + j) * row_size)];
        for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += row[i] * window.weights[j];
      }
      std::transform(sums.begin(), sums.end(), &out.pixels[to_size(y * row_size)], rounded);
    }
  });
  return out;
}

Image shrink_or_grow_rows(const Image& image, std::int64_t width) {
  switch (image.channels) {
    case 1:
      return shrink_or_grow_rows<1>(image, width);
    case 3:
      return shrink_or_grow_rows<3>(image, width);
    default:
      return shrink_or_grow_rows<4>(image, width);
  }
}

Image bilinear(const Image& image, std::int64_t width, std::int64_t height) {
  if (image.width == width) return shrink_or_grow_columns(image, height);
  if (image.height == height) return shrink_or_grow_rows(image, width);
  // Each pass rounds, so their order shows. Pillow 13 was seen to take the columns first exactly where the height
  // shrinks by more than twice what the width does; before 13 the rows always came first.
  const bool columns_first = height < image.height && image.height - height > 2 * (image.width - width);
  if (columns_first) return shrink_or_grow_rows(shrink_or_grow_columns(image, height), width);
  return shrink_or_grow_columns(shrink_or_grow_rows(image, width), height);
}

// Transparent pixels must not lend their colour to their neighbours.
void multiply_by_alpha(Image& rgba) {
  for (std::size_t i = 0; i < rgba.pixels.size(); i += 4)
    for (std::size_t c = 0; c < 3; ++c) {
      const int product = rgba.pixels[i + c] * rgba.pixels[i + 3] + 128;
      rgba.pixels[i + c] = static_cast<unsigned char>((product + (product >> 8)) >> 8);
    }
}

void divide_by_alpha(Image& rgba) {
  for (std::size_t i = 0; i < rgba.pixels.size(); i += 4) {
    const int alpha = rgba.pixels[i + 3];
    if (alpha == 0 || alpha == 255) continue;
    for (std::size_t c = 0; c < 3; ++c)
      rgba.pixels[i + c] = static_cast<unsigned char>(std::min(rgba.pixels[i + c] * 255 / alpha, 255));
  }
}

}  // namespace

Image resize(const Image& image, std::int64_t width, std::int64_t height, Filter filter) {
  KERASCOPE_CHECK(image.channels == 1 || image.channels == 3 || image.channels == 4);
  KERASCOPE_CHECK(image.width > 0 && image.height > 0);
  constexpr std::int64_t kMostSide = 1 << 28, kMostPixels = 1 << 28;
  // The picture between the two passes of bilinear counts too.
  if (width < 1 || height < 1 || width > kMostSide || height > kMostSide ||
      width * std::max(height, image.height) > kMostPixels)
    throw Error({.code = "image-size",
                 .what = fmt::format("a picture of {} x {} pixels cannot be resized to {} x {}", image.width,
                                     image.height, width, height)});
  if (image.width == width && image.height == height) return image;
  if (filter == Filter::kNearest) return nearest(image, width, height);
  if (image.channels != 4) return bilinear(image, width, height);
  Image rgba = image;
  multiply_by_alpha(rgba);
  rgba = bilinear(rgba, width, height);
  divide_by_alpha(rgba);
  return rgba;
}

}  // namespace kerascope
