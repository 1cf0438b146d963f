#include "base/file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include "base/error_test_support.h"

namespace kerascope {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class FileTest : public testing::Test {
 protected:
  FileTest() {
    std::string pattern = fs::temp_directory_path() / "kerascope-file-test-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~FileTest() override { fs::remove_all(folder_); }

  void put(const fs::path& name, const std::string& text) { std::ofstream(folder_ / name) << text; }
  std::string get(const fs::path& name) {
    std::ostringstream text;
    text << std::ifstream(folder_ / name).rdbuf();
    return text.str();
  }
  std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const auto& entry : fs::directory_iterator(folder_)) all.push_back(entry.path().filename());
    return all;
  }

  fs::path folder_;
};

std::string text_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

TEST_F(FileTest, MapsWhatTheFileHolds) {
  put("a", "weights");
  const auto file = MappedFile::open(folder_ / "a");
  EXPECT_EQ(text_of(*file), "weights");
  EXPECT_EQ(file->name(), (folder_ / "a").string());
}

TEST_F(FileTest, MapsAnEmptyFileToNoBytes) {
  put("a", "");
  EXPECT_EQ(MappedFile::open(folder_ / "a")->size(), 0u);
}

TEST_F(FileTest, AMissingFileNamesItsNeighbour) {
  put("model.h5", "");
  const Error error = error_of([&] { MappedFile::open(folder_ / "modle.h5"); });
  EXPECT_EQ(error.code(), "file-missing");
  EXPECT_THAT(error.what(), HasSubstr("did you mean 'model.h5'?"));
  EXPECT_THAT(error_of([&] { MappedFile::open(folder_ / "x/model.h5"); }).what(), HasSubstr("there is no folder"));
}

TEST_F(FileTest, FoldersPipesAndFilesAsFoldersCannotBeRead) {
  put("a", "");
  ::mkfifo((folder_ / "pipe").c_str(), 0600);
  for (const fs::path& path : {folder_, folder_ / "pipe", folder_ / "a" / "b", fs::path("/dev/null")})
    EXPECT_EQ(error_of([&] { MappedFile::open(path); }).code(), "file-unreadable") << path;
}

TEST_F(FileTest, AFileThatShrinksWhileMappedGivesAMessage) {
  put("a", std::string(100000, 'x'));
  const auto read_after_cut = [&] {
    explain_bus_errors();
    const auto file = MappedFile::open(folder_ / "a");
    fs::resize_file(folder_ / "a", 10);
    std::_Exit(static_cast<int>(text_of(*file).size() % 7));
  };
  EXPECT_EXIT(read_after_cut(), testing::ExitedWithCode(1), "error\\[file-changed\\]");
}

TEST_F(FileTest, NothingIsSeenBeforeTheCommitAndAllAfterIt) {
  FileWriter writer(folder_ / "deep" / "er" / "a");
  writer.write("wei");
  writer.write("ghts");
  EXPECT_FALSE(fs::exists(folder_ / "deep/er/a"));
  writer.commit();
  EXPECT_EQ(get("deep/er/a"), "weights");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "deep/er"), {}), 1);
}

TEST_F(FileTest, WithoutACommitNothingStays) {
  put("a", "old");
  { FileWriter(folder_ / "a").write("new"); }
  EXPECT_EQ(names(), std::vector<std::string>{"a"});
  EXPECT_EQ(get("a"), "old");
}

TEST_F(FileTest, ACommitReplacesWithTheOldPermissions) {
  put("a", "old");
  fs::permissions(folder_ / "a", fs::perms::owner_read | fs::perms::owner_write);
  FileWriter writer(folder_ / "a");
  writer.write("new");
  writer.commit();
  EXPECT_EQ(get("a"), "new");
  EXPECT_EQ(fs::status(folder_ / "a").permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(FileTest, ASymbolicLinkStaysOne) {
  put("a", "old");
  fs::create_symlink("a", folder_ / "link");
  FileWriter writer(folder_ / "link");
  writer.write("new");
  writer.commit();
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(get("a"), "new");
}

TEST_F(FileTest, DevicesAreWrittenDirectly) {
  FileWriter writer("/dev/null");
  writer.write("x");
  writer.commit();
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(FileTest, UnwritablePlacesAreNamedWithTheReason) {
  put("a", "");
  const auto message = [](const fs::path& path) {
    const Error error = error_of([&] { FileWriter writer(path); });
    EXPECT_EQ(error.code(), "output-unwritable") << path;
    return std::string(error.what());
  };
  EXPECT_THAT(message(folder_), HasSubstr("it is a folder"));
  EXPECT_THAT(message(folder_ / ""), HasSubstr("it is a folder"));
  EXPECT_THAT(message(folder_ / "a" / "b"), HasSubstr("a part of the path is a file, not a folder"));
  EXPECT_THAT(message(folder_ / "a" / "b" / "c"), HasSubstr("a part of the path is a file, not a folder"));
  EXPECT_THAT(message(folder_ / std::string(300, 'n') / "x"), HasSubstr("too long"));
  EXPECT_THAT(message("/proc/x/y"), HasSubstr((fs::path("/proc/x/y")).string()));
  EXPECT_EQ(names(), std::vector<std::string>{"a"});
}

TEST_F(FileTest, AFullDiskIsSaid) {
  FileWriter writer("/dev/full");
  EXPECT_THAT(error_of([&] { writer.write("x"); }).what(), HasSubstr("the disk is full"));
}

TEST_F(FileTest, AWriteThatFailsLeavesNothing) {
  // A limit on file sizes simulates a full disk.
  const auto write_too_much = [&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    FileWriter writer(folder_ / "a");
    const Error error = error_of([&] { writer.write(std::string(5000, 'x')); });
    std::_Exit(error.code() == "output-unwritable" && fs::is_empty(folder_) ? 0 : 1);
  };
  EXPECT_EXIT(write_too_much(), testing::ExitedWithCode(0), "");
}

TEST_F(FileTest, ASignalHandlerCanRemoveUnfinishedFiles) {
  FileWriter one(folder_ / "a"), two(folder_ / "b");
  EXPECT_EQ(names().size(), 2u);
  remove_unfinished_files();
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(FileTest, ManyFilesCanBeWrittenAtOnce) {
  std::vector<std::unique_ptr<FileWriter>> writers;
  for (int i = 0; i < 100; ++i) {
    writers.push_back(std::make_unique<FileWriter>(folder_ / std::to_string(i)));
    writers.back()->write("x");
  }
  for (const auto& writer : writers) writer->commit();
  EXPECT_EQ(names().size(), 100u);
  remove_unfinished_files();
  EXPECT_EQ(names().size(), 100u);
}

}  // namespace
}  // namespace kerascope
