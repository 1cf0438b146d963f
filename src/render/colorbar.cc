#include "render/colorbar.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "render/font.h"

namespace kerascope {
namespace {

constexpr std::int64_t kMargin_px = 16, kBarWidth_px = 18, kTick_px = 5, kSpace_px = 6, kLeastHeight_px = 176;
constexpr Rgb kInk = {232, 232, 232}, kFaint = {150, 150, 150};

struct Label {
  double place;  // 0 at the bar's lower end, 1 at its upper end
  std::string text;
};

std::string with_minus(std::string number) {
  if (!number.empty() && number[0] == '-') number.replace(0, 1, "−");
  return number;
}

/// Round numbers strictly between the ends, at steps of 1, 2 or 5 times a power of ten.
std::vector<Label> round_labels(double low, double high, std::int64_t most) {
  const double rough = (high - low) / static_cast<double>(most);
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= rough) {
      step = factor * power;
      break;
    }
  std::vector<Label> labels;
  const int decimals = static_cast<int>(std::max(0.0, -std::floor(std::log10(step) + 1e-9)));
  const bool is_long = decimals > 4 || std::max(std::abs(low), std::abs(high)) >= 1e6;
  for (double k = std::ceil(low / step); k * step < high; ++k) {
    const double number = k * step;
    const std::string shown = number == 0 ? "0"
                              : is_long   ? text::number(number)
                                          : fmt::format("{:.{}f}", number, decimals);
    labels.push_back({(number - low) / (high - low), with_minus(shown)});
  }
  return labels;
}

/// The numbers at the ends and, if there is room, round numbers between them.
std::vector<Label> labels_of(const Grid& grid, std::int64_t height_px) {
  if (!grid.has_one_scale) return {{1, "max"}, {0, "min"}};
  const double low = grid.low, high = grid.high;
  if (std::isnan(low)) return {};
  if (!(low < high)) return {{0.5, with_minus(text::number(low))}};
  std::vector<Label> labels = {{1, (grid.maximum > grid.high ? "> " : "") + with_minus(text::number(high))},
                               {0, (grid.minimum < grid.low ? "< " : "") + with_minus(text::number(low))}};
  const double clearance = 1.25 * static_cast<double>(line_height(kText)) / static_cast<double>(height_px);
  const auto most = std::max<std::int64_t>(height_px / (3 * line_height(kText)), 1);
  for (Label& label : round_labels(low, high, std::min<std::int64_t>(most, 8)))
    if (label.place > clearance && label.place < 1 - clearance) labels.push_back(std::move(label));
  return labels;
}

void fill(Picture& picture, std::int64_t left, std::int64_t top, std::int64_t width, std::int64_t height, Rgb color) {
  const unsigned char bytes[] = {color.r, color.g, color.b};
  for (std::int64_t y = top; y < top + height; ++y)
    for (std::int64_t x = left; x < left + width; ++x)
      std::copy_n(bytes, picture.channels,
                  &picture.pixels[static_cast<std::size_t>((y * picture.width + x) * picture.channels)]);
}

}  // namespace

void add_colorbar(Grid& grid) {
  const Picture tiles = grid.picture.palette.empty() ? std::move(grid.picture) : rgb_picture(grid.picture);
  const std::int64_t bar_height = std::max(tiles.height, kLeastHeight_px);
  const std::vector<Label> labels = labels_of(grid, bar_height);
  // With a scale per tile, the numbers differ between tiles.
  const std::string remark = grid.has_one_scale ? "" : "of each tile";
  std::int64_t text_px = text_width(remark, kSmallText);
  for (const Label& label : labels) text_px = std::max(text_px, text_width(label.text));

  Picture& picture = grid.picture;
  const std::int64_t bar_left = kMargin_px + tiles.width + kMargin_px;
  const std::int64_t text_left = bar_left + kBarWidth_px + kTick_px + kSpace_px;
  picture = {.width = text_left + text_px + kMargin_px,
             .height = bar_height + 2 * kMargin_px,
             .channels = tiles.channels,
             .pixels = {},
             .palette = {}};
  picture.pixels.assign(static_cast<std::size_t>(picture.width * picture.height * picture.channels), kGapGray);
  const std::int64_t row_bytes = tiles.width * tiles.channels, tiles_top = kMargin_px + (bar_height - tiles.height) / 2;
  for (std::int64_t y = 0; y < tiles.height; ++y)
    std::copy_n(
        &tiles.pixels[static_cast<std::size_t>(y * row_bytes)], row_bytes,
        &picture.pixels[static_cast<std::size_t>(((tiles_top + y) * picture.width + kMargin_px) * picture.channels)]);

  for (std::int64_t y = 0; y < bar_height; ++y) {
    const double place = 1 - (static_cast<double>(y) + 0.5) / static_cast<double>(bar_height);
    if (grid.form != Grid::Form::kColor) {
      fill(picture, bar_left, kMargin_px + y, kBarWidth_px, 1,
           colors(grid.colormap)[static_cast<std::size_t>(place * 256)]);
      continue;
    }
    // For a colour channel, a number is the amount of its colour.
    const auto level = static_cast<unsigned char>(place * 256);
    const Rgb ramps[] = {{level, 0, 0}, {0, level, 0}, {0, 0, level}};
    for (std::int64_t c = 0; c < 3; ++c)
      fill(picture, bar_left + c * kBarWidth_px / 3, kMargin_px + y, kBarWidth_px / 3, 1, ramps[c]);
  }
  for (const Label& label : labels) {
    const std::int64_t y = kMargin_px + std::lround((1 - label.place) * static_cast<double>(bar_height - 1));
    fill(picture, bar_left + kBarWidth_px, y, kTick_px, 1, kFaint);
    // Keep the numbers at the ends within the bar's height.
    const std::int64_t text_top = std::clamp(y - line_height() / 2, kMargin_px - line_height() / 4,
                                             kMargin_px + bar_height - line_height() * 3 / 4);
    draw_text(picture, text_left, text_top, label.text, kInk);
  }
  if (!remark.empty()) {
    draw_text(picture, text_left, kMargin_px + line_height() * 3 / 4, remark, kFaint, kSmallText);
    draw_text(picture, text_left, kMargin_px + bar_height - line_height() * 3 / 4 - line_height(kSmallText), remark,
              kFaint, kSmallText);
  }
}

}  // namespace kerascope
