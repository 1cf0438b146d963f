// A segmentation as one map of colours, alone or over its input, with a legend.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/text.h"
#include "kerascope/error.h"
#include "render/canvas.h"
#include "render/draw.h"
#include "render/font.h"
#include "render/resize.h"
#include "render/view.h"

namespace kerascope {
namespace {

constexpr std::int64_t kMargin_px = 16, kSwatch_px = 14, kSpace_px = 8, kMostNamed = 24, kWidestName_px = 320;
constexpr std::int64_t kLeastWidth_px = 512;
constexpr Rgb kInk = {232, 232, 232}, kFaint = {160, 160, 160};
constexpr double kTint = 0.5;  // opacity of the class's colour over the input

/// Levels of a colour map that can stand for class indices, see Canvas.
constexpr std::int64_t kLevels = 251;
constexpr float kNowhere = std::numeric_limits<float>::quiet_NaN();

Rgb from_hue(double hue, double saturation, double value) {
  const auto part = [&](double shift) {
    const double k = std::fmod(shift + hue * 6, 6);
    return static_cast<unsigned char>(
        std::lround(255 * value * (1 - saturation * std::clamp(std::min(k, 4 - k), 0.0, 1.0))));
  };
  return {part(5), part(3), part(1)};
}

/// The first colours are far apart from each other; the others step around the hue circle by the golden ratio.
Rgb color_of_class(std::int64_t index) {
  constexpr std::array<Rgb, 12> kFirst = {{{86, 98, 120},
                                           {230, 159, 0},
                                           {86, 180, 233},
                                           {0, 158, 115},
                                           {240, 228, 66},
                                           {213, 94, 0},
                                           {204, 121, 167},
                                           {0, 90, 200},
                                           {150, 75, 40},
                                           {160, 220, 120},
                                           {130, 70, 190},
                                           {240, 200, 180}}};
  if (index < std::ssize(kFirst)) return kFirst[static_cast<std::size_t>(index)];
  const auto turn = static_cast<double>(index - std::ssize(kFirst));
  return from_hue(std::fmod(0.08 + turn * 0.61803398875, 1), 0.45 + 0.5 * std::fmod(turn * 0.37, 1),
                  0.95 - 0.45 * std::fmod(turn * 0.23, 1));
}

/// Reads scores place by place, with all channels of a place, wherever the channel axis is.
class Places {
 public:
  Places(const Tensor& scores, const std::string& axes) : scores_(scores) {
    const auto channel = axes.find('C');
    const Shape& shape = scores.shape();
    if (static_cast<int>(axes.size()) != shape.rank() || channel == axes.npos || shape.rank() < 2)
      throw Error({.code = "classes-none",
                   .what = fmt::format("an output of shape {} is no map of classes", shape.str()),
                   .hint = "it takes an output with a channel per class at each place, (height, width, classes)"});
    if (shape.elements() == 0)
      throw Error({.code = "shape-empty", .what = "an output of shape " + shape.str() + " has no numbers to draw"});
    const int at = static_cast<int>(channel);
    channels_ = shape[at];
    inner_ = shape.elements(at + 1, shape.rank());
    std::vector<std::int64_t> sizes;
    for (int axis = 0; axis < shape.rank(); ++axis)
      if (axis != at) sizes.push_back(shape[axis]);
    shape_ = Shape(sizes);
    roles_ = axes;
    roles_.erase(channel, 1);
  }

  const Shape& shape() const { return shape_; }
  const std::string& roles() const { return roles_; }
  std::int64_t classes() const { return std::max<std::int64_t>(channels_, 2); }

  /// The class of each place; NaN if its numbers are not finite.
  Tensor classes_by_place() const {
    Tensor result(shape_);
    const Range range = finite_range(scores_.numbers());
    const float threshold = range.minimum >= 0 && range.maximum <= 1 ? 0.5f : 0.0f;
    for (std::int64_t place = 0; place < shape_.elements(); ++place) {
      const float* first = scores_.data() + place / inner_ * channels_ * inner_ + place % inner_;
      float& best = result.mutable_data()[place];
      best = channels_ == 1 ? static_cast<float>(first[0] > threshold) : 0;
      for (std::int64_t c = 0; c < channels_; ++c) {
        const float number = first[c * inner_];
        if (!std::isfinite(number)) {
          best = kNowhere;
          break;
        }
        if (number > first[static_cast<std::int64_t>(best) * inner_] && channels_ > 1) best = static_cast<float>(c);
      }
    }
    return result;
  }

 private:
  const Tensor& scores_;
  std::int64_t channels_ = 1, inner_ = 1;
  Shape shape_;
  std::string roles_;
};

std::vector<ClassShare> shares_of(const Tensor& classes, std::int64_t count, const std::vector<std::string>& names) {
  std::vector<std::int64_t> places(static_cast<std::size_t>(count));
  for (const float one : classes.numbers())
    if (std::isfinite(one)) ++places[static_cast<std::size_t>(one)];
  std::vector<ClassShare> shares;
  for (std::size_t i = 0; i < places.size(); ++i)
    if (places[i] > 0)
      shares.push_back({.index = static_cast<std::int64_t>(i),
                        .name = i < names.size() && !names[i].empty() ? names[i] : std::to_string(i),
                        .share = static_cast<double>(places[i]) / static_cast<double>(classes.size())});
  std::ranges::stable_sort(shares, std::greater{}, &ClassShare::share);
  return shares;
}

/// The map with each place in its class's colour.
Picture colored(const Tensor& classes, const Tiles& tiles, const GridOptions& options) {
  GridOptions by_level = options;
  by_level.colormap = Colormap::kViridis;  // any palette: its colours are replaced by the classes'
  by_level.scale = {.kind = Scale::Kind::kFixed, .low = 0, .high = static_cast<float>(kLevels - 1)};
  Tensor levels = classes;
  for (std::int64_t i = 0; i < levels.size(); ++i)
    if (std::isfinite(levels.data()[i]) && levels.data()[i] >= static_cast<float>(kLevels))
      levels.mutable_data()[i] = std::fmod(levels.data()[i], static_cast<float>(kLevels));
  const Range range{0, static_cast<float>(kLevels - 1)};
  Picture picture = draw(levels.data(), tiles, {&range, 1}, by_level).picture;
  for (std::int64_t i = 0; i < kLevels; ++i) picture.palette[static_cast<std::size_t>(i)] = color_of_class(i);
  return rgb_picture(picture);
}

/// The classes' colours mixed with the input, at the input's size.
Picture over_input(const Tensor& classes, const Tiles& tiles, const ClassOptions& options) {
  const std::string& axes = options.input_axes;
  const bool is_picture = (axes == "HWC" || axes == "CHW") && options.input.shape().rank() == 3 &&
                          (options.input.shape()[static_cast<int>(axes.find('C'))] == 3 ||
                           options.input.shape()[static_cast<int>(axes.find('C'))] == 1);
  if (!is_picture || tiles.count() != 1 || tiles.may_stretch)
    throw Error({.code = "classes-none",
                 .what = fmt::format("classes of shape {} cannot lie over an input of shape {}", classes.shape().str(),
                                     options.input.shape().str()),
                 .because = "it takes one map of classes, and a picture of one or three channels",
                 .hint = "draw the classes alone"});
  const Picture input = rgb_picture(input_picture(options.input, axes, {.gap_px = 0, .zoom = 1}).picture);
  const Picture map = colored(classes, tiles, {.gap_px = 0, .zoom = 1});
  const std::int64_t zoom =
      options.zoom > 0 ? options.zoom : std::max<std::int64_t>((kLeastWidth_px + input.width - 1) / input.width, 1);
  Picture both = plain({.width = input.width * zoom, .height = input.height * zoom}, {});
  for (std::int64_t y = 0; y < both.height; ++y)
    for (std::int64_t x = 0; x < both.width; ++x) {
      const auto pixel = [](const Picture& picture, std::int64_t across, std::int64_t down) {
        return &picture.pixels[static_cast<std::size_t>((down * picture.width + across) * 3)];
      };
      const unsigned char* below = pixel(input, x / zoom, y / zoom);
      const unsigned char* above = pixel(map, x * map.width / both.width, y * map.height / both.height);
      for (int c = 0; c < 3; ++c)
        both.pixels[static_cast<std::size_t>((y * both.width + x) * 3 + c)] =
            static_cast<unsigned char>(std::lround((1 - kTint) * below[c] + kTint * above[c]));
    }
  return both;
}

std::string percent(double share) {
  return share > 0 && share < 0.001 ? "< 0.1%" : fmt::format("{:.1f}%", 100 * share);
}

Picture with_legend(const Picture& map, const ClassMap& classes) {
  const std::int64_t line = line_height() + 4;
  const std::size_t named = std::min<std::size_t>(classes.classes.size(), kMostNamed);
  const auto absent = classes.count - std::ssize(classes.classes);
  std::vector<std::string> rest;
  if (named < classes.classes.size()) rest.push_back(fmt::format("and {} more", classes.classes.size() - named));
  if (absent > 0) rest.push_back(fmt::format("{} of {} nowhere", absent, classes.count));
  std::int64_t name_px = 0, share_px = 0;
  for (std::size_t i = 0; i < named; ++i) {
    name_px = std::max(name_px, text_width(text::printable(classes.classes[i].name)));
    share_px = std::max(share_px, text_width(percent(classes.classes[i].share)));
  }
  name_px = std::min(name_px, kWidestName_px);
  std::int64_t legend_px = kSwatch_px + kSpace_px + name_px + 2 * kSpace_px + share_px;
  for (const std::string& text : rest) legend_px = std::max(legend_px, text_width(text, kSmallText));
  const std::int64_t legend_height = static_cast<std::int64_t>(named + rest.size()) * line;
  Picture page = plain(
      {.width = map.width + legend_px + 3 * kMargin_px, .height = std::max(map.height, legend_height) + 2 * kMargin_px},
      {kGapGray, kGapGray, kGapGray});
  paste(page, map, kMargin_px, kMargin_px);
  const std::int64_t left = map.width + 2 * kMargin_px;
  std::int64_t top = kMargin_px;
  for (std::size_t i = 0; i < named; ++i, top += line) {
    const ClassShare& one = classes.classes[i];
    fill(page, left, top + (line_height() - kSwatch_px) / 2, {.width = kSwatch_px, .height = kSwatch_px},
         color_of_class(one.index % kLevels));
    draw_text(page, left + kSwatch_px + kSpace_px, top, fitted(text::printable(one.name), name_px), kInk);
    const std::string share = percent(one.share);
    draw_text(page, left + kSwatch_px + 3 * kSpace_px + name_px + share_px - text_width(share), top, share, kFaint);
  }
  for (const std::string& text : rest) {
    draw_text(page, left, top, text, kFaint, kSmallText);
    top += line;
  }
  return page;
}

}  // namespace

ClassMap class_map(const Tensor& scores, const std::string& axes, const ClassOptions& options) {
  if (scores.empty()) throw Error({.code = "shape-empty", .what = "a tensor without a shape cannot be drawn"});
  if (scores.dtype() != DType::kFloat32) return class_map(drawable(scores), axes, options);
  const Places places(scores, axes);
  const Tensor classes = places.classes_by_place();
  Tiles tiles = tiles_of(classes.shape(), places.roles());
  tiles.hatch_constant = false;
  ClassMap map{.grid = {}, .classes = shares_of(classes, places.classes(), options.names), .count = places.classes()};
  const Range range = finite_range(classes.numbers());
  map.grid = {.rows = static_cast<int>(tiles.rows),
              .columns = static_cast<int>(tiles.columns),
              .minimum = range.minimum,
              .maximum = range.maximum,
              .form = Grid::Form::kClasses,
              .layout = fmt::format("{} of {} classes", map.classes.size(), map.count)};
  const bool is_over_input = !options.input.empty();
  if (is_over_input) map.grid.layout += " over the input";
  map.grid.picture = with_legend(
      is_over_input ? over_input(classes, tiles, options) : colored(classes, tiles, {.zoom = options.zoom}), map);
  return map;
}

}  // namespace kerascope
