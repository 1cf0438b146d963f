// Text in pictures: one typeface in three sizes, drawn into the program.
#pragma once

#include <string>
#include <string_view>

#include "render/picture.h"

namespace kerascope {

/// The sizes there are, in pixels of the em; of any other size the nearest is taken.
enum TextSize { kSmallText = 12, kText = 14, kTitleText = 20 };

/// Draws one line over what is there, cut off at the picture's edges. Figures are equally wide. A character that the
/// typeface lacks (it knows Latin-1 and a few signs: – — … • → −) and a byte that is no UTF-8 are boxes.
/// @param x, y   the left end, and the top of the line, which is line_height(size) high.
/// @param color  in a grey picture: its brightness.
void draw_text(Picture& picture, std::int64_t x, std::int64_t y, std::string_view utf8, Rgb color, int size = kText);

std::int64_t text_width(std::string_view utf8, int size = kText);
std::int64_t line_height(int size = kText);

/// The text, or as much of its beginning as leaves room for an ellipsis.
std::string fitted(std::string_view utf8, std::int64_t width_px, int size = kText);

}  // namespace kerascope
