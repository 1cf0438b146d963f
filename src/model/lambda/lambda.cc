#include "model/lambda/lambda.h"

#include <fmt/format.h>

#include "base/text.h"
#include "kerascope/error.h"
#include "model/json.h"
#include "model/lambda/python_code.h"

namespace kerascope {
namespace {

/// The class under which a meaning that a user gave stands in a config.
constexpr const char* kGiven = "__expression__";
/// The key for what stood there before.
constexpr const char* kCode = "instead_of";

std::optional<std::string> from_base64(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  bool has_ended = false;
  for (const char c : text) {
    if (c == '\n' || c == '\r' || c == ' ') continue;
    if (c == '=') {
      has_ended = true;
      continue;
    }
    const int digit = c >= 'A' && c <= 'Z'   ? c - 'A'
                      : c >= 'a' && c <= 'z' ? c - 'a' + 26
                      : c >= '0' && c <= '9' ? c - '0' + 52
                      : c == '+'             ? 62
                      : c == '/'             ? 63
                                             : -1;
    if (digit < 0 || has_ended) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    if (++count % 4 != 1) bytes += static_cast<char>(bits >> (6 - 2 * ((count - 1) % 4)) & 0xff);
  }
  return bytes;
}

/// Python's raw_unicode_escape, which Keras 1 and 2.0 used: a character is a byte, or its number as text.
std::string from_characters(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    const text::Character next = text::first_character(text);
    text.remove_prefix(next.length);
    const auto code = static_cast<std::uint32_t>(next.code);
    if (code < 0x100)
      bytes += static_cast<char>(code);
    else
      bytes += code < 0x10000 ? fmt::format("\\u{:04x}", code) : fmt::format("\\U{:08x}", code);
  }
  return bytes;
}

std::vector<Json> list_of(const Json& json) {
  if (json.is_object()) return list_of(json.contains("items") ? json["items"] : member(json, "config"));
  return json.is_array() ? json.get<std::vector<Json>>() : std::vector<Json>();
}

LambdaMeaning of_code(const Json& code, const Json& defaults, const Json& closure, const Json& arguments) {
  if (!code.is_string()) return {.expression = {}, .because = "the file has no code for it"};
  Bindings bindings{.arguments = {}, .defaults = list_of(defaults), .closure = list_of(closure)};
  if (arguments.is_object())
    for (const auto& [name, value] : arguments.items()) bindings.arguments[name] = value;
  const auto& text = code.get_ref<const std::string&>();
  const std::optional<std::string> bytes = from_base64(text);
  ReadCode read = read_python_code(bytes ? *bytes : from_characters(text), bindings);
  return {.expression = std::move(read.expression),
          .because = std::move(read.because),
          .divides_as_python2 = read.divides_as_python2};
}

}  // namespace

LambdaMeaning lambda_meaning(const Json& config) {
  if (!member(config, "mask").is_null())
    return {.expression = {}, .because = "it has a mask of its own, which is Python code, too"};
  const Json& function = member(config, "function");
  const Json& arguments = member(config, "arguments");
  const std::string kind = text_or(function, "class_name", "");
  if (kind == kGiven) try {
      return {.expression = parse_expression(text_or(function, "config", "")), .because = ""};
    } catch (const Error& error) {
      return {.expression = {}, .because = error.parts().what};  // a file may have such a text, too
    }
  if (kind == "__lambda__") {
    const Json& parts = member(function, "config");
    return of_code(member(parts, "code"), member(parts, "defaults"), member(parts, "closure"), arguments);
  }
  if (function.is_array() && function.size() == 3) return of_code(function[0], function[1], function[2], arguments);
  const std::string name = function.is_string() ? function.get<std::string>() : text_or(function, "config", "");
  if (name.empty()) return {.expression = {}, .because = "the file has no code for it"};
  return {.expression = {}, .because = fmt::format("the file has only the name of its function, '{}'", name)};
}

void set_lambda_meaning(Json& config, const std::string& expression) {
  parse_expression(expression);
  Json code = Json::object();
  for (const char* key : {"function", "mask"}) {
    if (!config.contains(key)) continue;
    code[key] = std::move(config[key]);
    config.erase(key);
  }
  config["function"] = {{"class_name", kGiven}, {"config", expression}, {kCode, std::move(code)}};
}

Json lambda_config_in_file(const Json& config) {
  const Json& code = member(member(config, "function"), kCode);
  if (!code.is_object()) return config;
  Json former = config;
  former.erase("function");
  former.update(code);
  return former;
}

std::string lambda_text(const LayerData& layer) {
  if (layer.class_name != "Lambda" || !(layer.module.empty() || is_keras_module(layer.module))) return "";
  const LambdaMeaning meaning = lambda_meaning(layer.config);
  return meaning.expression ? meaning.expression->str() : "";
}

}  // namespace kerascope
