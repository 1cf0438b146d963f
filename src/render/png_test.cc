#include <gtest/gtest.h>
#include <spng.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <random>

#include "base/file.h"
#include "kerascope/error.h"
#include "render/grid.h"

namespace kerascope {
namespace {

namespace fs = std::filesystem;

class PngTest : public testing::Test {
 protected:
  PngTest() {
    std::string pattern = fs::temp_directory_path() / "kerascope-png-test-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~PngTest() override { fs::remove_all(folder_); }

  fs::path folder_;
};

struct Decoded {
  spng_ihdr header{};
  std::vector<unsigned char> pixels;
};

/// Decoded by libspng, in the file's own format.
Decoded decoded(const fs::path& path) {
  const auto file = MappedFile::open(path);
  const std::unique_ptr<spng_ctx, void (*)(spng_ctx*)> context(spng_ctx_new(0), spng_ctx_free);
  spng_set_png_buffer(context.get(), file->bytes().data(), file->bytes().size());
  Decoded result;
  EXPECT_EQ(spng_get_ihdr(context.get(), &result.header), 0);
  std::size_t size = 0;
  EXPECT_EQ(spng_decoded_image_size(context.get(), SPNG_FMT_PNG, &size), 0);
  result.pixels.resize(size);
  EXPECT_EQ(spng_decode_image(context.get(), result.pixels.data(), size, SPNG_FMT_PNG, 0), 0);
  return result;
}

TEST_F(PngTest, ReadsBackAsItWasWritten) {
  std::mt19937 random(1);
  for (const int channels : {1, 3})
    for (const auto& [width, height] : {std::pair{1, 1}, {1, 9}, {9, 1}, {13, 7}, {300, 200}})
      for (const int kind : {0, 1, 2}) {
        SCOPED_TRACE(testing::Message() << width << "x" << height << "x" << channels << " kind " << kind);
        Picture picture{.width = width, .height = height, .channels = channels};
        for (int i = 0; i < width * height * channels; ++i) {
          // Noise, a horizontal gradient, repeated rows: one case per filter.
          const int x = i % (width * channels), y = i / (width * channels);
          const unsigned number = kind == 0   ? random()
                                  : kind == 1 ? static_cast<unsigned>(3 * x + y)
                                              : static_cast<unsigned>(x * x * 37);
          picture.pixels.push_back(static_cast<unsigned char>(number));
        }
        write_png(folder_ / "a.png", picture);
        const Decoded found = decoded(folder_ / "a.png");
        EXPECT_EQ(found.header.width, static_cast<unsigned>(width));
        EXPECT_EQ(found.header.height, static_cast<unsigned>(height));
        EXPECT_EQ(found.header.bit_depth, 8);
        EXPECT_EQ(found.header.color_type, channels == 1 ? SPNG_COLOR_TYPE_GRAYSCALE : SPNG_COLOR_TYPE_TRUECOLOR);
        EXPECT_EQ(found.pixels, picture.pixels);
      }
}

TEST_F(PngTest, KeepsAPalette) {
  Picture picture{.width = 16, .height = 16};
  for (int i = 0; i < 256; ++i) {
    const auto byte = static_cast<unsigned char>(i);
    picture.pixels.push_back(byte);
    picture.palette.push_back({byte, static_cast<unsigned char>(255 - i), static_cast<unsigned char>(i * 7)});
  }
  write_png(folder_ / "a.png", picture);
  const Decoded found = decoded(folder_ / "a.png");
  EXPECT_EQ(found.header.color_type, SPNG_COLOR_TYPE_INDEXED);
  EXPECT_EQ(found.pixels, picture.pixels);
  const auto file = MappedFile::open(folder_ / "a.png");
  const std::unique_ptr<spng_ctx, void (*)(spng_ctx*)> context(spng_ctx_new(0), spng_ctx_free);
  spng_set_png_buffer(context.get(), file->bytes().data(), file->bytes().size());
  std::vector<unsigned char> rgb(256 * 3);
  EXPECT_EQ(spng_decode_image(context.get(), rgb.data(), rgb.size(), SPNG_FMT_RGB8, 0), 0);
  EXPECT_EQ(rgb, rgb_picture(picture).pixels);
}

TEST_F(PngTest, GradientsOfEitherDirectionStaySmall) {
  std::mt19937 random(2);
  std::vector<unsigned> noise(300);
  for (unsigned& number : noise) number = static_cast<unsigned>(random());
  for (const bool down : {false, true}) {
    Picture picture{.width = 300, .height = 300};
    for (unsigned y = 0; y < 300; ++y)
      for (unsigned x = 0; x < 300; ++x)
        picture.pixels.push_back(static_cast<unsigned char>(down ? noise[x] + 3 * y : noise[y] + 3 * x));
    write_png(folder_ / "a.png", picture);
    EXPECT_LT(fs::file_size(folder_ / "a.png"), 5000u) << "of " << picture.pixels.size();
  }
}

TEST_F(PngTest, LeavesNothingWhereItCannotWrite) {
  std::ofstream(folder_ / "file") << "x";
  try {
    write_png(folder_ / "file" / "a.png", {.width = 1, .height = 1, .pixels = {0}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "output-unwritable");
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

}  // namespace
}  // namespace kerascope
