// Builds files byte by byte, following the format's specification; tests/test_hdf5.py reads files of h5py.
#include "formats/hdf5.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cstdlib>
#include <filesystem>
#include <random>

#include "base/error_test_support.h"
#include "formats/hdf5_answer.h"

namespace kerascope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Texts = std::vector<std::string>;

constexpr std::uint64_t kUndefined = ~std::uint64_t{0};

template <typename Number>
std::string le(Number number) {
  return {reinterpret_cast<const char*>(&number), sizeof number};
}
std::string byte(int value) { return {static_cast<char>(value)}; }
std::string u16(std::size_t value) { return le(static_cast<std::uint16_t>(value)); }
std::string u32(std::size_t value) { return le(static_cast<std::uint32_t>(value)); }
std::string u64(std::uint64_t value) { return le(value); }
std::string padded(std::string text, std::size_t multiple) {
  text.resize((text.size() + multiple - 1) / multiple * multiple);
  return text;
}

std::string message(int type, const std::string& body) {
  const std::string whole = padded(body, 8);
  return u16(static_cast<std::size_t>(type)) + u16(whole.size()) + std::string(4, '\0') + whole;
}

std::string object_header(const Texts& messages) {
  std::string all;
  for (const std::string& one : messages) all += one;
  return byte(1) + byte(0) + u16(messages.size()) + u32(1) + u32(all.size()) + u32(0) + all;
}

std::string space(const std::vector<std::uint64_t>& sizes) {
  std::string body = byte(1) + byte(static_cast<int>(sizes.size())) + std::string(6, '\0');
  for (const std::uint64_t size : sizes) body += u64(size);
  return body;
}

std::string float_type(bool big_endian = false) {
  return byte(0x11) + byte(0x20 | big_endian) + byte(31) + byte(0) + u32(4) + u16(0) + u16(32) + byte(23) + byte(8) +
         byte(0) + byte(23) + u32(127);
}

std::string text_type(std::size_t size, int padding) { return byte(0x13) + byte(padding) + u16(0) + u32(size); }

std::string attribute(const std::string& name, const std::string& type, const std::string& extent,
                      const std::string& value) {
  return message(0x0C, byte(3) + byte(0) + u16(name.size() + 1) + u16(type.size()) + u16(extent.size()) + byte(0) +
                           name + byte(0) + type + extent + value);
}

std::string list_attribute(const std::string& name, const Texts& texts, std::size_t size, int padding = 1) {
  std::string value;
  for (const std::string& text : texts) value += text + std::string(size - text.size(), padding == 2 ? ' ' : '\0');
  return attribute(name, text_type(size, padding), space({texts.size()}), value);
}

std::string text_attribute(const std::string& name, const std::string& text) {
  return attribute(name, text_type(text.size(), 1), space({}), text);
}

std::string link(const std::string& name, std::uint64_t address) {
  return message(6, byte(1) + byte(0) + byte(static_cast<int>(name.size())) + name + u64(address));
}

class FileBuilder {
 public:
  std::uint64_t add(const std::string& bytes) {
    objects_ = padded(objects_, 8);
    const std::uint64_t address = kSuperblockSize + objects_.size();
    objects_ += bytes;
    return address;
  }
  std::uint64_t group(Texts messages) {
    messages.insert(messages.begin(), message(2, byte(0) + byte(0) + u64(kUndefined) + u64(kUndefined)));
    return add(object_header(messages));
  }
  std::uint64_t floats(const std::vector<float>& numbers, const std::vector<std::uint64_t>& sizes,
                       bool big_endian = false) {
    const std::string bytes(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float));
    return floats_at(add(bytes), bytes.size(), sizes, big_endian);
  }
  std::uint64_t floats_at(std::uint64_t address, std::uint64_t bytes, const std::vector<std::uint64_t>& sizes,
                          bool big_endian = false) {
    return add(object_header({message(1, space(sizes)), message(3, float_type(big_endian)),
                              message(8, byte(3) + byte(1) + u64(address) + u64(bytes))}));
  }
  std::string file(std::uint64_t root) const {
    const std::string versions = std::string(5, '\0') + byte(8) + byte(8) + byte(0);
    return "\x89HDF\r\n\x1a\n" + versions + u16(4) + u16(16) + u32(0) + u64(0) + u64(kUndefined) +
           u64(kSuperblockSize + objects_.size()) + u64(kUndefined) + u64(0) + u64(root) + u32(0) + u32(0) + u64(0) +
           u64(0) + objects_;
  }

 private:
  static constexpr std::uint64_t kSuperblockSize = 96;
  std::string objects_;
};

/// A small version of what Keras writes for one layer.
std::string small_model() {
  FileBuilder builder;
  const auto kernel = builder.floats({1, 2, 3, 4, 5, 6}, {2, 3}), bias = builder.floats({0.5f}, {1});
  const auto inner = builder.group({link("kernel:0", kernel), link("bias:0", bias)});
  const auto dense =
      builder.group({link("dense", inner), list_attribute("weight_names", {"dense/kernel:0", "dense/bias:0"}, 14)});
  const auto weights = builder.group(
      {link("dense", dense), list_attribute("layer_names", {"dense"}, 5), text_attribute("backend", "tensorflow")});
  return builder.file(builder.group({link("model_weights", weights), text_attribute("model_config", "{\"a\": 1}"),
                                     text_attribute("keras_version", "2.1.6")}));
}

std::shared_ptr<const MappedFile> mapped(const std::string& bytes) {
  const int memory = ::memfd_create("hdf5-test", MFD_CLOEXEC);
  EXPECT_EQ(::write(memory, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  return MappedFile::adopt(memory, "test.h5");
}

Hdf5File opened(const std::string& bytes) {
  const auto file = mapped(bytes);
  return Hdf5File::open(file, 0, file->size(), "test.h5");
}

std::vector<float> numbers(const Hdf5File& file, const std::string& path) {
  const Tensor tensor = file.stored(path, "name").read().astype(DType::kFloat32);
  return {tensor.numbers().begin(), tensor.numbers().end()};
}

TEST(Hdf5, ReadsWhatKerasWrites) {
  const Hdf5File file = opened(small_model());
  EXPECT_THAT(file.members("/"), ElementsAre("model_weights"));
  EXPECT_THAT(file.members("model_weights/dense/dense"), ElementsAre("bias:0", "kernel:0"));
  EXPECT_EQ(file.text("/", "model_config"), "{\"a\": 1}");
  EXPECT_EQ(file.texts("/model_weights", "layer_names"), Texts{"dense"});
  EXPECT_EQ(file.texts("/model_weights/dense", "weight_names"), (Texts{"dense/kernel:0", "dense/bias:0"}));
  const auto weight = file.stored("/model_weights/dense/dense/kernel:0", "kernel");
  EXPECT_EQ(weight.name, "kernel");
  EXPECT_THAT(weight.place, testing::StartsWith("/model_weights/dense/dense/kernel:0 in "));
  EXPECT_EQ(weight.shape, Shape({2, 3}));
  EXPECT_THAT(weight.read().numbers(), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(Hdf5, NumbersStayInPlace) {
  const auto file = mapped(small_model());
  const Hdf5File whole = Hdf5File::open(file, 0, file->size(), "x");
  const Hdf5Dataset* kernel = whole.dataset("model_weights/dense/dense/kernel:0");
  ASSERT_NE(kernel, nullptr);
  EXPECT_EQ(kernel->file, file);
  EXPECT_EQ(kernel->bytes, 24u);
}

TEST(Hdf5, ReadsAPartOfAFileAtAnyOffset) {
  const std::string model = small_model();
  for (const std::size_t before : {1u, 7u, 512u, 4097u}) {
    const auto file = mapped(std::string(before, 'x') + model + "PK behind it");
    const auto part = Hdf5File::open(file, before, model.size(), "model.weights.h5 in x.keras");
    EXPECT_THAT(numbers(part, "model_weights/dense/dense/kernel:0"), ElementsAre(1, 2, 3, 4, 5, 6));
  }
}

TEST(Hdf5, PathsMayBeWrittenWithAnySlashes) {
  const Hdf5File file = opened(small_model());
  EXPECT_TRUE(file.has_group("model_weights/dense/") && file.has_group("//model_weights") && file.has_group(""));
  EXPECT_FALSE(file.has_group("model_weights/dense/dense/bias:0") || file.has_group("x"));
  EXPECT_THAT(file.members("no such group"), IsEmpty());
}

TEST(Hdf5, WhatIsNotThereIsNothing) {
  const Hdf5File file = opened(small_model());
  EXPECT_EQ(file.dataset("/model_weights/x"), nullptr);
  EXPECT_EQ(file.text("/", "x"), std::nullopt);
  EXPECT_EQ(file.texts("/", "x"), std::nullopt);
  EXPECT_EQ(error_of([&] { file.stored("x", "x"); }).code(), "weight-missing");
}

TEST(Hdf5, EmptyListsOfAnyTypeAreEmptyAndNumbersAreNoText) {
  FileBuilder builder;
  const auto root = builder.group({attribute("weight_names", float_type(), space({0}), ""),
                                   attribute("epsilon", float_type(), space({}), le(0.5f)),
                                   attribute("nothing", text_type(3, 1), byte(2) + byte(0) + byte(0) + byte(2), "")});
  const Hdf5File file = opened(builder.file(root));
  EXPECT_EQ(file.texts("/", "weight_names"), Texts{});
  EXPECT_EQ(file.texts("/", "nothing"), Texts{});
  EXPECT_EQ(file.text("/", "nothing"), std::nullopt);
  EXPECT_EQ(file.text("/", "epsilon"), std::nullopt);
}

TEST(Hdf5, TextsLoseTheirPaddingOnly) {
  FileBuilder builder;
  const auto root =
      builder.group({list_attribute("zero_ended", {"ab", "abcd"}, 5, 0), list_attribute("zeros", {"ab", " c "}, 4, 1),
                     list_attribute("spaces", {"ab", "cd"}, 4, 2), list_attribute("bytes", {"\xff\xfe"}, 2, 1)});
  const Hdf5File file = opened(builder.file(root));
  EXPECT_EQ(file.texts("/", "zero_ended"), (Texts{"ab", "abcd"}));
  EXPECT_EQ(file.texts("/", "zeros"), (Texts{"ab", " c "}));
  EXPECT_EQ(file.texts("/", "spaces"), (Texts{"ab", "cd"}));
  EXPECT_EQ(file.text("/", "bytes"), "\xff\xfe");
}

TEST(Hdf5, PutsSplitListsTogether) {
  FileBuilder builder;
  const auto root = builder.group({list_attribute("layer_names0", {"a", "b"}, 1),
                                   list_attribute("layer_names1", {"c"}, 1), list_attribute("layer_names3", {"d"}, 1)});
  EXPECT_EQ(opened(builder.file(root)).texts("/", "layer_names"), (Texts{"a", "b", "c"}));
}

TEST(Hdf5, DecodesBigEndianNumbers) {
  FileBuilder builder;
  const float one = std::bit_cast<float>(__builtin_bswap32(std::bit_cast<std::uint32_t>(1.5f)));
  const auto root = builder.group({link("w", builder.floats({one}, {1}, true))});
  EXPECT_THAT(numbers(opened(builder.file(root)), "w"), ElementsAre(1.5f));
}

TEST(Hdf5, NumbersBeyondTheFileAreRefusedWhenAskedFor) {
  for (const auto& [address, bytes, size] :
       std::vector<std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>>{{1 << 20, 400, 100},
                                                                            {96, 1 << 20, 1 << 18},
                                                                            {std::uint64_t{1} << 62, 400, 100},
                                                                            {96, 400, std::uint64_t{1} << 61}}) {
    FileBuilder builder;
    const auto bad = builder.floats_at(address, bytes, {size}), good = builder.floats({7}, {1});
    const Hdf5File file = opened(builder.file(builder.group({link("bad", bad), link("good", good)})));
    EXPECT_THAT(numbers(file, "good"), ElementsAre(7));
    EXPECT_EQ(error_of([&] { file.stored("bad", "bad"); }).code(), "hdf5-unreadable") << address << " " << size;
  }
}

TEST(Hdf5, GroupsThatContainThemselvesEnd) {
  FileBuilder builder;
  const std::uint64_t root_address = 96;  // the first object
  const auto root = builder.group({link("again", root_address), link("more", root_address)});
  ASSERT_EQ(root, root_address);
  EXPECT_THAT(opened(builder.file(root)).members("/"), ElementsAre("again", "more"));
}

TEST(Hdf5, WhatIsNoHdf5IsSaid) {
  EXPECT_THAT(error_of([] { opened(""); }).what(), HasSubstr("it is empty"));
  for (const std::string bytes : {"x", "<!DOCTYPE html>", "\x89HDF"}) {
    const Error error = error_of([&] { opened(bytes); });
    EXPECT_EQ(error.code(), "hdf5-invalid");
    EXPECT_THAT(error.what(), HasSubstr("'test.h5' is not an HDF5 file"));
  }
}

TEST(Hdf5, AFileThatWasCutShortIsSaid) {
  const std::string whole = small_model();
  for (std::size_t size = 8; size < whole.size(); size += 97) {
    const Error error = error_of([&] { opened(whole.substr(0, size)); });
    EXPECT_EQ(error.code(), "hdf5-invalid") << size;
    EXPECT_THAT(
        error.what(),
        HasSubstr(size < 96 ? "cut short" : fmt::format("it has {} bytes and should have {}", size, whole.size())));
  }
}

TEST(Hdf5, OutlivesDamageOfEveryKind) {
  std::mt19937 random(7);
  const std::string whole = small_model();
  int read = 0, refused = 0;
  for (int round = 0; round < 150; ++round) {
    std::string bytes = whole;
    for (int change = static_cast<int>(random() % 3); change >= 0; --change) {
      constexpr unsigned char kTelling[] = {0x00, 0xFF, 0x7F, 0x80, 0x01};
      bytes[random() % bytes.size()] = static_cast<char>(random() % 2 ? kTelling[random() % 5] : random());
    }
    try {
      const Hdf5File file = opened(bytes);
      for (const char* path : {"model_weights/dense/dense/kernel:0", "model_weights/dense/dense/bias:0"})
        EXPECT_LE(numbers(file, path).size(), bytes.size() / sizeof(float) + (64 << 10));
      file.texts("model_weights", "layer_names");
      ++read;
    } catch (const Error& error) {
      EXPECT_THAT(error.code(),
                  testing::AnyOf("hdf5-invalid", "hdf5-unreadable", "reader-failed", "weight-missing", "weight-type"));
      ++refused;
    }
  }
  EXPECT_GT(read, 20);
  EXPECT_GT(refused, 20);
}

/// While it exists, another program is the reader.
class ReaderVariable {
 public:
  explicit ReaderVariable(const char* path) {
    if (const char* before = std::getenv("KERASCOPE_H5")) before_ = before;
    ::setenv("KERASCOPE_H5", path, 1);
  }
  ~ReaderVariable() {
    if (before_)
      ::setenv("KERASCOPE_H5", before_->c_str(), 1);
    else
      ::unsetenv("KERASCOPE_H5");
  }

 private:
  std::optional<std::string> before_;
};

/// A replacement for kerascope-h5 while it exists.
class OtherReader {
 public:
  explicit OtherReader(const std::string& script) {
    std::string pattern = std::filesystem::temp_directory_path() / "kerascope-reader-XXXXXX";
    path_ = pattern;
    const int file = ::mkstemp(path_.data());
    const std::string text = "#!/bin/sh\n" + script;
    EXPECT_EQ(::write(file, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    ::fchmod(file, 0700);
    ::close(file);
    variable_.emplace(path_.c_str());
  }
  ~OtherReader() { std::filesystem::remove(path_); }

 private:
  std::string path_;
  std::optional<ReaderVariable> variable_;
};

/// A shell command that writes `bytes` as the answer to the descriptor in its last argument.
std::string answering(const std::string& bytes) {
  std::string octal;
  for (const char c : bytes) octal += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
  return "eval \"printf '" + octal + "' >&$5\"\n";
}

TEST(Hdf5Reader, ACrashIsSaid) {
  const OtherReader reader("kill -SEGV $$");
  const Error error = error_of([] { opened(small_model()); });
  EXPECT_EQ(error.code(), "reader-failed");
  EXPECT_THAT(error.what(), HasSubstr("Segmentation fault"));
}

TEST(Hdf5Reader, AMissingOneIsSaid) {
  const ReaderVariable reader("/no/such/program");
  EXPECT_EQ(error_of([] { opened(small_model()); }).code(), "reader-missing");
}

TEST(Hdf5Reader, AnAnswerThatDoesNotFitTheFileIsRefused) {
  const auto dataset = [](std::uint64_t offset, std::uint64_t bytes, std::uint64_t size, hdf5_answer::Storage storage,
                          const std::string& type = "f4") {
    hdf5_answer::AnswerWriter answer;
    answer.put(hdf5_answer::Record::kDataset);
    answer.put_text("/w");
    answer.put_text(type);
    answer.put(std::uint32_t{1});
    answer.put(size);
    answer.put(offset);
    answer.put(bytes);
    answer.put(storage);
    answer.put(hdf5_answer::Record::kEnd);
    return answer.bytes();
  };
  const std::uint64_t length = small_model().size(), huge = std::uint64_t{1} << 63;
  using enum hdf5_answer::Storage;
  const auto code = [](const std::string& answer) {
    const OtherReader reader(answering(answer));
    return error_of([] { opened(small_model()); }).code();
  };
  EXPECT_EQ(code(dataset(0, 8, 2, kFile)), "no error");
  EXPECT_EQ(code(dataset(length - 8, 8, 2, kFile)), "no error");
  EXPECT_EQ(code(dataset(length - 7, 8, 2, kFile)), "reader-failed");
  EXPECT_EQ(code(dataset(huge, 8, 2, kFile)), "reader-failed");
  EXPECT_EQ(code(dataset(~std::uint64_t{0}, 8, 2, kFile)), "reader-failed");
  EXPECT_EQ(code(dataset(0, 8, 3, kFile)), "reader-failed");
  EXPECT_EQ(code(dataset(0, 8, huge, kFile)), "reader-failed");
  EXPECT_EQ(code(dataset(0, 0, huge >> 1, kFile)), "reader-failed");
  EXPECT_EQ(code(dataset(0, 8, 2, kMemory)), "reader-failed");
  EXPECT_EQ(code(dataset(0, 8, 2, kFile, "f3")), "reader-failed");
  const std::string whole = dataset(0, 8, 2, kFile);
  for (const std::size_t size : {std::size_t{0}, std::size_t{5}, whole.size() / 2, whole.size() - 1})
    EXPECT_EQ(code(whole.substr(0, size)), "reader-failed") << size;
}

}  // namespace
}  // namespace kerascope
