#include "model/json.h"

#include "base/text.h"
#include "kerascope/error.h"
#include "model/json_size.h"

namespace kerascope {
namespace {

constexpr int kDeepest = 200;

/// Quotes Python's NaN, Infinity and -Infinity, which JSON does not know, except inside strings.
std::string with_quoted_words(std::string_view text) {
  std::string quoted;
  quoted.reserve(text.size() + 64);
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\' && i + 1 < text.size())
        quoted += text[i++];
      else if (c == '"')
        in_string = false;
      quoted += text[i];
      continue;
    }
    if (c == '"') in_string = true;
    bool replaced = false;
    for (std::string_view word : {"NaN", "Infinity", "-Infinity"}) {
      if (text.substr(i, word.size()) != word) continue;
      quoted += fmt::format("\"{}\"", word);
      i += word.size() - 1;
      replaced = true;
      break;
    }
    if (!replaced) quoted += c;
  }
  return quoted;
}

struct TooDeep {};

}  // namespace

void require_json_size(std::uint64_t bytes, const std::string& place) {
  if (bytes <= kMostJsonBytes) return;
  throw Error({.code = "config-too-large",
               .what = fmt::format("the JSON has {}, and Kerascope reads {} at most", text::bytes(bytes),
                                   text::bytes(kMostJsonBytes)),
               .where = place,
               .because = "the largest networks of Keras have configurations of 2 MB",
               .hint = "check where the file comes from"});
}

Json parse_json(std::string_view text, const std::string& place) {
  require_json_size(text.size(), place);
  const bool has_words = text.find("NaN") != text.npos || text.find("Infinity") != text.npos;
  const std::string quoted = has_words ? with_quoted_words(text) : std::string();
  const std::string_view source = has_words ? std::string_view(quoted) : text;
  try {
    return Json::parse(source, [](int depth, Json::parse_event_t, Json&) {
      if (depth > kDeepest) throw TooDeep();
      return true;
    });
  } catch (const Json::exception& failure) {
    std::string reason = failure.what();
    if (auto end = reason.find("] "); end != reason.npos) reason = reason.substr(end + 2);
    throw Error({.code = "json-invalid",
                 .what = "this is not JSON: " + reason,
                 .where = place,
                 .hint = "save the model again; the file is damaged"});
  } catch (const TooDeep&) {
    throw Error({.code = "json-invalid",
                 .what = fmt::format("the JSON is nested deeper than {} levels", kDeepest),
                 .where = place});
  }
}

const Json& require(const Json& object, const char* key, Json::value_t type, const std::string& place) {
  if (!object.is_object())
    throw Error({.code = "config-invalid",
                 .what = fmt::format("found {} instead of an object", object.type_name()),
                 .where = place});
  const auto found = object.find(key);
  if (found == object.end())
    throw Error({.code = "config-invalid", .what = fmt::format("'{}' is missing", key), .where = place});
  if (found->type() != type)
    throw Error({.code = "config-invalid",
                 .what = fmt::format("'{}' is of type {}, not {}", key, found->type_name(), Json(type).type_name()),
                 .where = place});
  return *found;
}

std::string require_text(const Json& object, const char* key, const std::string& place) {
  return require(object, key, Json::value_t::string, place).get<std::string>();
}

const Json& member(const Json& object, const char* key) {
  static const Json kNull;
  if (!object.is_object()) return kNull;
  const auto found = object.find(key);
  return found == object.end() ? kNull : *found;
}

std::string json_text(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::string text_or(const Json& object, const char* key, std::string otherwise) {
  const Json& found = member(object, key);
  return found.is_string() ? found.get<std::string>() : otherwise;
}

}  // namespace kerascope
