#include "render/curve.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/text.h"
#include "render/font.h"
#include "render/stroke.h"

namespace kerascope {
namespace {

constexpr Rgb kGround{20, 22, 27}, kGrid{38, 42, 50}, kFaint{112, 120, 134}, kPlain{188, 194, 204},
    kBright{238, 240, 244}, kCool{98, 168, 222}, kWarm{242, 134, 92}, kLimit{222, 190, 110};
constexpr std::int64_t kMargin = 28, kPlotWidth = 620, kLane = 72, kMostNameWidth = 320, kRightMargin = 190;
constexpr double kLeastDecade = -10;  // float32 results are never closer than this

/// Maps a value to a position across the page, and a row to a position down the page.
class Frame {
 public:
  Frame(std::span<const CurvePoint> points, const CurveOptions& options) {
    double least = HUGE_VAL, greatest = 0;
    std::int64_t names = 0;
    for (const CurvePoint& point : points) {
      names = std::max(names, text_width(text::printable(point.name), kSmallText));
      has_zeros_ |= point.value == 0;
      has_infinities_ |= std::isinf(point.value);
      if (!std::isfinite(point.value) || point.value == 0) continue;
      least = std::min(least, point.value);
      greatest = std::max(greatest, point.value);
    }
    if (options.limit > 0) {
      least = std::min(least, options.limit / 10);
      greatest = std::max(greatest, options.limit);
    }
    high = std::max(std::ceil(std::log10(std::max(greatest, 1e-300))), 0.0);
    low = std::clamp(std::floor(std::log10(std::min(least, 1.0))), kLeastDecade, high - 4);
    name_width = std::min(names, kMostNameWidth);
    left = kMargin + name_width + 14;
    axis_left = left + (has_zeros_ ? kLane : 12);
    axis_right = axis_left + kPlotWidth;
    right = axis_right + (has_infinities_ ? kLane : 12);
    width = right + kRightMargin;
    const auto count = static_cast<double>(points.size());
    row_height = std::clamp(std::floor(1500 / count), 5.0, 22.0);
    top = kMargin + line_height(kTitleText) + line_height(kSmallText) + 48;
    bottom = top + static_cast<std::int64_t>(std::ceil(count * row_height)) + 8;
    height = bottom + line_height(kSmallText) + kMargin;
  }

  double x(double value) const {
    if (value == 0) return static_cast<double>(left) + kLane / 2.0 - 6;
    if (std::isinf(value)) return static_cast<double>(axis_right) + kLane / 2.0 + 6;
    const double part = (std::log10(value) - low) / (high - low);
    return static_cast<double>(axis_left) + std::max(part, 0.0) * static_cast<double>(axis_right - axis_left);
  }
  double y(std::size_t row) const {
    return static_cast<double>(top) + 4 + (static_cast<double>(row) + 0.5) * row_height;
  }
  bool has_zeros() const { return has_zeros_; }
  bool has_infinities() const { return has_infinities_; }

  double low, high;  ///< decades
  std::int64_t name_width, left, axis_left, axis_right, right, top, bottom, width, height;
  double row_height;

 private:
  bool has_zeros_ = false, has_infinities_ = false;
};

void draw_centred(Picture& picture, double x, std::int64_t y, const std::string& words, Rgb color) {
  draw_text(picture, std::llround(x) - text_width(words, kSmallText) / 2, y, words, color, kSmallText);
}

void draw_axes(Picture& picture, const Frame& frame, const CurveOptions& options) {
  const double top = static_cast<double>(frame.top), bottom = static_cast<double>(frame.bottom);
  const std::int64_t labels = frame.top - line_height(kSmallText) - 4;
  const auto vertical = [&](double x, Rgb color) { draw_rectangle(picture, {x, top}, {x + 1, bottom}, color); };
  for (double decade = frame.low; decade <= frame.high; ++decade) {
    const double x = std::round(frame.x(std::pow(10, decade)));
    vertical(x, kGrid);
    const std::string power = decade < -3 ? fmt::format("1e{:.0f}", decade) : text::number(std::pow(10, decade));
    draw_centred(picture, x, labels, power, kFaint);
  }
  if (frame.has_zeros()) {
    vertical(std::round(frame.x(0)), kGrid);
    draw_centred(picture, frame.x(0), labels, "equal", kFaint);
  }
  if (frame.has_infinities()) {
    vertical(std::round(frame.x(HUGE_VAL)), kGrid);
    draw_centred(picture, frame.x(HUGE_VAL), labels, "NaN", kFaint);
  }
  if (options.limit <= 0) return;
  const double x = std::round(frame.x(options.limit));
  draw_rectangle(picture, {x, top}, {static_cast<double>(frame.right), bottom}, kWarm, 0.045);
  for (double y = top; y < bottom; y += 8) draw_rectangle(picture, {x, y}, {x + 1, std::min(y + 4, bottom)}, kLimit);
  draw_centred(picture, x, frame.bottom + 6, options.limit_name + " " + text::number(options.limit), kLimit);
}

void draw_name(Picture& picture, const Frame& frame, std::size_t row, const std::string& raw, Rgb color) {
  const std::string name = fitted(text::printable(raw), frame.name_width, kSmallText);
  draw_text(picture, kMargin + frame.name_width - text_width(name, kSmallText),
            std::llround(frame.y(row)) - line_height(kSmallText) / 2, name, color, kSmallText);
}

/// Draws as many names as stay readable; the marked one always.
void draw_names(Picture& picture, const Frame& frame, std::span<const CurvePoint> points, const CurveOptions& options) {
  const auto step =
      static_cast<std::size_t>(std::ceil(static_cast<double>(line_height(kSmallText)) / frame.row_height));
  for (std::size_t row = 0; row < points.size(); ++row) {
    const bool is_marked = options.marked == row;
    const bool is_near_marked = options.marked && row + step > *options.marked && row < *options.marked + step;
    if (is_marked || (row % step == 0 && !is_near_marked))
      draw_name(picture, frame, row, points[row].name, is_marked ? kBright : kPlain);
    if (!points[row].remark.empty() && step == 1)
      draw_text(picture, frame.axis_left + 8, std::llround(frame.y(row)) - line_height(kSmallText) / 2,
                points[row].remark, kFaint, kSmallText);
  }
}

}  // namespace

Picture depth_curve(std::span<const CurvePoint> points, const CurveOptions& options) {
  const Frame frame(points, options);
  Picture picture = filled_picture(frame.width, frame.height, kGround);
  draw_text(picture, kMargin, kMargin - 6, fitted(options.title, frame.width - 2 * kMargin, kTitleText), kBright,
            kTitleText);
  draw_text(picture, kMargin, kMargin + line_height(kTitleText),
            fitted(text::printable(options.subtitle), frame.width - 2 * kMargin, kSmallText), kFaint, kSmallText);
  draw_axes(picture, frame, options);
  draw_names(picture, frame, points, options);

  const auto color = [&](const CurvePoint& point) { return point.value > options.limit ? kWarm : kCool; };
  const auto place = [&](std::size_t row) { return Point{frame.x(points[row].value), frame.y(row)}; };
  if (options.marked) {
    const double y = frame.y(*options.marked);
    draw_line(picture, {static_cast<double>(frame.left) - 8, y}, {static_cast<double>(frame.right), y}, 1, kWarm, 0.45);
    const double value = points[*options.marked].value;
    draw_text(picture, frame.right + 10, std::llround(y) - line_height(kSmallText) / 2,
              options.marked_name + (std::isfinite(value) ? "  " + text::number(value) : ""), kWarm, kSmallText);
  }
  for (std::size_t row = 1; row < points.size(); ++row)
    if (!std::isnan(points[row - 1].value) && !std::isnan(points[row].value))
      draw_line(picture, place(row - 1), place(row), 1.6, color(points[row]), 0.75);
  const double radius = std::clamp(frame.row_height / 5, 1.8, 3.6);
  for (std::size_t row = 0; row < points.size(); ++row) {
    if (std::isnan(points[row].value)) continue;
    const bool is_marked = options.marked == row;
    if (is_marked) draw_dot(picture, place(row), radius + 4.5, kWarm);
    if (is_marked) draw_dot(picture, place(row), radius + 2.5, kGround);
    draw_dot(picture, place(row), radius, color(points[row]));
  }
  return picture;
}

}  // namespace kerascope
