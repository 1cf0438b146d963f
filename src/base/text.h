// Text for people: escaping, joining, numbers, patterns, "did you mean".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kerascope/dtype.h"

namespace kerascope::text {

struct Character {
  char32_t code = 0;
  std::size_t length = 1;  ///< in bytes
  bool valid = false;      ///< false: a byte that does not begin a character
};
/// The first UTF-8 character of `rest`, which must not be empty; overlong forms and surrogates are invalid.
Character first_character(std::string_view rest);

/// Escapes control characters (ESC, newline, C1, DEL), invalid UTF-8 and bidirectional overrides as \xNN or \u{NNNN},
/// so that a name from a file cannot act on the terminal.
std::string printable(std::string_view raw);

std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::vector<std::string> split(std::string_view whole, char separator);
bool starts_with(std::string_view whole, std::string_view prefix);
bool ends_with(std::string_view whole, std::string_view suffix);
std::string lower(std::string_view whole);

/// 23587712 -> "23,587,712"
std::string thousands(std::int64_t number);
/// About four significant digits, without an exponent if that is readable: "0.941", "31,000", "6.31", "1.2e-07".
std::string number(double value);
/// "(2, 3) int64"; without the type if it is float32.
std::string with_dtype(std::string shape, DType dtype);
/// 1536 -> "1.5 KB"
std::string bytes(std::uint64_t count);

/// A decimal integer, also negative, or nothing.
std::optional<std::int64_t> to_integer(std::string_view digits);
std::optional<double> to_number(std::string_view digits);

/// Glob: `?` is one character except '/', `*` any text without '/', `**` any text; a backslash escapes a character.
bool matches(std::string_view pattern, std::string_view name);

/// The candidate nearest to `word` by edit distance, if it is near enough for "did you mean".
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);
/// "did you mean 'conv1'?" or "".
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace kerascope::text
