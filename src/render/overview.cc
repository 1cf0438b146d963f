#include "render/overview.h"

#include <algorithm>
#include <array>

#include "render/font.h"
#include "render/resize.h"

namespace kerascope {
namespace {

constexpr Rgb kGround = ThumbnailOptions().ground, kRule = {66, 68, 74};
constexpr Rgb kBright = {232, 234, 238}, kCalm = {158, 163, 173}, kFaint = {124, 129, 139}, kWarm = {222, 168, 92};

constexpr std::int64_t kTileGap_px = 3, kMargin_px = 28, kColumnGap_px = 44, kRowGap_px = 8, kIndent_px = 14,
                       kTextGap_px = 18;
constexpr std::int64_t kHighest_px = 4000, kWidest_px = 6000, kDeepest = 6;
constexpr Size kInput{.width = 256, .height = 128};
constexpr std::int64_t kCaptionGap_px = 4, kLineGap_px = 3, kTitleGap_px = 8;

/// Sizes of tiles and text, from sparse to dense, for more and more rows.
struct Density {
  std::int64_t tile_px, tiles, text_px;
  std::int64_t strip_px() const { return tiles * (tile_px + kTileGap_px) - kTileGap_px; }
  std::int64_t column_px() const { return text_px + kTextGap_px + strip_px(); }
  std::int64_t row_px() const { return tile_px + kRowGap_px; }
};
constexpr std::array<Density, 3> kDensities = {{{56, 12, 264}, {48, 8, 240}, {48, 5, 220}}};

std::int64_t columns_for(const Density& density, std::size_t rows) {
  auto width = [&](std::int64_t columns) { return columns * (density.column_px() + kColumnGap_px) + 2 * kMargin_px; };
  auto height = [&](std::int64_t columns) {
    return (static_cast<std::int64_t>(rows) + columns - 1) / columns * density.row_px() + kInput.height +
           4 * kMargin_px;
  };
  std::int64_t columns = 1;
  while (height(columns) > std::min(kHighest_px, width(columns) * 8 / 5) && width(columns + 1) <= kWidest_px) ++columns;
  return columns;
}

bool fits(const Density& density, std::size_t rows) {
  const std::int64_t columns = columns_for(density, rows);
  return (static_cast<std::int64_t>(rows) + columns - 1) / columns * density.row_px() <= kHighest_px - 300;
}

const Density& density_for(std::size_t rows) {
  for (const Density& density : kDensities)
    if (fits(density, rows)) return density;
  return kDensities.back();
}

void draw_right(Picture& page, std::int64_t right, std::int64_t y, const std::string& text, Rgb color, int size) {
  draw_text(page, right - text_width(text, size), y, text, color, size);
}

/// Draws a left and a right text in one line; the left text is shortened if there is no room.
void draw_pair(Picture& page, std::int64_t left, std::int64_t right, std::int64_t y, const std::string& first,
               Rgb first_color, const std::string& second, Rgb second_color, int size) {
  const std::string end = fitted(second, (right - left) * 2 / 3, size);
  const std::int64_t room = right - left - text_width(end, size) - (end.empty() ? 0 : 10);
  draw_text(page, left, y, fitted(first, room, size), first_color, size);
  draw_right(page, right, y, end, second_color, size);
}

void draw_row(Picture& page, const OverviewRow& row, std::int64_t left, std::int64_t top, const Density& density) {
  const std::int64_t depth = std::min<std::int64_t>(row.depth, kDeepest);
  for (std::int64_t level = 0; level < depth; ++level)
    fill(page, left + level * kIndent_px + 3, top - kRowGap_px / 2, {.width = 1, .height = density.row_px()}, kRule);
  const std::int64_t text_left = left + depth * kIndent_px, text_right = left + density.text_px;
  const std::int64_t lines = line_height(kText) + 2 * line_height(kSmallText);
  std::int64_t y = top + std::max<std::int64_t>((density.tile_px - lines) / 2, 0);
  const bool is_seen = row.problem.empty();
  draw_text(page, text_left, y, fitted(row.name, text_right - text_left), is_seen ? kBright : kCalm);
  y += line_height(kText);
  draw_pair(page, text_left, text_right, y, row.kind, kCalm, row.shape, kCalm, kSmallText);
  y += line_height(kSmallText);
  draw_pair(page, text_left, text_right, y, row.range, kFaint, row.warning, kWarm, kSmallText);
  const std::int64_t strip_left = text_right + kTextGap_px;
  if (!row.strip.pixels.empty()) paste(page, row.strip, strip_left, top + (density.tile_px - row.strip.height) / 2);
  if (!is_seen)
    draw_text(page, strip_left, top + (density.tile_px - line_height()) / 2, fitted(row.problem, density.strip_px()),
              kWarm);
}

std::int64_t head_height(const Overview& overview) {
  const std::int64_t captions = overview.inputs.size() > 1 ? kCaptionGap_px + line_height(kSmallText) : 0;
  const std::int64_t lines = static_cast<std::int64_t>(overview.lines.size() + overview.warnings.size());
  const std::int64_t texts = line_height(kTitleText) + kTitleGap_px + lines * (line_height() + kLineGap_px) +
                             kTitleGap_px + line_height(kSmallText);
  return std::max(overview.inputs.empty() ? 0 : kInput.height + captions, texts);
}

void draw_head(Picture& page, const Overview& overview) {
  std::int64_t x = kMargin_px, y = kMargin_px;
  for (const Overview::Input& input : overview.inputs) {
    if (x + input.picture.width > page.width * 3 / 5) break;
    paste(page, input.picture, x, y);
    if (overview.inputs.size() > 1)
      draw_text(page, x, y + input.picture.height + kCaptionGap_px,
                fitted(input.caption, input.picture.width, kSmallText), kCalm, kSmallText);
    x += input.picture.width + kColumnGap_px / 2;
  }
  const std::int64_t room = page.width - kMargin_px - x;
  draw_text(page, x, y, fitted(overview.title, room, kTitleText), kBright, kTitleText);
  y += line_height(kTitleText) + kTitleGap_px;
  for (const auto& [lines, color] : {std::pair(&overview.lines, kCalm), std::pair(&overview.warnings, kWarm)})
    for (const std::string& line : *lines) {
      draw_text(page, x, y, fitted(line, room), color);
      y += line_height() + kLineGap_px;
    }
  draw_text(page, x, y + kTitleGap_px, fitted(overview.legend, room, kSmallText), kFaint, kSmallText);
}

/// The names of the nested models that contain the row at the top of a column.
std::string continued(const std::vector<OverviewRow>& rows, std::size_t first) {
  std::string path;
  int depth = rows[first].depth;
  for (std::size_t row = first; row-- > 0 && depth > 0;)
    if (rows[row].depth < depth) {
      path = rows[row].name + (path.empty() ? "" : "/") + path;
      depth = rows[row].depth;
    }
  return path.empty() ? "" : path + ", continued";
}

}  // namespace

ThumbnailOptions overview_input_options() { return {.width_px = kInput.width, .height_px = kInput.height}; }

ThumbnailOptions overview_strip_options(std::size_t rows) {
  const Density& density = density_for(rows);
  return {.width_px = density.strip_px(), .height_px = density.tile_px};
}

Picture draw(const Overview& overview) {
  const std::size_t count = overview.rows.size();
  const Density& density = density_for(count);
  const std::int64_t columns = columns_for(density, count);
  const std::int64_t rows = (static_cast<std::int64_t>(count) + columns - 1) / columns;
  const std::int64_t rows_top = kMargin_px + head_height(overview) + kMargin_px + line_height(kSmallText);
  Picture page = plain({.width = 2 * kMargin_px + columns * (density.column_px() + kColumnGap_px) - kColumnGap_px,
                        .height = rows_top + rows * density.row_px() - kRowGap_px + kMargin_px},
                       kGround);
  draw_head(page, overview);
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t column = static_cast<std::int64_t>(i) / rows, place = static_cast<std::int64_t>(i) % rows;
    const std::int64_t left = kMargin_px + column * (density.column_px() + kColumnGap_px);
    if (place == 0)
      draw_text(page, left, rows_top - line_height(kSmallText) - kCaptionGap_px,
                fitted(continued(overview.rows, i), density.text_px, kSmallText), kFaint, kSmallText);
    draw_row(page, overview.rows[i], left, rows_top + place * density.row_px(), density);
  }
  return page;
}

}  // namespace kerascope
