#include "render/grid.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>

#include "kerascope/error.h"

namespace kerascope {
namespace {

using Map = std::vector<std::vector<float>>;  // rows of a tile
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
const GridOptions kPlain{.gap_px = 0, .zoom = 1};
constexpr std::array<unsigned char, 3> kMagenta = {255, 0, 255};

Tensor random_tensor(const Shape& shape, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0.5f, 2.0f);
  Tensor tensor(shape);
  for (std::int64_t i = 0; i < tensor.size(); ++i) tensor.mutable_data()[i] = normal(random);
  return tensor;
}

/// The number at the given index of each axis, with the axes' letters from `roles`.
float number_at(const Tensor& tensor, const std::string& roles, std::map<char, std::int64_t> place) {
  std::int64_t offset = 0;
  for (int axis = 0; axis < tensor.shape().rank(); ++axis)
    offset = offset * tensor.shape()[axis] + place[roles[static_cast<std::size_t>(axis)]];
  return tensor.data()[offset];
}

/// NumPy's computation, step by step in float32: np.round(255 * (x - min) / (max - min)).
unsigned char grey(float number, float minimum, float maximum) {
  volatile float product = 255.0f * (number - minimum);
  return static_cast<unsigned char>(std::nearbyint(product / (maximum - minimum)));
}

/// The pixels that the rule gives for tiles of one size, each with its own scale.
std::vector<unsigned char> plain_grid(const std::vector<Map>& tiles) {
  const auto columns = static_cast<std::size_t>(std::ceil(std::sqrt(tiles.size())));
  const std::size_t height = tiles[0].size(), width = tiles[0][0].size();
  std::vector<unsigned char> pixels(columns * height * columns * width);
  for (std::size_t t = 0; t < tiles.size(); ++t) {
    float minimum = kInfinity, maximum = -kInfinity;
    for (const auto& row : tiles[t])
      for (const float number : row) minimum = std::min(minimum, number), maximum = std::max(maximum, number);
    for (std::size_t y = 0; y < height; ++y)
      for (std::size_t x = 0; x < width; ++x)
        pixels[(t / columns * height + y) * columns * width + t % columns * width + x] =
            grey(tiles[t][y][x], minimum, maximum);
  }
  return pixels;
}

unsigned char pixel(const Picture& picture, std::int64_t y, std::int64_t x, int channel = 0) {
  return picture.pixels.at(static_cast<std::size_t>((y * picture.width + x) * picture.channels + channel));
}

bool is_magenta(const Picture& picture, std::int64_t y, std::int64_t x) {
  return picture.channels == 3 && pixel(picture, y, x, 0) == kMagenta[0] && pixel(picture, y, x, 1) == kMagenta[1] &&
         pixel(picture, y, x, 2) == kMagenta[2];
}

TEST(Grid, PlainEqualsTheRuleInEveryAxisOrder) {
  const std::map<char, std::int64_t> sizes = {{'H', 9}, {'W', 6}, {'C', 37}};
  for (const std::string roles : {"HWC", "CHW", "HCW"}) {
    SCOPED_TRACE(roles);
    std::vector<std::int64_t> shape;
    for (const char role : roles) shape.push_back(sizes.at(role));
    const Tensor tensor = random_tensor(Shape(shape), 1);
    std::vector<Map> tiles;
    for (std::int64_t c = 0; c < 37; ++c) {
      Map& tile = tiles.emplace_back(9, std::vector<float>(6));
      for (std::int64_t y = 0; y < 9; ++y)
        for (std::int64_t x = 0; x < 6; ++x)
          tile[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)] =
              number_at(tensor, roles, {{'C', c}, {'H', y}, {'W', x}});
    }
    const Grid found = grid(tensor, roles, kPlain);
    EXPECT_EQ(found.picture.channels, 1);
    EXPECT_EQ(found.rows, found.columns);
    EXPECT_EQ(found.picture.width, found.columns * 6);
    EXPECT_EQ(found.picture.height, found.rows * 9);
    EXPECT_EQ(found.picture.pixels, plain_grid(tiles));
    EXPECT_EQ(found.minimum, *std::min_element(tensor.data(), tensor.data() + tensor.size()));
    EXPECT_EQ(found.maximum, *std::max_element(tensor.data(), tensor.data() + tensor.size()));
  }
}

TEST(Grid, SlicesOfAChannelLieSideBySideInEveryAxisOrder) {
  const std::map<char, std::int64_t> sizes = {{'T', 2}, {'D', 3}, {'H', 9}, {'W', 6}, {'C', 11}};
  for (const std::string roles : {"DHWC", "CDHW", "DCHW", "TDHWC", "TCDHW", "CTDHW"}) {
    SCOPED_TRACE(roles);
    std::vector<std::int64_t> shape;
    for (const char role : roles) shape.push_back(sizes.at(role));
    const Tensor tensor = random_tensor(Shape(shape), 1);
    const std::int64_t times = roles.find('T') == std::string::npos ? 1 : 2, slices = 3 * times;
    const Grid found = grid(tensor, roles, kPlain);
    ASSERT_EQ(found.columns % slices, 0);
    EXPECT_LE(found.picture.width, 3 * found.picture.height);
    for (std::int64_t c = 0; c < 11; ++c)
      for (std::int64_t slice = 0; slice < slices; ++slice) {
        auto number = [&](std::int64_t y, std::int64_t x) {
          return number_at(tensor, roles, {{'C', c}, {'T', slice / 3}, {'D', slice % 3}, {'H', y}, {'W', x}});
        };
        float minimum = kInfinity, maximum = -kInfinity;
        for (std::int64_t i = 0; i < 54; ++i) {
          minimum = std::min(minimum, number(i / 6, i % 6));
          maximum = std::max(maximum, number(i / 6, i % 6));
        }
        const std::int64_t tile = c * slices + slice;
        const std::int64_t top = tile / found.columns * 9, left = tile % found.columns * 6;
        for (std::int64_t i = 0; i < 54; ++i)
          ASSERT_EQ(pixel(found.picture, top + i / 6, left + i % 6), grey(number(i / 6, i % 6), minimum, maximum));
      }
  }
}

TEST(Grid, RoundsHalvesToEven) {
  // 255 x / 510 is 0.5, 1.5, 2.5 for x = 1, 3, 5.
  const Tensor square = Tensor::of({2, 3, 1}, std::vector<float>{0, 1, 3, 5, 509, 510});
  EXPECT_EQ(grid(square, "HWC", kPlain).picture.pixels, (std::vector<unsigned char>{0, 0, 2, 2, 254, 255}));
}

TEST(Grid, ScalesNumbersWhoseRangeOverflowsFloat32) {
  const Tensor tensor = Tensor::of({2, 2}, std::vector<float>{-3e38f, 0, 1.5e38f, 3e38f});
  EXPECT_EQ(grid(tensor, "HW", kPlain).picture.pixels, (std::vector<unsigned char>{0, 128, 191, 255}));
}

TEST(Grid, ByDefaultZoomsToAtLeast512WithDarkGapsOfOnePixel) {
  const Tensor tensor = random_tensor({14, 14, 60}, 2);
  const Grid plain = grid(tensor, "HWC", kPlain), found = grid(tensor, "HWC");
  EXPECT_EQ(found.columns, 8);
  EXPECT_EQ(found.zoom, 5);  // 8 * 14 * 4 + 7 is 455
  EXPECT_EQ(found.picture.width, 8 * 14 * 5 + 7);
  EXPECT_EQ(found.picture.height, found.picture.width);
  const unsigned char gap = pixel(found.picture, 0, 14 * 5);
  EXPECT_GT(gap, 0);
  EXPECT_LT(gap, 100);
  for (std::int64_t y = 0; y < found.picture.height; ++y)
    for (std::int64_t x = 0; x < found.picture.width; ++x) {
      const std::int64_t tile = y / 71 * 8 + x / 71;
      const bool in_gap = y % 71 == 70 || x % 71 == 70 || tile >= 60;
      const unsigned char expected =
          in_gap ? gap : pixel(plain.picture, y / 71 * 14 + y % 71 / 5, x / 71 * 14 + x % 71 / 5);
      ASSERT_EQ(pixel(found.picture, y, x), expected) << y << ", " << x;
    }
}

TEST(Grid, CountsTheGapsInItsWidth) {
  const Grid found = grid(random_tensor({3600}, 2), "C");
  EXPECT_EQ(found.zoom, 8);  // 60 * 7 + 59 is 479
  EXPECT_EQ(found.picture.width, 60 * 8 + 59);
}

TEST(Grid, DoesNotZoomWhatIsWideOrWouldBecomeEndless) {
  EXPECT_EQ(grid(random_tensor({224, 224, 9}, 3), "HWC").zoom, 1);
  EXPECT_EQ(grid(random_tensor({3000, 40}, 3), "TC").picture.width, 3000);
  EXPECT_EQ(grid(random_tensor({40, 3000}, 3), "TC").picture.height, 3000);
}

TEST(Grid, ASequenceOfManyChannelsIsStretchedToBeWideAndNotTooHigh) {
  const Grid found = grid(random_tensor({64, 500}, 3), "TC");
  EXPECT_EQ(found.picture.width, 512);
  EXPECT_EQ(found.picture.height, 1000);
}

TEST(Grid, CellsBeyondTheLastChannelAreBlackWithoutGap) {
  const Grid found = grid(random_tensor({4, 4, 5}, 4), "HWC", kPlain);
  EXPECT_EQ(found.columns, 3);
  for (std::int64_t y = 8; y < 12; ++y)
    for (std::int64_t x = 0; x < 12; ++x) EXPECT_EQ(pixel(found.picture, y, x), 0);
}

TEST(Grid, AMapOfOneChannelIsOneTile) {
  EXPECT_EQ(grid(random_tensor({28, 28, 1}, 5), "HWC").columns, 1);
  EXPECT_EQ(grid(random_tensor({1, 28, 28}, 5), "CHW").columns, 1);
  EXPECT_EQ(grid(random_tensor({28, 28}, 5), "HW").columns, 1);
}

TEST(Grid, AVectorIsRowsOfCellsOfOneScale) {
  const std::vector<float> numbers = {0, 1, 2, 3, 4, 5, 6, 7, 8, 10};
  const std::vector<unsigned char> expected = {0, 26, 51, 76, 102, 128, 153, 178, 204, 255};
  const std::vector<std::pair<Shape, std::string>> cases = {
      {{10}, "C"}, {{1, 1, 10}, "HWC"}, {{10, 1, 1}, "CHW"}, {{1, 10}, "TC"}};
  for (const auto& [shape, roles] : cases) {
    SCOPED_TRACE(shape.str());
    const Grid found = grid(Tensor::of(shape, numbers), roles, kPlain);
    EXPECT_EQ(found.columns, 10);
    EXPECT_EQ(found.picture.pixels, expected);
  }
}

TEST(Grid, OneNumberIsText) {
  for (const auto& [shape, roles] :
       std::vector<std::pair<Shape, std::string>>{{{}, ""}, {{1}, "C"}, {{1, 1, 1}, "HWC"}}) {
    const Grid found = grid(Tensor::of(shape, std::vector<float>{-2.5f}), roles);
    EXPECT_EQ(found.form, Grid::Form::kNumber);
    EXPECT_EQ(found.str(), "one number, -2.5");
    EXPECT_GT(std::ranges::count_if(found.picture.pixels, [](unsigned char level) { return level > 200; }), 20);
  }
  EXPECT_EQ(grid(Tensor::of({1}, std::vector<float>{kNan}), "C").str(), "one number, NaN");
  EXPECT_EQ(grid(Tensor::of({1}, std::vector<float>{3}), "C", kPlain).picture.width, 1);  // one pixel per number
}

TEST(Grid, AVectorHasFullRowsWherePossible) {
  const std::map<std::int64_t, std::pair<int, int>> expected = {
      {1, {1, 1}}, {16, {1, 16}}, {84, {7, 12}}, {23, {5, 5}}, {512, {16, 32}}, {1000, {25, 40}}, {4096, {64, 64}}};
  for (const auto& [count, sides] : expected) {
    const Grid found = grid(random_tensor({count}, 5), "C", kPlain);
    EXPECT_EQ(std::pair(found.rows, found.columns), sides) << count;
  }
}

TEST(Grid, ASequencesTimeRunsFromLeftToRight) {
  const Tensor tensor = Tensor::of({2, 3}, std::vector<float>{0, 1, 2, 3, 4, 5});
  for (const Grid& found : {grid(tensor, "TC", kPlain), grid(tensor.reshaped({1, 2, 3}), "HWC", kPlain)}) {
    EXPECT_EQ(found.picture.width, 2);
    EXPECT_EQ(found.picture.pixels, (std::vector<unsigned char>{0, 153, 51, 204, 102, 255}));
  }
  const Grid turned = grid(tensor, "CT", kPlain);
  EXPECT_EQ(turned.picture.width, 3);
  EXPECT_EQ(turned.picture.pixels, (std::vector<unsigned char>{0, 51, 102, 153, 204, 255}));
  // One channel is never a square of cells, however many steps it has.
  EXPECT_EQ(grid(random_tensor({400, 1}, 1), "TC", kPlain).picture.width, 400);
  EXPECT_EQ(grid(random_tensor({400, 1}, 1), "TC", kPlain).picture.height, 1);
}

/// The first and last bright row of a column, within the only line's panel.
std::pair<std::int64_t, std::int64_t> bright_rows(const Picture& picture, std::int64_t x) {
  std::int64_t first = -1, last = -1;
  for (std::int64_t y = 12; y < 12 + 160; ++y)
    if (pixel(picture, y, x) > 150) {
      if (first < 0) first = y;
      last = y;
    }
  return {first, last};
}

TEST(Grid, FewChannelsOverTimeAreLinesThatRiseAsTheNumbersDo) {
  for (const std::int64_t steps : {50, 500, 50'000}) {
    Tensor rising({steps, 1});
    for (std::int64_t i = 0; i < steps; ++i) rising.mutable_data()[i] = static_cast<float>(i) - 7;
    const Grid found = grid(rising, "TC");
    EXPECT_EQ(found.form, Grid::Form::kLines);
    EXPECT_EQ(found.layout, "1 line of " + std::to_string(steps) + " steps");
    std::int64_t before = found.picture.height;
    for (std::int64_t x = 60; x < 700; x += 40) {
      const auto [first, last] = bright_rows(found.picture, x);
      ASSERT_GE(first, 0) << steps << ", " << x;
      EXPECT_LE(last - first, 8);
      EXPECT_LT(last, before);
      before = last;
    }
  }
}

TEST(Grid, LinesHaveTheirOwnScalesUnlessOneIsAskedFor) {
  Tensor tensor({100, 2});
  for (std::int64_t i = 0; i < 100; ++i) {
    tensor.mutable_data()[2 * i] = static_cast<float>(i);
    tensor.mutable_data()[2 * i + 1] = static_cast<float>(i) / 100;
  }
  const Grid own = grid(tensor, "TC"), shared = grid(tensor, "TC", {.scale = {Scale::Kind::kLayer}});
  EXPECT_NE(own.str().find("2 lines of 100 steps, each scaled alone, range 0 .. 99"), std::string::npos) << own.str();
  EXPECT_NE(shared.str().find("one scale"), std::string::npos) << shared.str();
  EXPECT_NE(own.picture.pixels, shared.picture.pixels);
}

TEST(Grid, LinesShowNanAsMagentaAndStillnessAsAHatch) {
  Tensor tensor({60, 2});
  for (std::int64_t i = 0; i < 120; ++i) tensor.mutable_data()[i] = i % 2 ? 0 : static_cast<float>(i % 7);
  const Picture plain = grid(tensor, "TC").picture;
  tensor.mutable_data()[2 * 30] = kNan;
  const Picture found = grid(tensor, "TC").picture;
  const auto magentas = [](const Picture& picture) {
    std::int64_t count = 0;
    for (std::int64_t y = 0; y < picture.height; ++y)
      for (std::int64_t x = 0; x < picture.width; ++x) count += is_magenta(picture, y, x);
    return count;
  };
  EXPECT_EQ(magentas(plain), 0);
  EXPECT_GT(magentas(found), 100);
  std::set<unsigned char> grays;
  for (std::int64_t x = 100; x < 120; ++x) grays.insert(pixel(found, found.height - 60, x));
  EXPECT_EQ(grays.size(), 2u);
}

TEST(Grid, ASequenceIsCellsWhereThatIsAskedFor) {
  const Tensor few = random_tensor({50, 4}, 1), many = random_tensor({50, 40}, 1);
  using Form = Grid::Form;
  EXPECT_EQ(grid(few, "TC").form, Form::kLines);
  EXPECT_EQ(grid(many, "TC").form, Form::kTiles);
  EXPECT_EQ(grid(many, "TC", {.sequence = Sequence::kLines}).form, Form::kLines);
  EXPECT_EQ(grid(few, "TC", {.sequence = Sequence::kCells}).form, Form::kTiles);
  EXPECT_EQ(grid(few, "TC", {.zoom = 2}).form, Form::kTiles);
  EXPECT_EQ(grid(few, "TC", {.colormap = Colormap::kMagma}).form, Form::kTiles);
}

TEST(Grid, TokensAreMapsWithoutTheClassTokenBeforeThem) {
  const Tensor tokens = random_tensor({13, 5}, 1), grid_alone = tokens.items(1, 12);
  GridOptions options = kPlain;
  options.tokens = TokenGrid{3, 4};
  const Grid expected = grid(grid_alone.reshaped({3, 4, 5}), "HWC", kPlain);
  EXPECT_EQ(grid(tokens, "TC", options).picture.pixels, expected.picture.pixels);
  EXPECT_EQ(grid(grid_alone, "TC", options).picture.pixels, expected.picture.pixels);
  EXPECT_EQ(grid(tokens, "TC", options).layout, "3x4 tokens without the class token before them, 3x3 tiles");
  EXPECT_EQ(grid(random_tensor({5}, 1), "C", options).columns, 5);  // no tokens
}

TEST(Grid, AnActivationOfTokensIsGuessedByItsClassToken) {
  const auto layout = [](const Shape& shape, const std::string& axes, const std::string& class_name) {
    const Activation activation{
        .address = "x", .axes = axes, .class_name = class_name, .tensor = random_tensor(shape, 1)};
    return grid(activation).layout;
  };
  const std::string tokens = "4x4 tokens without the class token before them";
  EXPECT_EQ(layout({1, 17, 64}, "TC", "LayerNormalization"), tokens + ", 8x8 tiles");
  EXPECT_EQ(layout({1, 17, 64}, "TC", "Conv1D"), "17 steps across, 64 channels down");
  EXPECT_EQ(layout({1, 17, 64}, "TC", "LSTM"), "17 steps across, 64 channels down");
  EXPECT_EQ(layout({1, 16, 64}, "TC", "LayerNormalization"), "16 steps across, 64 channels down");
  EXPECT_EQ(layout({1, 17, 1}, "TC", "LayerNormalization"), "1 line of 17 steps");
}

TEST(Grid, AttentionIsASquarePerHead) {
  Tensor weights({1, 4, 9, 9});
  for (std::int64_t i = 0; i < weights.size(); ++i) weights.mutable_data()[i] = 0.1f;
  for (std::int64_t i = 0; i < weights.size(); i += 9) weights.mutable_data()[i + i / 9 % 9] = 0.2f;
  const auto drawn = [&](const Tensor& tensor, const std::string& axes, const std::string& class_name) {
    return grid(Activation{.address = "x", .axes = axes, .class_name = class_name, .tensor = tensor}, kPlain);
  };
  const Grid heads = drawn(weights, "HWC", "Activation");
  EXPECT_EQ(heads.layout, "4 heads, 2x2 tiles");
  EXPECT_EQ(heads.picture.pixels, grid(weights.item(0), "CHW", kPlain).picture.pixels);
  EXPECT_EQ(drawn(random_tensor({1, 4, 9, 9}, 1), "HWC", "Dot").layout, "4 heads, 2x2 tiles");
  EXPECT_EQ(drawn(random_tensor({1, 4, 9, 9}, 1), "HWC", "Conv2D").layout, "3x3 tiles");
  const Grid square = drawn(random_tensor({1, 9, 9}, 1), "TC", "Dot");
  EXPECT_EQ(square.picture.width, square.picture.height);
  EXPECT_EQ(square.form, Grid::Form::kTiles);
}

TEST(Grid, ThreeChannelsInColourFillTheRangeThatTheirNumbersSuit) {
  const auto pixels = [](const std::vector<float>& numbers, Scale scale = {}) {
    GridOptions options = kPlain;
    options.in_color = true;
    options.scale = scale;
    return grid(Tensor::of({1, 2, 3}, numbers).reshaped({1, 2, 3}), "HWC", options);
  };
  EXPECT_EQ(pixels({0, 0.2f, 0.4f, 0.6f, 0.8f, 0.9f}).form, Grid::Form::kTiles);  // a sequence of two steps
  const auto map = [](const std::vector<float>& six, Scale scale = {}) {
    std::vector<float> numbers = six;
    numbers.insert(numbers.end(), six.begin(), six.end());
    GridOptions options = kPlain;
    options.in_color = true;
    options.scale = scale;
    return grid(Tensor::of({2, 2, 3}, numbers), "HWC", options);
  };
  const auto first = [](const Grid& found) {
    return std::vector<int>(found.picture.pixels.begin(), found.picture.pixels.begin() + 6);
  };
  EXPECT_EQ(first(map({0, 0.2f, 0.4f, 0.6f, 0.8f, 0.9f})), (std::vector<int>{0, 51, 102, 153, 204, 230}));
  EXPECT_EQ(first(map({-1, -0.2f, 0.2f, 0.6f, 0.8f, 0.9f})), (std::vector<int>{0, 102, 153, 204, 230, 242}));
  EXPECT_EQ(first(map({0, 20, 40, 60, 80, 90})), (std::vector<int>{0, 20, 40, 60, 80, 90}));
  EXPECT_EQ(first(map({-100, 0, 155, 60, 80, 90})), (std::vector<int>{0, 100, 255, 160, 180, 190}));
  EXPECT_EQ(first(map({0, 1, 2, 3, 4, 5}, {Scale::Kind::kLayer})), (std::vector<int>{0, 51, 102, 153, 204, 255}));
  EXPECT_EQ(map({0, 0.2f, 0.4f, 0.6f, 0.8f, 0.9f}).str(), "in colour from 0 .. 1, range 0 .. 0.9");
}

TEST(ClassMap, IsTheLargestChannelInEveryAxisOrder) {
  const Tensor hwc = Tensor::of({2, 2, 3}, std::vector<float>{9, 1, 2, 0, 5, 5, 0, 5, 5, -3, -2, -1});
  const Tensor chw = Tensor::of({3, 2, 2}, std::vector<float>{9, 0, 0, -3, 1, 5, 5, -2, 2, 5, 5, -1});
  const ClassMap found = class_map(hwc, "HWC", {.names = {"sky", "road"}});
  EXPECT_EQ(found.grid.picture.pixels, class_map(chw, "CHW", {.names = {"sky", "road"}}).grid.picture.pixels);
  ASSERT_EQ(found.classes.size(), 3u);
  EXPECT_EQ(found.classes[0].name, "road");  // the first of equal numbers
  EXPECT_EQ(found.classes[0].share, 0.5);
  EXPECT_EQ(found.classes[1].name, "sky");
  EXPECT_EQ(found.classes[2].name, "2");
  EXPECT_EQ(found.grid.str(), "3 of 3 classes");
}

TEST(ClassMap, OfOneChannelHasTwoClasses) {
  const auto share_of_one = [](const std::vector<float>& numbers) {
    const ClassMap map = class_map(Tensor::of({2, 2, 1}, numbers), "HWC");
    for (const ClassShare& one : map.classes)
      if (one.index == 1) return one.share;
    return 0.0;
  };
  EXPECT_EQ(share_of_one({0.1f, 0.6f, 0.4f, 0.9f}), 0.5);
  EXPECT_EQ(share_of_one({-3, 0.1f, 0.4f, 4}), 0.75);
}

TEST(ClassMap, LiesOverTheInput) {
  const Tensor scores = random_tensor({4, 6, 5}, 3), input = random_tensor({8, 12, 3}, 4);
  // Each place of the map covers 2 x 2 pixels of the input: half the pixel's colour, half the class's.
  const ClassMap alone = class_map(scores, "HWC", {.zoom = 2});
  const ClassMap over = class_map(scores, "HWC", {.zoom = 1, .input = input});
  const Picture below = input_picture(input, "HWC", kPlain).picture;
  for (std::int64_t y = 0; y < 8; ++y)
    for (std::int64_t x = 0; x < 12; ++x)
      for (int c = 0; c < 3; ++c)
        EXPECT_NEAR(pixel(over.grid.picture, 16 + y, 16 + x, c),
                    (pixel(below, y, x, c) + pixel(alone.grid.picture, 16 + y, 16 + x, c)) / 2.0, 1);
  EXPECT_EQ(over.grid.str(), alone.grid.str() + " over the input");
}

TEST(Grid, AConstantTileIsHatchedInTwoGreys) {
  Tensor tensor = random_tensor({7, 7, 4}, 6);
  for (std::int64_t i = 2; i < tensor.size(); i += 4) tensor.mutable_data()[i] = 1.25f;
  const Grid found = grid(tensor, "HWC", kPlain);
  EXPECT_EQ(found.picture.channels, 1);
  std::set<unsigned char> greys;
  for (std::int64_t y = 7; y < 14; ++y)
    for (std::int64_t x = 0; x < 7; ++x) {
      greys.insert(pixel(found.picture, y, x));
      if (y > 7 && x < 6) {
        EXPECT_EQ(pixel(found.picture, y, x), pixel(found.picture, y - 1, x + 1));
      }
    }
  EXPECT_EQ(greys.size(), 2u);
}

TEST(Grid, NanAndInfinityAreMagentaAndDoNotStretchTheScale) {
  Tensor tensor = random_tensor({5, 5, 3}, 7);
  float& number = tensor.mutable_data()[(2 * 5 + 3) * 3 + 1];
  number = 0.5f;  // neither the least nor the largest of its tile
  const Grid whole = grid(tensor, "HWC", {.gap_px = 1, .zoom = 2});
  for (const float bad : {kNan, kInfinity, -kInfinity}) {
    number = bad;
    const Grid found = grid(tensor, "HWC", {.gap_px = 1, .zoom = 2});
    ASSERT_EQ(found.picture.channels, 3);
    EXPECT_TRUE(std::isfinite(found.minimum) && std::isfinite(found.maximum));
    for (std::int64_t y = 0; y < found.picture.height; ++y)
      for (std::int64_t x = 0; x < found.picture.width; ++x) {
        const bool bad_pixel = y / 2 == 2 && x >= 11 + 6 && x < 11 + 8;
        ASSERT_EQ(is_magenta(found.picture, y, x), bad_pixel) << y << ", " << x;
        if (!bad_pixel) {
          ASSERT_EQ(pixel(found.picture, y, x, 1), pixel(whole.picture, y, x)) << y << ", " << x;
        }
      }
  }
}

TEST(Grid, WithoutAFiniteNumberIsAllMagenta) {
  const Grid found = grid(Tensor::of({2, 2}, std::vector<float>{kNan, kNan, kInfinity, -kInfinity}), "HW", kPlain);
  for (std::int64_t i = 0; i < 4; ++i) EXPECT_TRUE(is_magenta(found.picture, i / 2, i % 2));
  EXPECT_TRUE(std::isnan(found.minimum));
}

TEST(Grid, OneScaleForAllTilesClipsWhatLiesBeyond) {
  const Tensor wide = Tensor::of({2, 2, 2}, std::vector<float>{-4, 0, 1, 2, 3, 8, 5, 6});
  const auto pixels = [&](Scale scale) {
    return grid(wide, "HWC", {.gap_px = 0, .zoom = 1, .scale = scale, .channels = {1}}).picture.pixels;
  };
  // Channel 1 holds 0, 2, 8, 6; the layer goes from -4 to 8.
  EXPECT_EQ(pixels({}), (std::vector<unsigned char>{0, 64, 255, 191}));
  EXPECT_EQ(pixels({Scale::Kind::kLayer}), (std::vector<unsigned char>{85, 128, 255, 212}));
  EXPECT_EQ(pixels({Scale::Kind::kSymmetric}), (std::vector<unsigned char>{128, 159, 255, 223}));
  EXPECT_EQ(pixels({Scale::Kind::kFixed, 0, 4}), (std::vector<unsigned char>{0, 128, 255, 255}));
  EXPECT_EQ(pixels({Scale::Kind::kFixed, 2, 7}), (std::vector<unsigned char>{0, 0, 255, 204}));
}

TEST(Grid, AConstantTileIsHatchedUnderEveryScale) {
  Tensor tensor = random_tensor({7, 7, 4}, 6);
  for (std::int64_t i = 2; i < tensor.size(); i += 4) tensor.mutable_data()[i] = 1.25f;
  for (const auto kind : {Scale::Kind::kLayer, Scale::Kind::kSymmetric, Scale::Kind::kPercentile}) {
    const Grid found = grid(tensor, "HWC", {.gap_px = 0, .zoom = 1, .scale = {kind}});
    std::set<unsigned char> greys;
    for (std::int64_t i = 0; i < 49; ++i) greys.insert(pixel(found.picture, 7 + i / 7, i % 7));
    EXPECT_EQ(greys.size(), 2u);
  }
}

TEST(Grid, ChosenChannelsComeInTheirOrderOnWhateverAxis) {
  const Tensor hwc = random_tensor({5, 6, 7}, 3), chw = random_tensor({7, 5, 6}, 3), tc = random_tensor({5, 7}, 3);
  for (const auto& [tensor, roles] : {std::pair(hwc, "HWC"), {chw, "CHW"}}) {
    const Grid all = grid(tensor, roles, kPlain),
               some = grid(tensor, roles, {.gap_px = 0, .zoom = 1, .channels = {6, 0}});
    EXPECT_EQ(some.columns, 2);
    for (std::int64_t i = 0; i < 30; ++i) {
      EXPECT_EQ(pixel(some.picture, i / 6, i % 6), pixel(all.picture, 10 + i / 6, i % 6));
      EXPECT_EQ(pixel(some.picture, i / 6, 6 + i % 6), pixel(all.picture, i / 6, i % 6));
    }
  }
  const Grid all = grid(tc, "TC", kPlain), some = grid(tc, "TC", {.gap_px = 0, .zoom = 1, .channels = {3, 1, 1}});
  for (std::int64_t x = 0; x < 5; ++x) EXPECT_EQ(pixel(some.picture, 0, x), pixel(all.picture, 3, x));
}

TEST(Grid, ColorsAreAPaletteWithGapsHatchesAndMagenta) {
  Tensor tensor = random_tensor({7, 7, 5}, 6);
  for (std::int64_t i = 2; i < tensor.size(); i += 5) tensor.mutable_data()[i] = 1.25f;
  tensor.mutable_data()[0] = kNan;
  for (const Colormap colormap : {Colormap::kViridis, Colormap::kMagma, Colormap::kDiverging}) {
    const Grid gray = grid(tensor, "HWC", {.zoom = 1}), found = grid(tensor, "HWC", {.zoom = 1, .colormap = colormap});
    ASSERT_EQ(found.picture.palette.size(), 256u);
    const Picture rgb = rgb_picture(found.picture);
    EXPECT_TRUE(is_magenta(rgb, 0, 0));
    for (std::int64_t y = 0; y < gray.picture.height; ++y)
      for (std::int64_t x = 0; x < gray.picture.width; ++x) {
        const std::int64_t tile = y / 8 * 3 + x / 8;
        const int level = pixel(gray.picture, y, x);
        if (x % 8 == 7 || y % 8 == 7 || tile == 2 || tile >= 5) {
          EXPECT_EQ(pixel(rgb, y, x), level);  // gap or hatch
        } else if (x || y) {
          int nearest = 999;
          for (int near = std::max(level - 2, 0); near <= std::min(level + 2, 255); ++near) {
            const Rgb color = colors(colormap)[static_cast<std::size_t>(near)];
            nearest =
                std::min(nearest, std::abs(color.r - pixel(rgb, y, x, 0)) + std::abs(color.g - pixel(rgb, y, x, 1)) +
                                      std::abs(color.b - pixel(rgb, y, x, 2)));
          }
          EXPECT_EQ(nearest, 0) << y << ", " << x;
        }
      }
  }
}

TEST(Grid, NumbersRaiseTheZoomWhereTilesAreTooSmall) {
  const Tensor tensor = random_tensor({3, 3, 120}, 1);
  EXPECT_FALSE(grid(random_tensor({64, 64, 12}, 1), "HWC", {.numbers = true}).is_zoom_raised);
  const Grid found = grid(tensor, "HWC", {.zoom = 1, .numbers = true});
  EXPECT_TRUE(found.is_zoom_raised);
  EXPECT_GT(found.zoom, 5);
  EXPECT_FALSE(grid(random_tensor({9, 40}, 1), "TC", {.numbers = true}).has_numbers);
}

TEST(Grid, AColorbarLeavesTheTilesAsTheyAre) {
  const Tensor tensor = random_tensor({20, 20, 4}, 1);
  for (const Colormap colormap : {Colormap::kGray, Colormap::kDiverging}) {
    const Picture plain = rgb_picture(grid(tensor, "HWC", {.colormap = colormap}).picture);
    const Picture found = rgb_picture(grid(tensor, "HWC", {.colormap = colormap, .colorbar = true}).picture);
    const std::int64_t left = 16, top = (found.height - plain.height) / 2;
    for (std::int64_t y = 0; y < plain.height; ++y)
      for (std::int64_t x = 0; x < plain.width; ++x)
        for (int c = 0; c < 3; ++c) ASSERT_EQ(pixel(found, top + y, left + x, c), pixel(plain, y, x, c));
  }
}

std::string code_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  return "none";
}

TEST(Grid, RefusesWhatCannotBeDrawn) {
  EXPECT_EQ(code_of([] { grid(Tensor({4, 0, 3}), "HWC"); }), "shape-empty");
  EXPECT_EQ(code_of([] { grid(random_tensor({8, 8, 4}, 1), "HWC", {.channels = {0, 4}}); }), "channel-invalid");
  EXPECT_EQ(code_of([] { grid(random_tensor({8, 8, 4}, 1), "HWC", {.zoom = 2000}); }), "picture-too-large");
  EXPECT_EQ(code_of([] { grid(random_tensor({50, 4}, 1), "TC", {.gap_px = -1}); }), "grid-invalid");
  EXPECT_EQ(code_of([] { grid(random_tensor({50, 4}, 1), "TC", {.tokens = TokenGrid{6, 6}}); }), "grid-invalid");
  EXPECT_EQ(code_of([] { grid(random_tensor({50, 4}, 1), "TC", {.tokens = TokenGrid{8, 8}}); }), "grid-invalid");
  for (const char* words : {"8", "8x", "x8", "0x8", "8x8x8", "eight", "-2x-2", ""})
    EXPECT_EQ(code_of([&] { parse_token_grid(words); }), "grid-invalid") << words;
  EXPECT_EQ(parse_token_grid("3x14").columns, 14);
  EXPECT_EQ(code_of([] { class_map(random_tensor({8}, 1), "C"); }), "classes-none");
  EXPECT_EQ(code_of([] { class_map(random_tensor({8, 8}, 1), "HW"); }), "classes-none");
  const ClassOptions over_sequence{.input = random_tensor({50, 4}, 1), .input_axes = "TC"};
  EXPECT_EQ(code_of([&] { class_map(random_tensor({8, 8, 3}, 1), "HWC", over_sequence); }), "classes-none");
  EXPECT_EQ(code_of([] { grid(random_tensor({8, 8, 4}, 1), "HWC", {.zoom = 2000000000}); }), "picture-too-large");
}

TEST(InputPicture, HasOneScaleOverItsThreeColours) {
  const Tensor channels_last = Tensor::of({2, 2, 3}, std::vector<float>{0, 51, 102, 1, 2, 3, 153, 204, 255, 9, 8, 7});
  const std::vector<unsigned char> expected = {0, 51, 102, 1, 2, 3, 153, 204, 255, 9, 8, 7};
  const Grid found = input_picture(channels_last, "HWC", kPlain);
  EXPECT_EQ(found.picture.channels, 3);
  EXPECT_EQ(found.picture.pixels, expected);
  EXPECT_EQ(found.maximum, 255);
  const Tensor channels_first = Tensor::of({3, 2, 2}, std::vector<float>{0, 1, 153, 9, 51, 2, 204, 8, 102, 3, 255, 7});
  EXPECT_EQ(input_picture(channels_first, "CHW", kPlain).picture.pixels, expected);
}

TEST(InputPicture, OfOneChannelIsGreyAndOfOtherCountsAGrid) {
  const Tensor one = random_tensor({6, 6, 1}, 8), five = random_tensor({6, 6, 5}, 8);
  EXPECT_EQ(input_picture(one, "HWC").picture.pixels, grid(one, "HWC").picture.pixels);
  EXPECT_EQ(input_picture(five, "HWC").columns, 3);
  EXPECT_EQ(input_picture(Tensor::of({3}, std::vector<float>{1, 2, 3}), "C").columns, 3);
}

TEST(InputPicture, AColorThatIsNowhereStaysBlack) {
  const Tensor tensor = Tensor::of({1, 2, 3}, std::vector<float>{0, 0, 255, 102, 0, 51});
  EXPECT_EQ(input_picture(tensor, "HWC", kPlain).picture.pixels, (std::vector<unsigned char>{0, 0, 255, 102, 0, 51}));
}

TEST(InputPicture, ShowsNanInAnyColourAsMagenta) {
  Tensor tensor = random_tensor({4, 4, 3}, 9);
  tensor.mutable_data()[(1 * 4 + 2) * 3 + 2] = kNan;
  const Picture found = input_picture(tensor, "HWC", kPlain).picture;
  for (std::int64_t i = 0; i < 16; ++i) EXPECT_EQ(is_magenta(found, i / 4, i % 4), i == 6) << i;
}

}  // namespace
}  // namespace kerascope
