#include "inputs/pictures.h"

#include <gmock/gmock.h>

#include "inputs/oracle_for_tests.h"

namespace kerascope {
namespace {

using input_tests::Bytes;
using input_tests::Oracle;
using input_tests::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A folder with copies of one picture under these names.
TemporaryFolder folder_of(const std::vector<std::string>& names) {
  TemporaryFolder folder;
  const Bytes picture = input_tests::read_file(Oracle().path("pictures/2x3-RGB.png"));
  for (const std::string& name : names) input_tests::write_file(folder.path / name, picture);
  return folder;
}

std::string message_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was wrong";
}

TEST(ListPictures, SortsAsPeopleCount) {
  const TemporaryFolder folder =
      folder_of({"10.png", "9.png", "a10b2.png", "A2.png", "a10b10.png", "a2b.png", "007.png", "a.png", "7.png"});
  EXPECT_THAT(list_pictures(folder.path).names, ElementsAre("007.png", "7.png", "9.png", "10.png", "a.png", "A2.png",
                                                            "a2b.png", "a10b2.png", "a10b10.png"));
}

TEST(ListPictures, CountsWhatItPassesOver) {
  const TemporaryFolder folder = folder_of({"a.png", ".hidden.png", "really-a-png.txt"});
  input_tests::write_file(folder.path / "words.png", {'w', 'o', 'r', 'd'});
  input_tests::write_file(folder.path / "empty.png", {});
  std::filesystem::create_directory(folder.path / "more");
  const PictureFolder listed = list_pictures(folder.path);
  // A file that only has a picture's extension is listed: the error comes when it is read.
  EXPECT_THAT(listed.names, ElementsAre("a.png", "empty.png", "really-a-png.txt", "words.png"));
  EXPECT_EQ(listed.passed_over, 2);
}

TEST(ListPictures, WantsOne) {
  const TemporaryFolder folder = folder_of({".hidden.png"});
  EXPECT_THAT(message_of([&] { list_pictures(folder.path); }), HasSubstr("holds no picture, and 1 other file"));
}

TEST(ReadPictures, MakesOneBatch) {
  const Oracle oracle;
  const ModelInput input{.name = "picture", .shape = {-1, 3, 5, 4}, .axes = "CHW"};
  const std::vector<std::string> paths = {oracle.path("pictures/17x33-420.jpg"), oracle.path("pictures/9x8.gif")};
  const Pictures both = read_pictures(input, paths, {}, Damaged::kFail);
  const Tensor batch = both.batch(0, 2);
  EXPECT_EQ(batch.shape(), Shape({2, 3, 5, 4}));
  EXPECT_EQ(both.done, "2 sizes -> 4x5 (nearest, as load_img)");
  for (const std::int64_t i : {0, 1}) {
    const Pictures one = read_pictures(input, {paths[static_cast<std::size_t>(i)]}, {}, Damaged::kFail);
    EXPECT_THAT(batch.item(i).numbers(), ::testing::ElementsAreArray(one.batch(0, 1).numbers()));
    EXPECT_THAT(batch.item(i).numbers(), ::testing::ElementsAreArray(both.batch(i, 1).numbers()));
  }
}

TEST(ReadPictures, SaysWhatBecameOf16Bits) {
  const std::vector<std::string> paths = {Oracle().path("pictures/37x22-deep.png")};
  const ModelInput grey{.name = "picture", .shape = {-1, -1, -1}, .axes = "HW"};
  const Pictures kept = read_pictures(grey, paths, {}, Damaged::kFail);
  const Tensor batch = kept.batch(0, 1);
  EXPECT_EQ(batch.shape(), Shape({1, 22, 37}));
  EXPECT_GT(*std::max_element(batch.data(), batch.data() + batch.size()), 255);
  EXPECT_THAT(kept.warnings, ElementsAre(HasSubstr("kept")));
  const ModelInput colour{.name = "picture", .shape = {-1, -1, -1, 3}, .axes = "HWC"};
  EXPECT_THAT(read_pictures(colour, paths, {}, Damaged::kFail).warnings, ElementsAre(HasSubstr("cut to 255")));
  const std::vector<std::string> dark = {Oracle().path("pictures/dark.png")};
  EXPECT_THAT(read_pictures(colour, dark, {}, Damaged::kFail).warnings, ElementsAre());
}

TEST(ReadPictures, RefusesWhatMakesNoBatch) {
  const Oracle oracle;
  const std::string small = oracle.path("pictures/9x8-L.png"), large = oracle.path("pictures/64x48-L.png");
  const ModelInput free{.name = "picture", .shape = {-1, -1, -1, 1}, .axes = "HWC"};
  EXPECT_THAT(message_of([&] {
                read_pictures(free, {small, large}, {}, Damaged::kFail);
              }),
              HasSubstr("'9x8-L.png' has 9x8, '64x48-L.png' 64x48"));
  const ModelInput fixed{.name = "picture", .shape = {-1, 64, 64, 3}, .axes = "HWC"};
  const std::vector<std::string> thousands(90'000, small);
  EXPECT_THAT(message_of([&] { read_pictures(fixed, thousands, {}, Damaged::kFail); }),
              ::testing::AllOf(HasSubstr("90,000 pictures"), HasSubstr("up to 87,381 pictures")));
}

}  // namespace
}  // namespace kerascope
