#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace kerascope::text {
namespace {

bool acts_on_the_terminal(char32_t code) {
  const auto within = [code](char32_t first, char32_t last) { return code >= first && code <= last; };
  return code < 0x20 || within(0x7F, 0x9F) ||               // controls
         code == 0x61C || within(0x200E, 0x200F) ||         // direction marks
         within(0x2028, 0x2029) ||                          // line and paragraph separators
         within(0x202A, 0x202E) || within(0x2066, 0x2069);  // bidirectional overrides
}

/// The number of edits (insert, delete or change a character, or swap two neighbours) between two words.
std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> before_last, last(to.size() + 1), now(to.size() + 1);
  for (std::size_t j = 0; j <= to.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= from.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (from[i - 1] != to[j - 1])});
      if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
        now[j] = std::min(now[j], before_last[j - 2] + 1);
    }
    before_last = last;
    std::swap(last, now);
  }
  return last[to.size()];
}

}  // namespace

Character first_character(std::string_view rest) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(rest[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || rest.size() < length) return {};
  char32_t code = lead & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3F);
  }
  const char32_t least = length == 4 ? 0x10000 : length == 3 ? 0x800 : 0x80;
  if (code < least || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return {};
  return {code, length, true};
}

std::string printable(std::string_view raw) {
  std::string shown;
  shown.reserve(raw.size());
  while (!raw.empty()) {
    const Character next = first_character(raw);
    if (!next.valid || (next.code < 0x80 && acts_on_the_terminal(next.code)))
      shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(raw[0]));
    else if (acts_on_the_terminal(next.code))
      shown += fmt::format("\\u{{{:04x}}}", static_cast<std::uint32_t>(next.code));
    else
      shown += raw.substr(0, next.length);
    raw.remove_prefix(next.length);
  }
  return shown;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

std::vector<std::string> split(std::string_view whole, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t end = whole.find(separator);
    parts.emplace_back(whole.substr(0, end));
    if (end == std::string_view::npos) return parts;
    whole.remove_prefix(end + 1);
  }
}

bool starts_with(std::string_view whole, std::string_view prefix) { return whole.substr(0, prefix.size()) == prefix; }

bool ends_with(std::string_view whole, std::string_view suffix) {
  return whole.size() >= suffix.size() && whole.substr(whole.size() - suffix.size()) == suffix;
}

std::string lower(std::string_view whole) {
  std::string result(whole);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

std::string thousands(std::int64_t number) {
  std::string digits = std::to_string(number);
  const int first = number < 0 ? 1 : 0;
  for (int at = static_cast<int>(digits.size()) - 3; at > first; at -= 3)
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  return digits;
}

std::string number(double value) {
  const double size = std::abs(value);
  if (size >= 999.95 && size < 1e9) return thousands(std::llround(value));
  return fmt::format("{:.4g}", value == 0 ? 0 : value);
}

std::string with_dtype(std::string shape, DType dtype) {
  if (dtype != DType::kFloat32) shape.append(" ").append(name_of(dtype));
  return shape;
}

std::string bytes(std::uint64_t count) {
  if (count < 1024) return fmt::format("{} byte{}", count, count == 1 ? "" : "s");
  double size = static_cast<double>(count) / 1024;
  constexpr std::string_view kUnits[] = {"KB", "MB", "GB", "TB", "PB", "EB"};
  const std::string_view* unit = kUnits;
  for (; size >= 999.5; size /= 1024) ++unit;
  return fmt::format("{:.3g} {}", size, *unit);
}

std::optional<std::int64_t> to_integer(std::string_view digits) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::optional<double> to_number(std::string_view digits) {
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

bool matches(std::string_view pattern, std::string_view name) {
  // reached[j]: the pattern up to here can match the first j bytes of the name.
  std::vector<bool> reached(name.size() + 1), next(name.size() + 1);
  reached[0] = true;
  while (!pattern.empty()) {
    const bool any_run = pattern[0] == '*', across = starts_with(pattern, "**"), any_one = pattern[0] == '?';
    if (pattern[0] == '\\' && pattern.size() > 1) pattern.remove_prefix(1);
    const char literal = pattern[0];
    pattern.remove_prefix(across ? 2 : 1);

    if (any_run) {
      for (std::size_t j = 0; j < name.size(); ++j)
        if (reached[j] && (across || name[j] != '/')) reached[j + 1] = true;
      continue;
    }
    std::fill(next.begin(), next.end(), false);
    for (std::size_t j = 0; j < name.size(); ++j) {
      if (!reached[j]) continue;
      if (any_one && name[j] != '/')
        next[j + first_character(name.substr(j)).length] = true;
      else if (!any_one && name[j] == literal)
        next[j + 1] = true;
    }
    std::swap(reached, next);
  }
  return reached[name.size()];
}

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string wanted = lower(word);
  std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
  std::optional<std::string> best;
  for (const std::string& candidate : candidates) {
    if (candidate.size() >= wanted.size() + least || wanted.size() >= candidate.size() + least) continue;
    const std::size_t distance = edit_distance(wanted, lower(candidate));
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const auto meant = nearest(word, candidates);
  return meant ? "did you mean '" + *meant + "'?" : "";
}

}  // namespace kerascope::text
