// The answer of kerascope-h5: records of little-endian numbers and texts with their lengths, one after the other.
//   group       path
//   data set    path, type, rank, sizes, offset, bytes, storage       type as in Hdf5Dataset
//   attribute   path, name, extent, count, texts
//   unreadable  path, name of an attribute or "", why
//   failed      why                                                    the file as a whole
//   end
#pragma once

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

namespace kerascope::hdf5_answer {

constexpr std::string_view kSignature = "kerascope-h5/1\n";
constexpr std::uint64_t kMostBytes = 512u << 20;

enum class Record : std::uint8_t { kGroup = 1, kDataset, kAttribute, kUnreadable, kFailed, kEnd };
enum class Storage : std::uint8_t { kFile, kMemory };
enum class Extent : std::uint8_t { kScalar, kList };

class AnswerWriter {
 public:
  template <typename Number>
  void put(Number number) {
    static_assert(std::is_arithmetic_v<Number> || std::is_enum_v<Number>);
    bytes_.append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  void put_text(std::string_view text) {
    put(static_cast<std::uint32_t>(text.size()));
    bytes_.append(text);
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_{kSignature};
};

/// Reads an answer that may be corrupt: the program that wrote it was parsing an untrusted file.
class AnswerReader {
 public:
  /// @throws std::out_of_range, as all its functions do, if the answer ends too early or is malformed.
  explicit AnswerReader(std::string_view bytes) : rest_(bytes) {
    if (take(kSignature.size()) != kSignature) throw std::out_of_range("not an answer");
  }
  template <typename Number>
  Number get() {
    Number number;
    std::memcpy(&number, take(sizeof number).data(), sizeof number);
    return number;
  }
  std::string text() { return std::string(take(get<std::uint32_t>())); }
  std::size_t left() const { return rest_.size(); }

 private:
  std::string_view take(std::size_t size) {
    if (size > rest_.size()) throw std::out_of_range("answer cut short");
    const std::string_view front = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return front;
  }
  std::string_view rest_;
};

}  // namespace kerascope::hdf5_answer
