#include "export/npz.h"
#include "kerascope/inputs.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <fstream>
#include <numeric>
#include <sstream>
#include <thread>

#include "export/writing_thread.h"
#include "export/zip_records.h"
#include "kerascope/error.h"

namespace kerascope {
namespace {

namespace fs = std::filesystem;

class NpzTest : public testing::Test {
 protected:
  NpzTest() {
    std::string pattern = fs::temp_directory_path() / "kerascope-npz-test-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~NpzTest() override { fs::remove_all(folder_); }

  std::string bytes_of(const fs::path& name) {
    std::ostringstream text;
    text << std::ifstream(folder_ / name, std::ios::binary).rdbuf();
    return text.str();
  }

  fs::path folder_;
};

std::uint64_t number(const std::string& bytes, std::size_t at, std::size_t size) {
  std::uint64_t result = 0;
  for (std::size_t i = 0; i < size; ++i)
    result |= std::uint64_t{static_cast<unsigned char>(bytes.at(at + i))} << (8 * i);
  return result;
}

std::string raw(const Tensor& tensor) {
  return {reinterpret_cast<const char*>(tensor.data()), static_cast<std::size_t>(tensor.size()) * 4};
}

struct Found {
  std::string name, content;
  std::uint64_t flags = 0, content_offset = 0;
};

// A second reader of archives without zip64, which also checks that both records of a member agree.
std::vector<Found> members_of(const std::string& zip) {
  std::vector<Found> members;
  const std::size_t end = zip.size() - 22;
  EXPECT_EQ(zip.substr(end, 4), "PK\5\6");
  const std::uint64_t count = number(zip, end + 10, 2), central_size = number(zip, end + 12, 4);
  std::size_t at = number(zip, end + 16, 4);
  EXPECT_EQ(at + central_size, end);
  for (std::uint64_t i = 0; i < count; ++i) {
    EXPECT_EQ(zip.substr(at, 4), "PK\1\2");
    const std::size_t name_size = number(zip, at + 28, 2), extra_size = number(zip, at + 30, 2);
    const std::size_t local = number(zip, at + 42, 4), size = number(zip, at + 24, 4);
    EXPECT_EQ(zip.substr(local, 4), "PK\3\4");
    EXPECT_EQ(zip.substr(local + 4, 24), zip.substr(at + 6, 24)) << "version to name length";
    EXPECT_EQ(number(zip, at + 10, 2), 0u) << "stored";
    EXPECT_EQ(number(zip, at + 20, 4), size);
    const std::size_t content = local + 30 + name_size + number(zip, local + 28, 2);
    const Found member{zip.substr(at + 46, name_size), zip.substr(content, size), number(zip, at + 8, 2), content};
    EXPECT_EQ(zip.substr(local + 30, name_size), member.name);
    const uLong crc = crc32(0, reinterpret_cast<const Bytef*>(member.content.data()), static_cast<uInt>(size));
    EXPECT_EQ(number(zip, at + 16, 4), crc);
    members.push_back(member);
    at += 46 + name_size + extra_size;
  }
  EXPECT_EQ(at, end);
  return members;
}

TEST_F(NpzTest, NpyIsWhatNumpyWrites) {
  const Tensor tensor = Tensor::of({2, 3}, std::vector<float>{1, 2, 3, 4, 5, -6.5f});
  write_npy(folder_ / "deep" / "a.npy", tensor);
  // As in numpy.save: padded with blanks to 128 bytes, of which 0x76 follow the length field.
  const std::string dict = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  const std::string header = std::string("\x93NUMPY\1\0\x76\0", 10) + dict + std::string(117 - dict.size(), ' ') + "\n";
  EXPECT_EQ(bytes_of("deep/a.npy"), header + raw(tensor));
}

TEST_F(NpzTest, NpyTellsShapesAsPythonPrintsThem) {
  for (const auto& [shape, text] : {std::pair<Shape, std::string>{{}, "()"}, {{3}, "(3,)"}, {{0, 4}, "(0, 4)"}}) {
    write_npy(folder_ / "a.npy", Tensor(shape));
    EXPECT_NE(bytes_of("a.npy").find("'shape': " + text + ", }"), std::string::npos) << text;
    EXPECT_EQ(bytes_of("a.npy").size(), 128 + 4 * static_cast<std::size_t>(shape.elements()));
  }
}

TEST_F(NpzTest, HoldsEachArrayUnderItsKeyAligned) {
  const std::vector<std::string> keys = {"a",       "resnet50/conv1@1#0",         "with blank",
                                         "../../x", "m\xc3\xbcller/\xe6\x97\xa5", std::string(300, 'x')};
  NpzWriter writer(folder_ / "a.npz");
  std::vector<Tensor> tensors;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    Tensor tensor({1, static_cast<std::int64_t>(i) + 1, 5});
    for (std::int64_t k = 0; k < tensor.size(); ++k) tensor.mutable_data()[k] = static_cast<float>(k) * 0.1f;
    writer.add(keys[i], tensor);
    tensors.push_back(tensor);
  }
  EXPECT_FALSE(fs::exists(folder_ / "a.npz"));
  writer.commit();

  const std::vector<Found> found = members_of(bytes_of("a.npz"));
  ASSERT_EQ(found.size(), keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    EXPECT_EQ(found[i].name, keys[i] + ".npy");
    write_npy(folder_ / "alone.npy", tensors[i]);
    EXPECT_EQ(found[i].content, bytes_of("alone.npy"));
    EXPECT_EQ(found[i].content_offset % 64, 0u);
    EXPECT_EQ(found[i].flags, i == 4 ? 1u << 11 : 0u) << "UTF-8";
  }
}

Tensor counting(const Shape& shape) {
  Tensor tensor(shape);
  for (std::int64_t i = 0; i < tensor.size(); ++i) tensor.mutable_data()[i] = static_cast<float>(i);
  return tensor;
}

TEST_F(NpzTest, PartsInAnyOrderGiveTheWhole) {
  const Tensor a = counting({7, 3, 5}), b = counting({7}), c = counting({2, 2});
  NpzWriter whole(folder_ / "whole.npz"), parts(folder_ / "parts.npz");
  for (const auto& [key, tensor] : {std::pair("a", a), {"b", b}, {"c", c}}) {
    whole.add(key, tensor);
    parts.reserve(key, tensor.shape());
  }
  parts.write("b", 4, b.items(4, 3));
  parts.write("a", 0, a.items(0, 3));
  parts.write("c", 0, c);
  parts.write("b", 0, b.items(0, 4));
  parts.write("a", 6, a.items(6, 1));
  parts.write("a", 3, a.items(3, 3));
  whole.commit();
  parts.commit();
  EXPECT_EQ(members_of(bytes_of("parts.npz")).size(), 3u);
  EXPECT_EQ(bytes_of("parts.npz"), bytes_of("whole.npz"));
}

TEST_F(NpzTest, APipeGetsTheSameBytes) {
  const Tensor a = counting({7, 3}), b = counting({5});
  for (const char* name : {"file.npz", "pipe.npz"}) {
    std::string read;
    std::thread reader;
    if (name[0] == 'p') {
      ASSERT_EQ(::mkfifo((folder_ / name).c_str(), 0600), 0);
      reader = std::thread([&] { read = bytes_of(name); });
    }
    NpzWriter writer(folder_ / name);
    writer.reserve("a", a.shape());
    writer.reserve("b", b.shape());
    writer.write("b", 0, b);
    writer.write("a", 4, a.items(4, 3));
    writer.write("a", 0, a.items(0, 4));
    writer.commit();
    if (reader.joinable()) {
      reader.join();
      EXPECT_EQ(read, bytes_of("file.npz"));
    }
  }
}

TEST_F(NpzTest, AFolderTakesPartsToo) {
  const Tensor a = counting({7, 3});
  NpyFolderWriter writer(folder_ / "deep");
  writer.reserve("x/a", a.shape());
  writer.write("x/a", 3, a.items(3, 4));
  EXPECT_FALSE(fs::exists(folder_ / "deep/x/a.npy"));
  writer.write("x/a", 0, a.items(0, 3));
  write_npy(folder_ / "alone.npy", a);
  EXPECT_EQ(bytes_of("deep/x/a.npy"), bytes_of("alone.npy"));
}

TEST_F(NpzTest, OneArrayComesInPartsInAnyOrder) {
  Tensor whole({3, 2});
  std::iota(whole.mutable_data(), whole.mutable_data() + 6, 1.0f);
  NpyWriter writer(folder_ / "parts.npy");
  writer.reserve("a", whole.shape());
  writer.write("a", 2, whole.items(2, 1));
  EXPECT_FALSE(fs::exists(folder_ / "parts.npy")) << "not complete yet";
  writer.write("a", 0, whole.items(0, 2));
  writer.commit();
  write_npy(folder_ / "whole.npy", whole);
  EXPECT_EQ(bytes_of("parts.npy"), bytes_of("whole.npy"));
}

class Failing : public ArrayWriter {
 public:
  void reserve(const std::string&, const Shape&, DType) override {}
  void write(const std::string& key, std::int64_t, const Tensor&) override {
    if (key == "bad") throw Error({.code = "output-unwritable", .what = "no room"});
    written.push_back(key);
  }
  void commit() override {}
  std::vector<std::string> written;
};

TEST(WritingThread, WritesInOrder) {
  Failing writer;
  WritingThread thread(writer);
  std::vector<std::string> keys;
  for (int i = 0; i < 100; ++i) {
    keys.push_back(std::to_string(i));
    thread.write(keys.back(), 0, Tensor({1}));
    if (i % 7 == 0) thread.wait();
  }
  thread.wait();
  EXPECT_EQ(writer.written, keys);
}

TEST(WritingThread, PassesOnWhatWentWrong) {
  Failing writer;
  WritingThread thread(writer);
  thread.write("bad", 0, Tensor({1}));
  EXPECT_THROW(thread.wait(), Error);
  EXPECT_THROW(thread.write("good", 0, Tensor({1})), Error);
  EXPECT_TRUE(writer.written.empty());
}

TEST_F(NpzTest, WithoutArraysIsAnArchiveToo) {
  NpzWriter(folder_ / "a.npz").commit();
  EXPECT_TRUE(members_of(bytes_of("a.npz")).empty());
}

TEST_F(NpzTest, LeavesNothingWithoutCommit) {
  { NpzWriter(folder_ / "a.npz").add("a", Tensor({100})); }
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(NpzTest, RefusesANameThatNoArchiveCanHold) {
  NpzWriter writer(folder_ / "a.npz");
  writer.add(std::string(65531, 'a'), Tensor({1}));
  try {
    writer.add(std::string(65532, 'a'), Tensor({1}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "name-too-long");
  }
}

TEST(ZipRecords, GiveSizesBeyond32BitsInZip64Fields) {
  const std::uint64_t size = 5'000'000'000, offset = 6'000'000'000;
  const ZipMember member{.name = "a", .crc = 7, .size = size, .offset = offset};
  const std::string local = local_record(member);
  EXPECT_EQ((offset + local.size()) % kZipAlignment, 0u);
  EXPECT_EQ(number(local, 4, 2), 45u);
  EXPECT_EQ(number(local, 18, 8), ~std::uint64_t{0}) << "both 32-bit sizes are full";
  EXPECT_EQ(30 + number(local, 26, 2) + number(local, 28, 2), local.size());
  EXPECT_EQ(number(local, 31, 4), 0x00100001u) << "field 1 of 16 bytes";
  EXPECT_EQ(number(local, 35, 8), size);
  EXPECT_EQ(number(local, 43, 8), size);

  const std::string central = central_record(member);
  EXPECT_EQ(number(central, 20, 8), ~std::uint64_t{0});
  EXPECT_EQ(number(central, 42, 4), 0xFFFFFFFFu);
  EXPECT_EQ(number(central, 30, 2), 28u);
  EXPECT_EQ(central.size(), 46u + 1 + 28);
  EXPECT_EQ(number(central, 47, 4), 0x00180001u);
  EXPECT_EQ(number(central, 51, 8), size);
  EXPECT_EQ(number(central, 59, 8), size);
  EXPECT_EQ(number(central, 67, 8), offset);
}

TEST(ZipRecords, GiveOnlyTheOffsetInAZip64FieldWhereTheSizeIsSmall) {
  const std::string central = central_record({.name = "a", .size = 100, .offset = 0xFFFFFFFF});
  EXPECT_EQ(number(central, 24, 4), 100u);
  EXPECT_EQ(number(central, 42, 4), 0xFFFFFFFFu);
  EXPECT_EQ(number(central, 47, 4), 0x00080001u);
  EXPECT_EQ(number(central, 51, 8), 0xFFFFFFFFu);
  EXPECT_EQ(central_record({.name = "a", .size = 0xFFFFFFFE, .offset = 0xFFFFFFFE}).size(), 47u) << "no field";
  EXPECT_EQ(central_record({.name = "a", .size = 0xFFFFFFFF}).size(), 47u + 20) << "full means: see the field";
}

TEST(ZipRecords, EndInZip64WhereACountOrAnOffsetIsTooLarge) {
  EXPECT_EQ(end_record(65534, 0xFFFFFFFE, 0xFFFFFFFE).size(), 22u);
  for (const auto& [count, offset] : {std::pair<std::uint64_t, std::uint64_t>{70000, 1000}, {3, 5'000'000'000}}) {
    const std::string end = end_record(count, offset, 250);
    ASSERT_EQ(end.size(), 56u + 20 + 22);
    EXPECT_EQ(end.substr(0, 4), "PK\6\6");
    EXPECT_EQ(number(end, 4, 8), 44u);
    EXPECT_EQ(number(end, 24, 8), count);
    EXPECT_EQ(number(end, 32, 8), count);
    EXPECT_EQ(number(end, 40, 8), 250u);
    EXPECT_EQ(number(end, 48, 8), offset);
    EXPECT_EQ(end.substr(56, 4), "PK\6\7");
    EXPECT_EQ(number(end, 64, 8), offset + 250);
    EXPECT_EQ(number(end, 72, 4), 1u);
    EXPECT_EQ(end.substr(76, 4), "PK\5\6");
    EXPECT_EQ(number(end, 86, 2), std::min<std::uint64_t>(count, 0xFFFF));
    EXPECT_EQ(number(end, 92, 4), std::min<std::uint64_t>(offset, 0xFFFFFFFF));
  }
}

}  // namespace
}  // namespace kerascope
