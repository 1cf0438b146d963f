#include "render/font.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace kerascope {
namespace {

constexpr Rgb kWhite{255, 255, 255};

Picture sheet(std::int64_t width, std::int64_t height, int channels = 1, unsigned char grey = 0) {
  Picture picture{.width = width, .height = height, .channels = channels};
  picture.pixels.assign(static_cast<std::size_t>(width * height * channels), grey);
  return picture;
}

Picture drawn(std::string_view text, int size = kText) {
  Picture picture = sheet(80, 30);
  draw_text(picture, 2, 2, text, kWhite, size);
  return picture;
}

TEST(Font, FiguresAreEquallyWideInEverySize) {
  for (const int size : {kSmallText, kText, kTitleText})
    for (const char* figure : {"1", "2", "3", "4", "5", "6", "7", "8", "9"})
      EXPECT_EQ(text_width(figure, size), text_width("0", size)) << figure;
}

TEST(Font, TakesTheNearestSize) {
  EXPECT_EQ(line_height(1), line_height(kSmallText));
  EXPECT_EQ(line_height(15), line_height(kText));
  EXPECT_EQ(line_height(900), line_height(kTitleText));
  EXPECT_LT(line_height(kSmallText), line_height(kText));
  EXPECT_LT(line_height(kText), line_height(kTitleText));
}

TEST(Font, DrawsWithinItsLineAndWidth) {
  for (const int size : {kSmallText, kText, kTitleText}) {
    Picture picture = sheet(900, 100);
    const std::string text = "ÀÇÉÑÖßþÿ @[]{}|/\\ gjpqy_ 0123456789 ×–—…•→−";
    draw_text(picture, 10, 20, text, kWhite, size);
    for (std::int64_t y = 0; y < 100; ++y)
      for (std::int64_t x = 0; x < 900; ++x)
        if (picture.pixels[static_cast<std::size_t>(y * 900 + x)] > 0) {
          ASSERT_TRUE(y >= 20 && y < 20 + line_height(size)) << y << " in size " << size;
          ASSERT_TRUE(x >= 9 && x <= 11 + text_width(text, size)) << x;
        }
  }
}

TEST(Font, EachCharacterHasItsOwnForm) {
  const std::vector<std::string> characters = {"a", "A", "0", "O", "l", "I", "1", "é", "e",
                                               "ß", "×", "x", "–", "−", "…", "→", "µ"};
  for (const std::string& one : characters)
    for (const std::string& other : characters)
      if (one != other) {
        EXPECT_NE(drawn(one).pixels, drawn(other).pixels) << one << " " << other;
      }
}

TEST(Font, WhatItLacksAndWhatIsNoUtf8IsABox) {
  const Picture box = drawn("\xff");
  EXPECT_GT(*std::max_element(box.pixels.begin(), box.pixels.end()), 150);
  for (const char* text : {"層", "\xc3", "\x01", "\xf0\x9f\x98\x80", "µ"})
    EXPECT_EQ(drawn(text).pixels, box.pixels) << text;
  EXPECT_EQ(text_width("層a"), text_width("\xff") + text_width("a"));
}

TEST(Font, BlendsOverWhatIsThere) {
  Picture picture = sheet(40, 30, 3, 100);
  draw_text(picture, 2, 2, "Wag", {200, 100, 0});
  bool has_full = false;
  for (std::size_t i = 0; i < picture.pixels.size(); i += 3) {
    EXPECT_GE(picture.pixels[i], 100);
    EXPECT_EQ(picture.pixels[i + 1], 100);
    EXPECT_LE(picture.pixels[i + 2], 100);
    has_full = has_full || picture.pixels[i] > 190;
  }
  EXPECT_TRUE(has_full);
}

TEST(Font, IsCutOffAtEveryEdge) {
  const Picture whole = drawn("Wg");
  for (const auto& [x, y] :
       {std::pair<std::int64_t, std::int64_t>{-5, 2}, {2, -6}, {-200, -200}, {300, 300}, {75, 25}}) {
    Picture picture = sheet(80, 30);
    draw_text(picture, x, y, "Wg", kWhite);
    for (std::int64_t row = 0; row < 30; ++row)
      for (std::int64_t column = 0; column < 80; ++column) {
        const std::int64_t from_y = row - y + 2, from_x = column - x + 2;
        const bool known = from_y >= 0 && from_y < 30 && from_x >= 0 && from_x < 80;
        const unsigned char expected = known ? whole.pixels[static_cast<std::size_t>(from_y * 80 + from_x)] : 0;
        ASSERT_EQ(picture.pixels[static_cast<std::size_t>(row * 80 + column)], expected) << x << ", " << y;
      }
  }
  Picture none;
  draw_text(none, 0, 0, "Wg", kWhite);
}

TEST(Font, ShortensWithAnEllipsisBetweenCharacters) {
  EXPECT_EQ(fitted("conv1", 500), "conv1");
  EXPECT_EQ(fitted("conv1", text_width("conv1")), "conv1");
  EXPECT_EQ(fitted("conv1", text_width("conv1") - 1), "con…");
  EXPECT_EQ(fitted("éééééé", text_width("éé…")), "éé…");
  EXPECT_EQ(fitted("conv1", 0), "…");
}

}  // namespace
}  // namespace kerascope
