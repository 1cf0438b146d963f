// Grammar: { 'descr': TYPE, 'fortran_order': True|False, 'shape': (INT, ...), } in any order of the keys.
#include "inputs/npy_header.h"

#include <fmt/format.h>

#include <string_view>

#include "base/text.h"
#include "kerascope/error.h"

namespace kerascope {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kMagic = "\x93NUMPY"sv;
constexpr std::size_t kMostAxes = 64;  // NumPy's own limit

[[noreturn]] void invalid(std::string what) { throw Error({.code = "array-invalid", .what = std::move(what)}); }

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  NpyHeader parse() {
    NpyHeader header;
    bool has_type = false, has_order = false, has_shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string key = quoted();
      expect(':');
      bool* has = key == "descr"           ? &has_type
                  : key == "fortran_order" ? &has_order
                  : key == "shape"         ? &has_shape
                                           : nullptr;
      if (!has || *has) fail(fmt::format("the key '{}'", key));
      *has = true;
      if (has == &has_type) header.type = peek() == '[' ? list() : quoted();
      if (has == &has_order) header.fortran_order = truth();
      if (has == &has_shape) header.shape = shape();
      if (!accept(',') && peek() != '}') fail("no comma");
    }
    if (peek() || at_ < text_.size() || !has_type || !has_order || !has_shape)
      fail("something else than descr, fortran_order and shape");
    return header;
  }

 private:
  [[noreturn]] void fail(const std::string& found) const {
    invalid(fmt::format("the array's header '{}' holds {} at position {}", text_.substr(0, 120), found, at_));
  }
  char peek() {
    while (at_ < text_.size() && " \n\t"sv.find(text_[at_]) != std::string_view::npos) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool accept(char wanted) {
    if (peek() != wanted) return false;
    ++at_;
    return true;
  }
  void expect(char wanted) {
    if (!accept(wanted)) fail(fmt::format("no '{}'", wanted));
  }
  std::string quoted() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail("no text in quotes");
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) fail("a quote without end");
    const std::string inside(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return inside;
  }
  // A structured type, whose fields are not read.
  std::string list() {
    const std::size_t begin = at_;
    int depth = 0;
    do {
      if (at_ == text_.size()) fail("a list without end");
      depth += (text_[at_] == '[') - (text_[at_] == ']');
      ++at_;
    } while (depth > 0);
    return std::string(text_.substr(begin, at_ - begin));
  }
  bool truth() {
    const bool value = peek() == 'T';
    const std::string_view word = value ? "True"sv : "False"sv;
    if (text_.substr(at_, word.size()) != word) fail("neither True nor False");
    at_ += word.size();
    return value;
  }
  Shape shape() {
    std::vector<std::int64_t> sizes;
    expect('(');
    while (!accept(')')) {
      peek();
      std::size_t end = at_;
      while (end < text_.size() && text_[end] >= '0' && text_[end] <= '9') ++end;
      const auto size = text::to_integer(text_.substr(at_, end - at_));
      if (!size || sizes.size() == kMostAxes) fail("no shape");
      sizes.push_back(*size);
      at_ = end;
      accept('L');  // Python 2 wrote (3L, 4L)
      if (!accept(',') && peek() != ')') fail("no comma in the shape");
    }
    return Shape(std::move(sizes));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

bool is_npy(std::span<const std::byte> bytes) {
  return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()).starts_with(kMagic);
}

NpyHeader parse_npy_header(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto byte = [&](std::size_t at) { return std::to_integer<std::size_t>(bytes[at]); };
  if (bytes.size() < 12) invalid(fmt::format("the array is cut short: {} bytes", bytes.size()));
  const std::size_t version = byte(6);
  if (version < 1 || version > 3) invalid(fmt::format("the array has the format {}, known are 1 to 3", version));
  const std::size_t begin = version == 1 ? 10 : 12;
  const std::size_t length =
      version == 1 ? byte(8) | byte(9) << 8 : byte(8) | byte(9) << 8 | byte(10) << 16 | byte(11) << 24;
  if (length > bytes.size() - begin)
    invalid(fmt::format("the array's header claims {} bytes, {} are left", length, bytes.size() - begin));
  NpyHeader header = Parser(text.substr(begin, length)).parse();
  header.size = begin + length;
  return header;
}

}  // namespace kerascope
