#include "render/captions.h"

#include <algorithm>

#include "render/font.h"
#include "render/grid.h"
#include "render/resize.h"

namespace kerascope {
namespace {

constexpr std::int64_t kMargin_px = 16, kCaptionGap_px = 6;
constexpr Rgb kInk = {232, 232, 232};

}  // namespace

Picture with_captions(std::span<const Captioned> pictures) {
  Size size{.width = 0, .height = kMargin_px};
  for (const auto& [caption, picture] : pictures) {
    size.width = std::max({size.width, picture.width, text_width(caption)});
    size.height += line_height() + kCaptionGap_px + picture.height + kMargin_px;
  }
  size.width += 2 * kMargin_px;
  Picture all = plain(size, {kGapGray, kGapGray, kGapGray});
  std::int64_t top = kMargin_px;
  for (const auto& [caption, picture] : pictures) {
    draw_text(all, kMargin_px, top, caption, kInk);
    top += line_height() + kCaptionGap_px;
    paste(all, rgb_picture(picture), kMargin_px, top);
    top += picture.height + kMargin_px;
  }
  return all;
}

}  // namespace kerascope
