// JSON from untrusted files: parsed with a depth limit; errors name the place.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace kerascope {

using Json = nlohmann::json;

/// Python's NaN, Infinity and -Infinity are accepted and become these words as strings.
/// @throws Error{json-invalid} with line and column, also beyond 200 levels.
Json parse_json(std::string_view text, const std::string& place);

/// As JSON; bytes that are not UTF-8 become U+FFFD. @param indent  -1: on one line
std::string json_text(const Json& json, int indent = -1);

/// The member `key` of an object.
/// @throws Error{config-invalid} naming `place` if `object` is not an object, or the member is missing or of another
///         type.
const Json& require(const Json& object, const char* key, Json::value_t type, const std::string& place);
std::string require_text(const Json& object, const char* key, const std::string& place);

/// The member or null; also null if `object` is not an object.
const Json& member(const Json& object, const char* key);
/// The member's text, or `otherwise` if there is none.
std::string text_or(const Json& object, const char* key, std::string otherwise);

}  // namespace kerascope
