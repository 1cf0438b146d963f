// The output of tests/oracle/images.py: files, and the answers of Pillow, Keras and NumPy.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "kerascope/error.h"

namespace kerascope::input_tests {

using Bytes = std::vector<unsigned char>;

inline Bytes read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_file(const std::filesystem::path& path, const Bytes& bytes) {
  std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
}

class Oracle {
 public:
  Oracle() {
    const char* folder = std::getenv("KERASCOPE_ORACLE_DIR");
    if (!folder) throw std::runtime_error("KERASCOPE_ORACLE_DIR is not set: run the tests with ./dev test");
    folder_ = std::filesystem::path(folder) / "images";
    manifest_ = nlohmann::json::parse(read_file(folder_ / "manifest.json"));
    expected_ = read_file(folder_ / "expected.bin");
  }

  const nlohmann::json& cases(const std::string& kind) const { return manifest_.at(kind); }
  std::filesystem::path path(const std::string& inside) const { return folder_ / inside; }

  template <typename Number>
  std::vector<Number> expected(const nlohmann::json& offset, std::int64_t count) const {
    std::vector<Number> numbers(static_cast<std::size_t>(count));
    const auto begin = offset.get<std::size_t>();
    if (begin + numbers.size() * sizeof(Number) > expected_.size())
      throw std::runtime_error("expected.bin is too short");
    if (count > 0) std::memcpy(numbers.data(), expected_.data() + begin, numbers.size() * sizeof(Number));
    return numbers;
  }

 private:
  std::filesystem::path folder_;
  nlohmann::json manifest_;
  Bytes expected_;
};

/// Each of the cases {"file", "code", "says"} must make `read` throw that error, naming the file.
inline void expect_refusals(const Oracle& oracle, const std::string& kind,
                            const std::function<void(const std::filesystem::path&)>& read) {
  for (const auto& one : oracle.cases(kind)) {
    const auto file = one["file"].get<std::string>();
    try {
      read(oracle.path(kind) / file);
      ADD_FAILURE() << file << " was read";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), one["code"].get<std::string>()) << file << ": " << error.what();
      EXPECT_NE(error.parts().what.find(one["says"].get<std::string>()), std::string::npos)
          << file << ": " << error.what();
      EXPECT_TRUE(error.parts().where.ends_with(file)) << error.what();
    }
  }
  ::testing::Test::RecordProperty("refused", std::to_string(oracle.cases(kind).size()));
}

/// A temporary folder that is removed with the test.
struct TemporaryFolder {
  std::filesystem::path path;
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "kerascope-test-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("cannot make a folder for the test");
    path = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
};

/// Writes `count` damaged versions of a file: with bytes changed, a part cut out or the end cut off. `read` may return
/// or throw an Error; anything else fails the test.
inline void survive_mutations(const std::filesystem::path& original, int count,
                              const std::function<void(const std::filesystem::path&)>& read) {
  const TemporaryFolder folder;
  const Bytes whole = read_file(original);
  std::mt19937 random(static_cast<unsigned>(whole.size()));
  int refused = 0;
  for (int i = 0; i < count; ++i) {
    Bytes damaged = whole;
    if (i % 4 == 0) damaged.resize(random() % whole.size());
    if (i % 4 == 1) {
      const auto at = static_cast<std::ptrdiff_t>(random() % whole.size());
      damaged.erase(damaged.begin() + at, damaged.begin() + std::min(at + 8, std::ssize(whole)));
    }
    // Most important numbers are at the beginning.
    if (i % 4 >= 2)
      for (unsigned flips = 1 + random() % 3; flips > 0; --flips)
        damaged[random() % (i % 4 == 2 ? std::min<std::size_t>(whole.size(), 200) : whole.size())] =
            static_cast<unsigned char>(random());
    const auto path = folder.path / original.filename();
    write_file(path, damaged);
    try {
      read(path);
    } catch (const Error&) {
      ++refused;
    }
  }
  ::testing::Test::RecordProperty("damaged " + original.filename().string(), count);
  ::testing::Test::RecordProperty("refused " + original.filename().string(), refused);
  EXPECT_GT(refused, 0);
}

}  // namespace kerascope::input_tests
