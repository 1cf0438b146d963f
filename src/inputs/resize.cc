// Equals Pillow's Image.resize in every sample: nearest, and filters that average when shrinking.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/check.h"
#include "base/parallel.h"
#include "base/text.h"
#include "inputs/image.h"
#include "kerascope/error.h"

namespace kerascope {
namespace {

constexpr std::int64_t kRowsAThread = 256;

std::size_t to_size(std::int64_t number) { return static_cast<std::size_t>(number); }

Image blank(std::int64_t width, std::int64_t height, const Image& like) {
  Image image{.width = width, .height = height, .channels = like.channels, .bits = like.bits};
  image.pixels.resize(to_size(width * height * like.channels * like.bits / 8));
  return image;
}

// For each new pixel of an axis, the old pixel at its centre, with Pillow's rounding: for 8 bits it accumulates the
// step, for 16 bits it multiplies.
std::vector<std::int64_t> nearest_positions(std::int64_t begin, std::int64_t end, std::int64_t to, int bits) {
  std::vector<std::int64_t> positions(to_size(to));
  const double first = static_cast<double>(begin), step = static_cast<double>(end - begin) / static_cast<double>(to);
  double centre = first + step * 0.5;
  for (std::size_t i = 0; i < positions.size(); ++i, centre += step)
    positions[i] = static_cast<std::int64_t>(bits == 16 ? step * (static_cast<double>(i) + 0.5) + first : centre);
  return positions;
}

Image nearest(const Image& image, const Box& box, std::int64_t width, std::int64_t height) {
  const auto columns = nearest_positions(box.left, box.right, width, image.bits);
  const auto rows = nearest_positions(box.top, box.bottom, height, image.bits);
  Image out = blank(width, height, image);
  const std::int64_t pixel_size = image.channels * image.bits / 8;
  unsigned char* pixel = out.pixels.data();
  for (const std::int64_t row : rows)
    for (const std::int64_t column : columns) {
      // If the accumulated steps end just beyond the edge, Pillow leaves the pixel 0.
      if (row < image.height && column < image.width)
        std::copy_n(&image.pixels[to_size((row * image.width + column) * pixel_size)], pixel_size, pixel);
      pixel += pixel_size;
    }
  return out;
}

double sinc(double x) { return x == 0 ? 1 : std::sin(x * std::numbers::pi) / (x * std::numbers::pi); }

struct ResamplingFilter {
  std::string_view name;
  double reach;              ///< pixels from the centre to the filter's end
  double (*weight)(double);  ///< of a pixel at a distance
};

constexpr ResamplingFilter kFilters[] = {
    {"bilinear", 1, [](double x) { return std::max(1 - std::abs(x), 0.0); }},
    {"bicubic", 2,
     [](double x) {
       x = std::abs(x);
       return x < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
     }},
    // Pillow's constants are float32.
    {"hamming", 1,
     [](double x) { return std::abs(x) < 1 ? sinc(x) * (0.54f + 0.46f * std::cos(x * std::numbers::pi)) : 0; }},
    {"box", 0.5, [](double x) { return x > -0.5 && x <= 0.5 ? 1.0 : 0.0; }},
    {"lanczos", 3, [](double x) { return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0; }},
};

// How Pillow sums: 8-bit samples in fixed point, 16-bit samples in double.
template <typename Sample>
struct Sum;

template <>
struct Sum<unsigned char> {
  using Number = std::int32_t;
  static constexpr int kFractionBits = 22;  // so that samples times weights fit into 32 bits
  static constexpr Number kStart = 1 << (kFractionBits - 1);
  static Number weight(double exact) {
    return static_cast<Number>((exact < 0 ? -0.5 : 0.5) + exact * (1 << kFractionBits));
  }
  static unsigned char rounded(Number sum) {
    return static_cast<unsigned char>(std::clamp(sum >> kFractionBits, 0, 255));
  }
};

template <>
struct Sum<std::uint16_t> {
  using Number = double;
  static constexpr Number kStart = 0;
  static Number weight(double exact) { return exact; }
  static std::uint16_t rounded(Number sum) {
    return static_cast<std::uint16_t>(std::clamp(std::floor(sum + 0.5), 0.0, 65535.0));
  }
};

// The weights of the old pixels [first, first + count) in one new pixel.
template <typename Number>
struct FilterTaps {
  std::int64_t first = 0, count = 0;
  const Number* weights = nullptr;
};

// For each new pixel the filter around its centre, scaled to new pixels (when enlarging, to old pixels).
template <typename Sample>
struct AxisTaps {
  using Number = typename Sum<Sample>::Number;
  std::vector<FilterTaps<Number>> of;
  std::vector<Number> weights;

  AxisTaps(const ResamplingFilter& filter, std::int64_t from, std::int64_t begin, std::int64_t end, std::int64_t to) {
    const double step = static_cast<double>(end - begin) / static_cast<double>(to), stretch = std::max(step, 1.0);
    const double reach = filter.reach * stretch;
    const std::int64_t most = static_cast<std::int64_t>(std::ceil(reach)) * 2 + 1;
    weights.resize(to_size(to * most));
    std::vector<double> exact(to_size(most));
    for (std::int64_t i = 0; i < to; ++i) {
      const double centre = static_cast<double>(begin) + (static_cast<double>(i) + 0.5) * step;
      const auto first = std::max<std::int64_t>(static_cast<std::int64_t>(centre - reach + 0.5), 0);
      const auto last = std::min<std::int64_t>(static_cast<std::int64_t>(centre + reach + 0.5), from);
      double sum = 0;
      for (std::int64_t j = first; j < last; ++j)
        sum += exact[to_size(j - first)] = filter.weight((static_cast<double>(j) - centre + 0.5) * (1.0 / stretch));
      Number* weight = &weights[to_size(i * most)];
      of.push_back({first, last - first, weight});
      for (std::int64_t j = 0; j < last - first; ++j)
        weight[j] = Sum<Sample>::weight(sum == 0 ? exact[to_size(j)] : exact[to_size(j)] / sum);
    }
  }
};

template <typename Sample>
const Sample* samples(const Image& image) {
  return reinterpret_cast<const Sample*>(image.pixels.data());
}
template <typename Sample>
Sample* samples(Image& image) {
  return reinterpret_cast<Sample*>(image.pixels.data());
}

template <typename Sample, int kChannels>
Image resample_rows(const Image& image, const AxisTaps<Sample>& taps) {
  const std::int64_t width = std::ssize(taps.of);
  Image out = blank(width, image.height, image);
  parallel_for(image.height, kRowsAThread, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t y = begin; y < end; ++y) {
      const Sample* row = samples<Sample>(image) + y * image.width * kChannels;
      Sample* pixel = samples<Sample>(out) + y * width * kChannels;
      for (const auto& one : taps.of) {
        typename Sum<Sample>::Number sums[kChannels];
        std::fill_n(sums, kChannels, Sum<Sample>::kStart);
        const Sample* in = row + one.first * kChannels;
        for (std::int64_t j = 0; j < one.count; ++j, in += kChannels)
          for (int c = 0; c < kChannels; ++c) sums[c] += in[c] * one.weights[j];
        for (int c = 0; c < kChannels; ++c) *pixel++ = Sum<Sample>::rounded(sums[c]);
      }
    }
  });
  return out;
}

template <typename Sample>
Image resample_rows(const Image& image, const AxisTaps<Sample>& taps) {
  switch (image.channels) {
    case 1:
      return resample_rows<Sample, 1>(image, taps);
    case 3:
      return resample_rows<Sample, 3>(image, taps);
    default:
      return resample_rows<Sample, 4>(image, taps);
  }
}

template <typename Sample>
Image resample_columns(const Image& image, const AxisTaps<Sample>& taps) {
  const std::int64_t height = std::ssize(taps.of);
  Image out = blank(image.width, height, image);
  const std::int64_t row_size = image.width * image.channels;
  parallel_for(height, kRowsAThread, [&](std::int64_t begin, std::int64_t end) {
    std::vector<typename Sum<Sample>::Number> sums(to_size(row_size));
    for (std::int64_t y = begin; y < end; ++y) {
      const auto& one = taps.of[to_size(y)];
      std::fill(sums.begin(), sums.end(), Sum<Sample>::kStart);
      for (std::int64_t j = 0; j < one.count; ++j) {
        const Sample* row = samples<Sample>(image) + (one.first + j) * row_size;
        for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += row[i] * one.weights[j];
      }
      std::transform(sums.begin(), sums.end(), samples<Sample>(out) + y * row_size, Sum<Sample>::rounded);
    }
  });
  return out;
}

template <typename Sample>
Image resample(const Image& image, const Box& box, std::int64_t width, std::int64_t height,
               const ResamplingFilter& filter) {
  const bool is_as_wide = box.left == 0 && box.right == image.width && width == image.width;
  const bool is_as_high = box.top == 0 && box.bottom == image.height && height == image.height;
  const auto rows = [&](const Image& from) {
    if (is_as_wide) return from;
    return resample_rows(from, AxisTaps<Sample>(filter, image.width, box.left, box.right, width));
  };
  const auto columns = [&](const Image& from) {
    if (is_as_high) return from;
    return resample_columns(from, AxisTaps<Sample>(filter, image.height, box.top, box.bottom, height));
  };
  // Each pass rounds, so the order of the passes matters. Pillow 13 was observed to resize columns first exactly if the
  // height shrinks by more than twice as many pixels as the width, whatever the box; before 13, rows were always first.
  const bool columns_first = height < image.height && image.height - height > 2 * (image.width - width);
  return columns_first ? rows(columns(image)) : columns(rows(image));
}

// The colour of transparent pixels must not bleed into their neighbours.
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

constexpr auto kFilterNames = [] {
  std::array<std::string_view, std::size(kFilters) + 1> names{"nearest"};
  for (std::size_t i = 0; i < std::size(kFilters); ++i) names[i + 1] = kFilters[i].name;
  return names;
}();

// Also counts the intermediate picture between the two passes.
void require_size(const Image& image, std::int64_t width, std::int64_t height) {
  constexpr std::int64_t kMostSide = 1 << 28, kMostPixels = 1 << 28;
  if (width < 1 || height < 1 || width > kMostSide || height > kMostSide ||
      width * std::max(height, image.height) > kMostPixels)
    throw Error({.code = "image-size",
                 .what = fmt::format("a picture of {} x {} pixels cannot be resized to {} x {}", image.width,
                                     image.height, width, height)});
}

}  // namespace

std::span<const std::string_view> filter_names() { return kFilterNames; }

Filter parse_filter(const std::string& name) {
  const auto found = std::find(kFilterNames.begin(), kFilterNames.end(), name);
  if (found == kFilterNames.end()) {
    const std::vector<std::string> names(kFilterNames.begin(), kFilterNames.end());
    const std::string meant = text::did_you_mean(name, names);
    throw Error({.code = "filter-unknown",
                 .what = fmt::format("there is no filter '{}'", text::printable(name)),
                 .hint = meant.empty() ? text::join(names, ", ") : meant});
  }
  return static_cast<Filter>(found - kFilterNames.begin());
}

std::string_view filter_name(Filter filter) { return kFilterNames[static_cast<std::size_t>(filter)]; }

Box centre_of(const Image& image, std::int64_t width, std::int64_t height) {
  require_size(image, width, height);
  const std::int64_t crop_width = std::min(image.width, image.height * width / height);
  const std::int64_t crop_height = std::min(image.height, image.width * height / width);
  const std::int64_t left = (image.width - crop_width) / 2, top = (image.height - crop_height) / 2;
  return {.left = left, .top = top, .right = left + crop_width, .bottom = top + crop_height};
}

Image resize(const Image& image, const Box& box, std::int64_t width, std::int64_t height, Filter filter) {
  KERASCOPE_CHECK(image.channels == 1 || image.channels == 3 || image.channels == 4);
  KERASCOPE_CHECK(box.left >= 0 && box.left <= box.right && box.right <= image.width);
  KERASCOPE_CHECK(box.top >= 0 && box.top <= box.bottom && box.bottom <= image.height);
  require_size(image, width, height);
  if (filter == Filter::kNearest) return nearest(image, box, width, height);
  const ResamplingFilter& resampling = kFilters[static_cast<std::size_t>(filter) - 1];
  if (image.bits == 16) return resample<std::uint16_t>(image, box, width, height, resampling);
  if (image.channels != 4) return resample<unsigned char>(image, box, width, height, resampling);
  Image rgba = image;
  multiply_by_alpha(rgba);
  rgba = resample<unsigned char>(rgba, box, width, height, resampling);
  divide_by_alpha(rgba);
  return rgba;
}

Image resize(const Image& image, std::int64_t width, std::int64_t height, Filter filter) {
  if (image.width == width && image.height == height) return image;
  return resize(image, {.right = image.width, .bottom = image.height}, width, height, filter);
}

}  // namespace kerascope
