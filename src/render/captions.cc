#include "render/captions.h"

#include <algorithm>

#include "render/font.h"
#include "render/grid.h"

namespace kerascope {
namespace {

constexpr std::int64_t kMargin_px = 16, kCaptionGap_px = 4;
constexpr Rgb kInk = {232, 232, 232};

}  // namespace

Picture with_captions(std::span<const Captioned> pictures) {
  Picture all{.width = 0, .height = kMargin_px, .channels = 3, .pixels = {}, .palette = {}};
  for (const auto& [caption, picture] : pictures) {
    all.width = std::max({all.width, picture.width, text_width(caption)});
    all.height += line_height() + kCaptionGap_px + picture.height + kMargin_px;
  }
  all.width += 2 * kMargin_px;
  require_drawable(all.width, all.height);
  all.pixels.assign(static_cast<std::size_t>(all.width * all.height * 3), kGapGray);
  std::int64_t top = kMargin_px;
  for (const auto& [caption, picture] : pictures) {
    draw_text(all, kMargin_px, top, caption, kInk);
    top += line_height() + kCaptionGap_px;
    paste(all, picture, kMargin_px, top);
    top += picture.height + kMargin_px;
  }
  return all;
}

}  // namespace kerascope
