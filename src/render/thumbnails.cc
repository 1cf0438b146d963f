#include "render/thumbnails.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "render/font.h"
#include "render/lines.h"
#include "render/resize.h"
#include "render/tiles.h"
#include "render/view.h"

namespace kerascope {
namespace {

constexpr std::int64_t kLargestCell_px = 24;
constexpr std::int64_t kLeastTile_px = 3;
constexpr std::int64_t kLeastLine_px = 112;  // the least width, if there are several

Picture strip_of(std::int64_t width, std::int64_t height, const ThumbnailOptions& options) {
  return plain({.width = width, .height = height}, options.ground);
}

/// The grid as a picture with one pixel per number.
Picture pixels_of(const Grid& grid) { return grid.picture.palette.empty() ? grid.picture : rgb_picture(grid.picture); }

Grid plain_grid(const Tensor& numbers, const std::string& axes, const Scale& scale, const ThumbnailOptions& options) {
  return grid(numbers, axes,
              {.gap_px = 0, .zoom = 1, .scale = scale, .colormap = options.colormap, .channels = options.channels});
}

Tensor tile_numbers(const Tensor& sample, const Tiles& tiles, std::int64_t channel, std::int64_t slice) {
  Tensor numbers({tiles.height.size, tiles.width.size});
  const float* first = sample.data() + tiles.offset(channel, slice);
  float* to = numbers.mutable_data();
  for (std::int64_t y = 0; y < tiles.height.size; ++y)
    for (std::int64_t x = 0; x < tiles.width.size; ++x) *to++ = first[y * tiles.height.stride + x * tiles.width.stride];
  return numbers;
}

/// A tile of grid() with one pixel per number, resized.
Picture resized_tile(const Grid& tile, const Picture& pixels, Size size, const ThumbnailOptions& options) {
  if (tile.minimum < tile.maximum || has_magenta(pixels)) return resized(pixels, size.width, size.height);
  // A hatch must not be resized, so it is drawn at the target size.
  Tensor constant({size.height, size.width});
  std::fill_n(constant.mutable_data(), constant.size(), 0.0f);
  return pixels_of(plain_grid(constant, "HW", {}, options));
}

/// A tile's size: the map's proportions, as high as the strip unless that is too wide.
Size size_of_tile(const Tiles& tiles, const ThumbnailOptions& options) {
  const auto part = [](std::int64_t of, std::int64_t numerator, std::int64_t denominator) {
    return std::max((of * numerator + denominator / 2) / denominator, kLeastTile_px);
  };
  const std::int64_t most = std::max(options.width_px / 3, kLeastTile_px);
  const std::int64_t natural = part(options.height_px, tiles.width.size, tiles.height.size);
  if (natural <= most) return {.width = natural, .height = options.height_px};
  return {.width = most, .height = std::min(part(most, tiles.height.size, tiles.width.size), options.height_px)};
}

Picture maps(const Tensor& sample, const Tiles& tiles, const ThumbnailOptions& options) {
  const Size size = size_of_tile(tiles, options);
  const std::int64_t room =
      std::max<std::int64_t>((options.width_px + options.gap_px) / (size.width + options.gap_px), 1);
  const std::int64_t channels = std::min(tiles.channels.size, room);
  const std::int64_t slices = std::min(tiles.slice_count(), room / channels);
  Scale scale = options.scale;
  if (scale.kind != Scale::Kind::kTile) {
    const Range range = range_of(scale, sample.numbers());
    scale = {.kind = Scale::Kind::kFixed, .low = range.minimum, .high = range.maximum};
  }
  Picture strip = strip_of(channels * slices * (size.width + options.gap_px) - options.gap_px, size.height, options);
  std::int64_t x = 0;
  for (std::int64_t i = 0; i < channels; ++i)
    for (std::int64_t j = 0; j < slices; ++j, x += size.width + options.gap_px) {
      const std::int64_t channel =
          options.channels.empty() ? i * tiles.channels.size / channels : options.channels[static_cast<std::size_t>(i)];
      const std::int64_t slice = (2 * j + 1) * tiles.slice_count() / (2 * slices);
      const Grid tile = plain_grid(tile_numbers(sample, tiles, channel, slice), "HW", scale, options);
      paste(strip, resized_tile(tile, pixels_of(tile), size, options), x, 0);
    }
  return strip;
}

Picture cells(const Picture& numbers, std::int64_t count, const ThumbnailOptions& options) {
  std::int64_t side = std::min(kLargestCell_px, options.height_px);
  while (side > 1 && (options.width_px / side) * (options.height_px / side) < count) --side;
  const std::int64_t per_row = std::min(options.width_px / side, count), rows = (count + per_row - 1) / per_row;
  // Large cells are separated by a gap.
  const std::int64_t inner = side >= 8 ? side - 1 : side;
  Picture strip = strip_of(per_row * side, rows * side, options);
  for (std::int64_t i = 0; i < count; ++i) {
    const unsigned char* number = &numbers.pixels[static_cast<std::size_t>(i * numbers.channels)];
    const Rgb color = numbers.channels == 3 ? Rgb{number[0], number[1], number[2]} : Rgb{*number, *number, *number};
    fill(strip, i % per_row * side, i / per_row * side, {.width = inner, .height = inner}, color);
  }
  return rows * side > options.height_px ? resized(strip, strip.width, options.height_px) : strip;
}

/// Some channels side by side, each as a line over time.
Picture lines(const Tensor& sample, const Tiles& tiles, const ThumbnailOptions& options) {
  const std::int64_t gap = options.gap_px, all = tiles.height.size;
  const std::int64_t count = std::clamp<std::int64_t>((options.width_px + gap) / (kLeastLine_px + gap), 1, all);
  const Size size{.width = (options.width_px + gap) / count - gap, .height = options.height_px};
  const bool has_own_scales = options.scale.kind == Scale::Kind::kTile;
  const Range shared = range_of(options.scale, sample.numbers());
  Picture strip = strip_of(count * (size.width + gap) - gap, size.height, options);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t channel =
        options.channels.empty() ? i * all / count : options.channels[static_cast<std::size_t>(i)];
    paste(
        strip,
        line_tile(sample.data() + channel * tiles.height.stride, tiles.width, has_own_scales ? nullptr : &shared, size),
        i * (size.width + gap), 0);
  }
  return strip;
}

Picture number_as_text(float number, const ThumbnailOptions& options) {
  constexpr Rgb kInk = {232, 234, 238}, kNotFinite = {255, 0, 255};
  const std::string text = fitted(std::isnan(number) ? "NaN" : fmt::format("{:.6g}", number), options.width_px);
  Picture strip = strip_of(text_width(text), std::min(line_height(), options.height_px), options);
  draw_text(strip, 0, 0, text, std::isfinite(number) ? kInk : kNotFinite);
  return strip;
}

/// The three channels separately, then together as a colour picture.
Picture with_colors(const Tensor& sample, const std::string& axes, const ThumbnailOptions& options) {
  const Picture whole = grid(sample, axes, {.gap_px = 0, .zoom = 1, .scale = options.scale, .in_color = true}).picture;
  const Size size = fitting(whole, {.width = options.width_px / 4, .height = options.height_px});
  ThumbnailOptions apart = options;
  apart.in_color = false;
  apart.width_px -= size.width + options.gap_px;
  const Picture channels = thumbnails(sample, axes, apart);
  const std::int64_t left = channels.width + options.gap_px;
  Picture strip = strip_of(left + size.width, std::max(size.height, channels.height), options);
  paste(strip, channels, 0, 0);
  paste(strip, resized(rgb_picture(whole), size.width, size.height), left, 0);
  return strip;
}

/// A length of whole pixels per cell, if there is room for that.
std::int64_t line_length(std::int64_t count, std::int64_t room) {
  return count >= room ? room : count * std::min(room / count, kLargestCell_px);
}

}  // namespace

Picture thumbnails(const Tensor& sample, const std::string& axes, const ThumbnailOptions& options) {
  if (sample.dtype() != DType::kFloat32) return thumbnails(drawable(sample), axes, options);
  const Tiles tiles = tiles_of(sample.shape(), axes);
  if (options.in_color && has_three_colors(sample.shape(), axes) && !tiles.one_scale)
    return with_colors(sample, axes, options);
  const bool is_map = tiles.height.size > 1 && tiles.width.size > 1 && !tiles.may_stretch;
  if (is_map) return maps(sample, tiles, options);
  if (sample.size() == 1) return number_as_text(sample.data()[0], options);
  if (are_lines(tiles, {.colormap = options.colormap})) return lines(sample, tiles, options);
  const Grid all = plain_grid(sample, axes, options.scale, options);
  const Picture pixels = pixels_of(all);
  if (!tiles.may_stretch) {
    Picture strip = cells(pixels, tiles.count(), options);
    // A hatch with one pixel per number would have the background's colour.
    if (!(all.low < all.high) && !has_magenta(pixels))
      strip = rgb_picture(resized_tile(all, pixels, {.width = strip.width, .height = strip.height}, options));
    return strip;
  }
  const Size size{.width = line_length(tiles.width.size, options.width_px),
                  .height = line_length(tiles.height.size, options.height_px)};
  return rgb_picture(resized_tile(all, pixels, size, options));
}

Picture input_thumbnail(const Tensor& sample, const std::string& axes, const ThumbnailOptions& options) {
  if (sample.dtype() != DType::kFloat32) return input_thumbnail(drawable(sample), axes, options);
  const Tiles tiles = tiles_of(sample.shape(), axes);
  const bool is_picture = tiles.height.size > 1 && tiles.width.size > 1 && !tiles.may_stretch &&
                          tiles.slice_count() == 1 && (tiles.channels.size == 1 || tiles.channels.size == 3);
  if (!is_picture) return thumbnails(sample, axes, options);
  const Picture whole = pixels_of(input_picture(sample, axes, {.gap_px = 0, .zoom = 1}));
  const Size size = fitting(whole, {.width = options.width_px, .height = options.height_px});
  return rgb_picture(resized(whole, size.width, size.height));
}

}  // namespace kerascope
