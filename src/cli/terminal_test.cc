#include "cli/terminal.h"

#include <gmock/gmock.h>

#include "base/text.h"

namespace kerascope::cli {
namespace {

using testing::HasSubstr;

/// Left half black, right half white.
Picture black_and_white(std::int64_t width, std::int64_t height) {
  Picture picture{.width = width, .height = height};
  for (std::int64_t i = 0; i < width * height; ++i) picture.pixels.push_back(i % width < width / 2 ? 0 : 255);
  return picture;
}

std::size_t lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(Terminal, BlocksFillTheWidthAndStayBelowTheRows) {
  const Terminal terminal{.columns = 40, .rows = 24};
  EXPECT_EQ(lines(terminal_text(black_and_white(100, 100), terminal, 100)), 20u);  // a cell is twice as high as wide
  EXPECT_EQ(lines(terminal_text(black_and_white(100, 100), terminal, 7)), 7u);
  EXPECT_EQ(lines(terminal_text(black_and_white(100, 10), terminal, 100)), 2u);
}

TEST(Terminal, BlocksCarryTheColoursThatTheTerminalHas) {
  Terminal terminal{.columns = 10, .rows = 24};
  EXPECT_THAT(terminal_text(black_and_white(10, 10), terminal, 5), HasSubstr("38;2;255;255;255"));
  terminal.colors = Terminal::Colors::k256;
  EXPECT_THAT(terminal_text(black_and_white(10, 10), terminal, 5), HasSubstr("38;5;"));
  terminal.colors = Terminal::Colors::kNone;
  const std::string plain = terminal_text(black_and_white(10, 10), terminal, 5);
  EXPECT_THAT(plain, testing::Not(HasSubstr("38;")));
  EXPECT_THAT(plain, HasSubstr("█"));
}

TEST(Terminal, APaletteIsResolved) {
  Picture picture = black_and_white(10, 10);
  picture.palette.assign(256, Rgb{.r = 200, .g = 40, .b = 10});
  EXPECT_THAT(terminal_text(picture, {.columns = 10, .rows = 24}, 5), HasSubstr("2;200;40;10"));
}

TEST(Terminal, PixelsKeepTheirSizeUnlessTheTerminalIsTooNarrow) {
  Terminal terminal{.graphics = Terminal::Graphics::kKitty, .columns = 80, .rows = 24};
  // 55 x 45 pixels take 6 x 3 cells of 10 x 20.
  EXPECT_THAT(terminal_text(black_and_white(55, 45), terminal, 20), HasSubstr("s=60,v=60,c=6,r=3"));
  EXPECT_THAT(terminal_text(black_and_white(100, 400), terminal, 10), HasSubstr("c=5,r=10"));  // not too high either
  EXPECT_TRUE(terminal.has_room_for(black_and_white(100, 340)));
  EXPECT_FALSE(terminal.has_room_for(black_and_white(100, 341)));
  terminal.columns = 5;
  EXPECT_THAT(terminal_text(black_and_white(100, 40), terminal, 20), HasSubstr("c=5,r=1"));
}

TEST(Terminal, SpeaksSixelAndIterm2) {
  Terminal terminal{.graphics = Terminal::Graphics::kSixel};
  EXPECT_THAT(terminal_text(black_and_white(50, 40), terminal, 20), HasSubstr("\x1bP"));
  terminal.graphics = Terminal::Graphics::kIterm2;
  EXPECT_THAT(terminal_text(black_and_white(50, 40), terminal, 20), HasSubstr("\x1b]1337;File="));
}

TEST(Terminal, AsManyTilesAsStayReadableAreDrawn) {
  const Terminal terminal{.columns = 80, .rows = 24};
  const BlockTiles many = fit_block_tiles(terminal, 64, 28, 28);
  EXPECT_EQ(many.columns, 6);  // of 12 x 6 cells; seven would leave 10 columns each
  EXPECT_EQ(many.rows, 2);
  const BlockTiles small = fit_block_tiles(terminal, 64, 4, 4);  // 2 rows of 4 cells show everything
  EXPECT_GE(small.count(), 64);
}

TEST(Terminal, FewTilesAreDrawnLarge) {
  const Terminal terminal{.columns = 80, .rows = 47};
  EXPECT_EQ(fit_block_tiles(terminal, 1, 28, 28).columns, 1);
  const BlockTiles three = fit_block_tiles(terminal, 3, 28, 28);
  EXPECT_GE(three.count(), 3);
  EXPECT_EQ(three.columns, 2);
}

TEST(Terminal, ATallMapIsStillDrawn) {
  const BlockTiles one = fit_block_tiles({.columns = 80, .rows = 24}, 5, 500, 20);
  EXPECT_GE(one.count(), 1);
}

}  // namespace
}  // namespace kerascope::cli
