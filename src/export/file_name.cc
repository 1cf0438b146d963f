// Addresses as file names: no name escapes its folder, and no two addresses share a name.
#include <fmt/format.h>

#include <charconv>

#include "base/text.h"
#include "export/npz.h"

namespace kerascope {
namespace {

// File systems allow 255 bytes; the rest is for an extension.
constexpr std::size_t kLongestSegment = 240, kKeptOfLongSegment = 200;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("._@#-").find(c) != std::string_view::npos;
}

// FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), 64 bits.
std::uint64_t hash(std::string_view bytes) {
  std::uint64_t result = 0xcbf29ce484222325;
  for (const char c : bytes) result = (result ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return result;
}

std::string encoded(std::string_view segment) {
  if (segment.empty()) return "%";  // no character is encoded like this
  const bool only_dots = segment.find_first_not_of('.') == std::string_view::npos;
  std::string name;
  for (const char c : segment)
    if (is_plain(c) && !only_dots)
      name += c;
    else
      name += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  if (name.size() <= kLongestSegment) return name;
  return fmt::format("{}%-{:016x}", name.substr(0, kKeptOfLongSegment), hash(segment));
}

std::string decoded(std::string_view segment) {
  if (segment == "%") return "";
  std::string name;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    unsigned char byte = 0;
    const char* const digits = segment.data() + i + 1;
    if (segment[i] == '%' && i + 2 < segment.size() &&
        std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      name += static_cast<char>(byte);
      i += 2;
    } else {
      name += segment[i];
    }
  }
  return name;
}

}  // namespace

std::string file_name_from_address(const std::string& address) {
  std::vector<std::string> segments = text::split(address, '/');
  for (std::string& segment : segments) segment = encoded(segment);
  return text::join(segments, "/");
}

std::string address_from_file_name(const std::string& file_name) {
  std::vector<std::string> segments = text::split(file_name, '/');
  for (std::string& segment : segments) segment = decoded(segment);
  return text::join(segments, "/");
}

}  // namespace kerascope
