// Text in pictures: one typeface in three sizes, built into the program.
#pragma once

#include <string>
#include <string_view>

#include "render/picture.h"

namespace kerascope {

/// The available sizes, in pixels per em; other sizes use the nearest.
enum TextSize { kSmallText = 12, kText = 14, kTitleText = 20 };

/// Draws one line over the picture, clipped at its edges. Digits are equally wide. A character that the typeface lacks
/// (it has Latin-1 and a few signs: – — … • → −) and a byte that is not UTF-8 are drawn as boxes.
/// @param x, y   the left end, and the top of the line, which is line_height(size) high.
/// @param color  in a grey picture only its brightness counts.
void draw_text(Picture& picture, std::int64_t x, std::int64_t y, std::string_view utf8, Rgb color, int size = kText);

std::int64_t text_width(std::string_view utf8, int size = kText);
std::int64_t line_height(int size = kText);

/// The text, or its beginning with an ellipsis if it does not fit.
std::string fitted(std::string_view utf8, std::int64_t width_px, int size = kText);

}  // namespace kerascope
