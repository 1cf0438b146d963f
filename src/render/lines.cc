#include "render/lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <vector>

#include "base/text.h"
#include "kerascope/error.h"
#include "render/font.h"
#include "render/stroke.h"

namespace kerascope {
namespace {

constexpr std::int64_t kMostLines = 32;  // more channels are cells by default
constexpr std::int64_t kPlot_px = 720, kAllPanels_px = 1200, kLeastPanel_px = 24, kTallestPanel_px = 160;
constexpr std::int64_t kMargin_px = 12, kSpace_px = 8, kTick_px = 4, kMostPixels = std::int64_t{1} << 28;
constexpr std::int64_t kHatchStripe_px = 4;
constexpr Rgb kPanel = {24, 25, 28}, kHatch = {38, 39, 43}, kZero = {70, 72, 78}, kLine = {232, 234, 238},
              kInk = {232, 232, 232}, kFaint = {160, 160, 160}, kMagenta = {255, 0, 255};
constexpr double kLine_px = 1.5;

struct Box {
  std::int64_t left, top;
  Size size;
};

/// Draws one channel in its box.
class Line {
 public:
  Line(Picture& picture, const Box& box, const float* numbers, const Axis& steps, const Range& range)
      : picture_(picture), box_(box), numbers_(numbers), steps_(steps), range_(range) {}

  void draw() const {
    if (range_.minimum < 0 && range_.maximum > 0) {
      const double zero = std::floor(y(0));
      draw_rectangle(picture_, {left(), zero}, {right(), zero + 1}, kZero);
    }
    if (steps_.size > 2 * box_.size.width)
      envelope();
    else
      strokes();
    for (std::int64_t step = 0; step < steps_.size; ++step)
      if (!std::isfinite(at(step)))
        draw_rectangle(picture_, {std::floor(x(step)) - 1, top()}, {std::floor(x(step)) + 1, bottom()}, kMagenta);
  }

 private:
  double left() const { return static_cast<double>(box_.left); }
  double right() const { return static_cast<double>(box_.left + box_.size.width); }
  double top() const { return static_cast<double>(box_.top); }
  double bottom() const { return static_cast<double>(box_.top + box_.size.height); }
  float at(std::int64_t step) const { return numbers_[step * steps_.stride]; }

  /// The x of a step's number: the middle of the step's share of the width.
  double x(std::int64_t step) const {
    return left() + (static_cast<double>(step) + 0.5) / static_cast<double>(steps_.size) * (right() - left());
  }
  double y(float number) const {
    const double low = range_.minimum, high = range_.maximum, side = std::min(3.0, (bottom() - top()) / 8);
    const double place = low < high ? (static_cast<double>(number) - low) / (high - low) : 0.5;
    return bottom() - side - std::clamp(place, 0.0, 1.0) * (bottom() - top() - 2 * side);
  }

  void strokes() const {
    bool is_drawing = false;
    for (std::int64_t step = 0; step < steps_.size; ++step) {
      if (!std::isfinite(at(step))) {
        is_drawing = false;
        continue;
      }
      const Point here{x(step), y(at(step))};
      const Point before = is_drawing ? Point{x(step - 1), y(at(step - 1))} : here;
      draw_line(picture_, before, here, kLine_px, kLine);
      is_drawing = true;
    }
  }

  /// For many steps: each column of pixels spans its smallest to its largest number and touches its neighbour.
  void envelope() const {
    const std::int64_t width = box_.size.width;
    for (std::int64_t pixel = 0; pixel < width; ++pixel) {
      double low = HUGE_VAL, high = -HUGE_VAL;
      const std::int64_t first = std::max<std::int64_t>(pixel * steps_.size / width - 1, 0);
      for (std::int64_t step = first; step < (pixel + 1) * steps_.size / width; ++step)
        if (std::isfinite(at(step))) {
          low = std::min(low, y(at(step)));
          high = std::max(high, y(at(step)));
        }
      const double x = left() + static_cast<double>(pixel);
      if (low <= high) draw_rectangle(picture_, {x, std::floor(low)}, {x + 1, std::floor(high) + 1}, kLine);
    }
  }

  Picture& picture_;
  const Box& box_;
  const float* numbers_;
  const Axis& steps_;
  const Range& range_;
};

Range range_of_line(const float* numbers, const Axis& steps) {
  std::vector<float> line(static_cast<std::size_t>(steps.size));
  for (std::int64_t step = 0; step < steps.size; ++step)
    line[static_cast<std::size_t>(step)] = numbers[step * steps.stride];
  return finite_range(line);
}

void draw_ground(Picture& picture, const Box& box, bool is_hatched) {
  fill(picture, box.left, box.top, box.size, kPanel);
  for (std::int64_t y = box.top; is_hatched && y < box.top + box.size.height; ++y)
    for (std::int64_t x = box.left; x < box.left + box.size.width; ++x)
      if ((x + y) / kHatchStripe_px % 2) {
        unsigned char* const pixel = &picture.pixels[static_cast<std::size_t>((y * picture.width + x) * 3)];
        std::tie(pixel[0], pixel[1], pixel[2]) = std::tie(kHatch.r, kHatch.g, kHatch.b);
      }
}

bool is_still(const Range& own, const Axis& steps) { return steps.size > 1 && own.minimum == own.maximum; }

void draw_panel(Picture& picture, const Box& box, const float* numbers, const Axis& steps, const Range& own,
                const Range& range) {
  draw_ground(picture, box, is_still(own, steps));
  Line(picture, box, numbers, steps, range).draw();
}

/// A step of 1, 2 or 5 times a power of ten, with at most `most` ticks.
std::int64_t tick_step(std::int64_t count, std::int64_t most) {
  for (std::int64_t power = 1;; power *= 10)
    for (const std::int64_t factor : {1, 2, 5})
      if (count / (factor * power) < most) return factor * power;
}

}  // namespace

bool are_lines(const Tiles& tiles, const GridOptions& options) {
  if (!tiles.may_stretch || options.sequence == Sequence::kCells) return false;
  if (options.sequence == Sequence::kLines) return true;
  return tiles.height.size <= kMostLines && options.zoom == 0 && options.colormap == Colormap::kGray;
}

Grid draw_lines(const float* numbers, const Tiles& tiles, std::span<const std::string> names, const Range* shared,
                const GridOptions& options) {
  const std::int64_t count = tiles.height.size, gap = options.gap_px;
  const auto name = [&](std::int64_t i) {
    return names.empty() ? std::to_string(i) : names[static_cast<std::size_t>(i)];
  };
  std::vector<Range> ranges;
  std::int64_t names_px = 0, numbers_px = 0;
  const std::int64_t panel = std::clamp(kAllPanels_px / count, kLeastPanel_px, kTallestPanel_px);
  const bool has_two_rows = panel >= 2 * line_height(kSmallText);
  const auto ends = [&](const Range& range) -> std::vector<std::string> {
    if (std::isnan(range.minimum)) return {"none finite"};
    const std::string low = text::number(range.minimum), high = text::number(range.maximum);
    if (!(range.minimum < range.maximum)) return {low};
    if (has_two_rows) return {high, low};
    return {low + " .. " + high};
  };
  Grid grid{.rows = static_cast<int>(count),
            .columns = 1,
            .minimum = std::numeric_limits<float>::quiet_NaN(),
            .maximum = std::numeric_limits<float>::quiet_NaN(),
            .has_numbers = true,
            .has_one_scale = shared != nullptr || count == 1,
            .scale = options.scale.kind,
            .form = Grid::Form::kLines,
            .layout = fmt::format("{} line{} of {} steps", count, count == 1 ? "" : "s", tiles.width.size)};
  for (std::int64_t i = 0; i < count; ++i) {
    const Range& own = ranges.emplace_back(range_of_line(numbers + i * tiles.height.stride, tiles.width));
    grid.minimum = std::fmin(grid.minimum, own.minimum);
    grid.maximum = std::fmax(grid.maximum, own.maximum);
    names_px = std::max(names_px, text_width(name(i), kSmallText));
    for (const std::string& text : ends(shared ? *shared : own))
      numbers_px = std::max(numbers_px, text_width(text, kSmallText));
  }
  const Range& scale = shared ? *shared : ranges[0];
  grid.low = scale.minimum;
  grid.high = scale.maximum;
  const std::int64_t left = kMargin_px + names_px + kSpace_px, bottom = kMargin_px + count * (panel + gap) - gap;
  const Size size{.width = left + kPlot_px + kSpace_px + numbers_px + kMargin_px,
                  .height = bottom + kTick_px + line_height(kSmallText) + kMargin_px};
  if (static_cast<double>(size.width) * static_cast<double>(size.height) > static_cast<double>(kMostPixels))
    throw Error({.code = "picture-too-large",
                 .what = fmt::format("{} lines below each other are too many pixels, the most is {} in all", count,
                                     kMostPixels),
                 .hint = "choose fewer channels, or draw the sequence as cells"});
  grid.picture = plain(size, {kGapGray, kGapGray, kGapGray});
  for (std::int64_t i = 0; i < count; ++i) {
    const Box box{.left = left, .top = kMargin_px + i * (panel + gap), .size = {.width = kPlot_px, .height = panel}};
    const Range& own = ranges[static_cast<std::size_t>(i)];
    draw_panel(grid.picture, box, numbers + i * tiles.height.stride, tiles.width, own, shared ? *shared : own);
    const std::int64_t middle = box.top + (panel - line_height(kSmallText)) / 2, beside = left + kPlot_px + kSpace_px;
    draw_text(grid.picture, left - kSpace_px - text_width(name(i), kSmallText), middle, name(i), kInk, kSmallText);
    const std::vector<std::string> texts = ends(shared ? *shared : own);
    draw_text(grid.picture, beside, texts.size() == 2 ? box.top : middle, texts[0], kFaint, kSmallText);
    if (texts.size() == 2)
      draw_text(grid.picture, beside, box.top + panel - line_height(kSmallText), texts[1], kFaint, kSmallText);
  }
  const std::int64_t step = tick_step(tiles.width.size, 10);
  for (std::int64_t i = 0; i < tiles.width.size; i += step) {
    const std::int64_t x = left + (2 * i + 1) * kPlot_px / (2 * tiles.width.size);
    fill(grid.picture, x, bottom, {.width = 1, .height = kTick_px}, kFaint);
    const std::string text = std::to_string(i);
    draw_text(grid.picture, std::max<std::int64_t>(x - text_width(text, kSmallText) / 2, 0), bottom + kTick_px, text,
              kFaint, kSmallText);
  }
  return grid;
}

Picture line_tile(const float* numbers, const Axis& steps, const Range* shared, Size size) {
  Picture tile = plain(size, kPanel);
  const Range own = range_of_line(numbers, steps);
  const Box box{.left = 0, .top = 0, .size = size};
  draw_panel(tile, box, numbers, steps, own, shared ? *shared : own);
  return tile;
}

}  // namespace kerascope
