#include "render/overview.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/sanitized_for_tests.h"
#include "render/resize.h"
#include "render/seen_layer.h"

namespace kerascope {
namespace {

constexpr Rgb kInk = {1, 200, 3};

OverviewRow row(std::size_t of, const std::string& name = "conv1", int depth = 0) {
  const ThumbnailOptions options = overview_strip_options(of);
  return {.depth = depth,
          .name = name,
          .kind = "Conv2D",
          .shape = "H28 W28 C64",
          .range = "0 .. 6.31",
          .warning = "3 dead",
          .strip = plain({.width = options.width_px, .height = options.height_px}, kInk),
          .problem = ""};
}

Overview overview_of(std::size_t rows) {
  Overview overview{.title = "model.h5",
                    .lines = {"one line"},
                    .warnings = {"a warning"},
                    .legend = "legend",
                    .inputs = {},
                    .rows = {}};
  overview.rows.assign(rows, row(rows));
  return overview;
}

std::int64_t count_of(const Picture& picture, Rgb color) {
  std::int64_t count = 0;
  for (std::size_t i = 0; i < picture.pixels.size(); i += 3)
    count += Rgb{picture.pixels[i], picture.pixels[i + 1], picture.pixels[i + 2]} == color;
  return count;
}

/// How many pixels of a block are not background.
std::int64_t drawn_in(const Picture& page, std::int64_t left, std::int64_t top, Size size) {
  std::int64_t count = 0;
  for (std::int64_t y = top; y < top + size.height; ++y)
    for (std::int64_t x = left; x < left + size.width; ++x)
      count += page.pixels[static_cast<std::size_t>((y * page.width + x) * 3)] != ThumbnailOptions().ground.r;
  return count;
}

TEST(Overview, EachRowsStripIsWholeAndThePageKeepsItsBounds) {
  for (const std::size_t rows : {1u, 2u, 12u, 25u, 60u, 61u, 180u, 313u, 600u}) {
    SCOPED_TRACE(rows);
    if (kIsSanitized && rows > 100) break;
    const Picture page = draw(overview_of(rows));
    const ThumbnailOptions strip = overview_strip_options(rows);
    EXPECT_EQ(count_of(page, kInk), static_cast<std::int64_t>(rows) * strip.width_px * strip.height_px);
    EXPECT_LE(page.width, 6000);
    EXPECT_LE(page.height, 4000);
    EXPECT_LE(page.height, 2 * page.width);
  }
  EXPECT_LE(draw(overview_of(1500)).width, 6000);
}

TEST(Overview, WithoutRowsOrInputsIsStillAPage) {
  EXPECT_GT(draw({}).width, 100);
  EXPECT_GT(draw({}).height, 50);
}

TEST(Overview, LongTextsStayInTheirPlace) {
  const Overview plain_one = overview_of(4);
  Overview long_one = plain_one;
  const std::string endless(3000, 'W');
  long_one.title = long_one.lines[0] = long_one.legend = endless;
  for (OverviewRow& one : long_one.rows) one.name = one.kind = one.shape = one.range = one.warning = endless;
  const Picture page = draw(plain_one), long_page = draw(long_one);
  ASSERT_EQ(page.width, long_page.width);
  ASSERT_EQ(page.height, long_page.height);
  EXPECT_EQ(count_of(page, kInk), count_of(long_page, kInk));
  for (OverviewRow& one : long_one.rows) one.strip = {};
  const std::int64_t below_head = page.height - 28 - 4 * 64 + 8, beside_texts = 28 + 264;
  const Size rest{.width = page.width - beside_texts, .height = page.height - below_head};
  EXPECT_EQ(drawn_in(draw(long_one), beside_texts, below_head, rest), 0);
}

TEST(Overview, AProblemStandsWhereTheTilesWouldBe) {
  Overview overview = overview_of(2);
  const Picture seen = draw(overview);
  overview.rows[1].strip = {};
  overview.rows[1].warning = "";
  const Picture empty = draw(overview);
  overview.rows[1].problem = "layer 'gate' cannot be computed";
  const Picture told = draw(overview);
  EXPECT_EQ(count_of(seen, kInk), 2 * count_of(told, kInk));
  EXPECT_NE(empty.pixels, told.pixels);
}

TEST(Overview, NestedRowsAreIndentedAndDeepOnesStillHaveRoom) {
  Overview flat = overview_of(3), nested = flat, deep = flat;
  nested.rows[1].depth = 1;
  deep.rows[1].depth = 1000;
  const Picture flat_page = draw(flat), nested_page = draw(nested);
  const std::int64_t second_row = flat_page.height - 28 - 56 - 64;
  const Size indent{.width = 9, .height = 56};
  EXPECT_GT(drawn_in(flat_page, 28 + 4, second_row, indent), 0);
  EXPECT_EQ(drawn_in(nested_page, 28 + 4, second_row, indent), 0);
  EXPECT_EQ(drawn_in(nested_page, 28 + 3, second_row, {.width = 1, .height = 56}), 56);
  EXPECT_EQ(count_of(draw(deep), kInk), count_of(draw(flat), kInk));
}

TEST(Overview, DrawsTheInputsThatFit) {
  Overview overview = overview_of(3);
  for (int i = 0; i < 40; ++i)
    overview.inputs.push_back({.caption = "input", .picture = plain({.width = 128, .height = 128}, {9, 9, 9})});
  const std::int64_t drawn = count_of(draw(overview), {9, 9, 9});
  EXPECT_GT(drawn, 0);
  EXPECT_EQ(drawn % (128 * 128), 0);
}

/// Rows as "name+folded". Addresses begin with '!' for layers that cannot be computed, and end with '/' for models.
std::vector<std::string> arranged(const std::vector<std::string>& words, int depth = 0) {
  std::vector<SeenLayer> layers;
  for (std::string word : words) {
    SeenLayer layer;
    if (word[0] == '!') layer.problem = "unknown";
    layer.is_model = word.back() == '/';
    layer.address = word.substr(word[0] == '!', word.size() - (word[0] == '!') - layer.is_model);
    layers.push_back(layer);
  }
  std::vector<SeenLayer*> pointers;
  for (SeenLayer& layer : layers) pointers.push_back(&layer);
  std::vector<std::string> rows;
  for (const OverviewEntry& entry : arrange(pointers, depth))
    rows.push_back(fmt::format("{}{}", layers[entry.layer].name,
                               entry.folded.empty() ? "" : fmt::format("+{}", entry.folded.size())));
  return rows;
}

TEST(Arrange, LayersThatCannotBeComputedAreOneRow) {
  using Rows = std::vector<std::string>;
  EXPECT_EQ(arranged({"a", "!b", "!c", "!d", "e", "!f"}), (Rows{"a", "b+2", "e", "f"}));
  EXPECT_EQ(arranged({"a", "!m/", "!m/x", "!m/y", "!z"}), (Rows{"a", "m+3"}));
  // A model that can be seen in part keeps its row; layers outside it get another row.
  EXPECT_EQ(arranged({"!m/", "m/x", "!m/y", "!m/z", "!n"}), (Rows{"m", "x", "y+1", "n"}));
  EXPECT_EQ(arranged({"!a", "!b", "!m/", "m/x"}), (Rows{"a+1", "m", "x"}));
  EXPECT_EQ(arranged({"!m/", "!m/n/", "m/n/x", "!m/y"}), (Rows{"m", "n", "x", "y"}));
  EXPECT_EQ(arranged({}), Rows{});
}

TEST(Arrange, DepthCountsLevelsOfNestedModels) {
  using Rows = std::vector<std::string>;
  const std::vector<std::string> layers = {"a", "m/", "m/x", "m/n/", "m/n/y", "b"};
  EXPECT_EQ(arranged(layers, 1), (Rows{"a", "m", "b"}));
  EXPECT_EQ(arranged(layers, 2), (Rows{"a", "m", "x", "n", "b"}));
  EXPECT_EQ(arranged(layers), (Rows{"a", "m", "x", "n", "y", "b"}));
  EXPECT_EQ(arranged({"!m/", "m/x", "!b"}, 1), (Rows{"m+1"}));
}

}  // namespace
}  // namespace kerascope
