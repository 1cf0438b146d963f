#include "model/lambda/expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <optional>

#include "base/text.h"
#include "kerascope/error.h"

namespace kerascope {
namespace {

using Kind = Expression::Kind;

/// How tightly operators bind; Python's order.
enum Binding { kComparison = 1, kSum, kProduct, kSign, kPower, kPrimary };

struct Operator {
  std::string_view name;
  Binding binding;
};
/// Longer names first.
constexpr std::array kOperators = {
    Operator{"**", kPower},      Operator{"//", kProduct},    Operator{"<=", kComparison}, Operator{">=", kComparison},
    Operator{"==", kComparison}, Operator{"!=", kComparison}, Operator{"<", kComparison},  Operator{">", kComparison},
    Operator{"+", kSum},         Operator{"-", kSum},         Operator{"*", kProduct},     Operator{"/", kProduct},
    Operator{"%", kProduct},     Operator{"@", kProduct}};

Binding binding_of(const Expression& expression) {
  if (expression.kind == Kind::kConstant && expression.constant.is_number() && expression.constant.get<double>() < 0)
    return kSign;
  if (expression.kind != Kind::kOperator) return kPrimary;
  if (expression.parts.size() == 1) return kSign;
  return std::ranges::find(kOperators, expression.name, &Operator::name)->binding;
}

std::string text_of_constant(const Json& constant) {
  if (constant.is_null()) return "None";
  if (constant.is_boolean()) return constant.get<bool>() ? "True" : "False";
  if (constant.is_number_float() && std::isinf(constant.get<double>()))
    return constant.get<double>() > 0 ? "1e999" : "-1e999";
  if (!constant.is_string()) return constant.dump();
  std::string quoted = "'";
  for (const char c : constant.get<std::string>()) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

std::string listed(const std::vector<Expression>& parts) {
  std::vector<std::string> texts;
  for (const Expression& part : parts) texts.push_back(part.str());
  return text::join(texts, ", ");
}

std::string within(const Expression& part, int least) {
  return binding_of(part) < least ? fmt::format("({})", part.str()) : part.str();
}

std::string text_of_slice(const Expression& slice) {
  const auto text = [&](std::size_t i) { return slice.parts[i].is_null() ? "" : slice.parts[i].str(); };
  return fmt::format("{}:{}{}{}", text(0), text(1), slice.parts[2].is_null() ? "" : ":", text(2));
}

}  // namespace

std::string Expression::str() const {
  switch (kind) {
    case Kind::kConstant:
      return text_of_constant(constant);
    case Kind::kVariable:
      return name;
    case Kind::kOperator: {
      const Binding own = binding_of(*this);
      if (parts.size() == 1) return name + within(parts[0], kSign);
      if (own == kPower) return within(parts[0], kPrimary) + " ** " + within(parts[1], kSign);
      const int left = own == kComparison ? own + 1 : own;
      return fmt::format("{} {} {}", within(parts[0], left), name, within(parts[1], own + 1));
    }
    case Kind::kCall: {
      std::vector<std::string> texts;
      for (const Expression& part : parts) texts.push_back(part.str());
      for (const auto& [key, value] : keywords) texts.push_back(key + "=" + value.str());
      return name + "(" + text::join(texts, ", ") + ")";
    }
    case Kind::kSubscript: {
      const bool is_plain_tuple = parts[1].kind == Kind::kList && parts[1].parts.size() > 1;
      return within(parts[0], kPrimary) + "[" + (is_plain_tuple ? listed(parts[1].parts) : parts[1].str()) + "]";
    }
    case Kind::kSlice:
      return text_of_slice(*this);
    case Kind::kEllipsis:
      return "...";
    case Kind::kList:
      return "[" + listed(parts) + "]";
    case Kind::kShape:
      return within(parts[0], kPrimary) + ".shape";
  }
  return "";
}

namespace {

/// Reads by precedence: each operator's right side takes what binds more tightly.
class ExpressionParser {
 public:
  ExpressionParser(std::string_view text, const std::vector<std::string>& variables)
      : text_(text), variables_(variables) {}

  Expression whole() {
    Expression expression = binary(kComparison);
    if (!rest().empty()) fail("there is more after its end");
    return expression;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    const std::size_t at = std::min(at_, text_.size());
    const std::string found = at < text_.size() ? fmt::format("at '{}'", text_.substr(at, 12)) : "at its end";
    throw Error({.code = "expression-invalid",
                 .what = fmt::format("the expression '{}' cannot be read at character {}: {}", text_, at + 1, what),
                 .because = "it was read up to that place, " + found,
                 .hint = "an expression is like x / 127.5 - 1, x[..., ::-1] or mean(x, axis=[1, 2])"});
  }

  /// The text from the next token on.
  std::string_view rest() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
    return text_.substr(at_);
  }
  bool take(std::string_view token) {
    if (!rest().starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  void expect(std::string_view token) {
    if (!take(token)) fail(fmt::format("'{}' is missing", token));
  }

  const Operator* next_operator() {
    const std::string_view text = rest();
    const auto found =
        std::ranges::find_if(kOperators, [&](const Operator& one) { return text.starts_with(one.name); });
    return found == kOperators.end() ? nullptr : &*found;
  }

  Expression made(Expression expression) {
    if (++size_ > kLargestExpression) fail("it is too large");
    return expression;
  }

  Expression binary(int least) {
    const Deeper deeper(*this);
    Expression left = sign();
    for (const Operator* next = next_operator(); next && next->binding >= least && next->binding != kPower;
         next = next_operator()) {
      at_ += next->name.size();
      left = made(Expression::operation(std::string(next->name), {std::move(left), binary(next->binding + 1)}));
      if (next->binding != kComparison) continue;
      if (const Operator* again = next_operator(); again && again->binding == kComparison)
        fail("only two things are compared at a time");
    }
    return left;
  }

  Expression sign() {
    const Deeper deeper(*this);
    for (const char* name : {"-", "+"}) {
      if (!take(name)) continue;
      Expression part = sign();
      if (part.kind == Kind::kConstant && part.constant.is_number() && *name == '-') {
        if (part.constant.is_number_float()) return Expression::number_or_text(-part.constant.get<double>());
        return Expression::number_or_text(-part.constant.get<std::int64_t>());
      }
      return made(Expression::operation(name, {std::move(part)}));
    }
    Expression base = primary();
    if (!rest().starts_with("**")) return base;
    take("**");
    return made(Expression::operation("**", {std::move(base), sign()}));
  }

  Expression primary() {
    Expression expression = atom();
    for (;;) {
      if (take("[")) {
        expression = made(Expression::of(Kind::kSubscript, {std::move(expression), key()}));
      } else if (rest().starts_with(".shape")) {
        take(".shape");
        expression = made(Expression::of(Kind::kShape, {std::move(expression)}));
      } else {
        return expression;
      }
      if (++chained_ > kDeepestExpression) fail("it is too deep");
    }
  }

  Expression atom() {
    const std::string_view text = rest();
    if (text.empty()) fail("something is missing");
    if (take("(")) return bracketed(")");
    if (take("[")) {
      Expression list = made(Expression::of(Kind::kList, {}));
      while (!take("]")) {
        if (!list.parts.empty()) {
          expect(",");
          if (take("]")) break;
        }
        list.parts.push_back(binary(kComparison));
      }
      return list;
    }
    if (text[0] == '\'' || text[0] == '"') return string();
    if (std::isdigit(static_cast<unsigned char>(text[0])) ||
        (text[0] == '.' && text.size() > 1 && std::isdigit(static_cast<unsigned char>(text[1]))))
      return number();
    return name();
  }

  /// One expression, or a tuple, up to the closing bracket.
  Expression bracketed(std::string_view end) {
    Expression first = Expression::of(Kind::kList, {});
    bool is_tuple = false;
    while (!take(end)) {
      if (!first.parts.empty()) {
        expect(",");
        is_tuple = true;
        if (take(end)) break;
      }
      first.parts.push_back(binary(kComparison));
    }
    if (first.parts.empty() || is_tuple) return made(std::move(first));
    Expression only = std::move(first.parts[0]);
    return only;
  }

  Expression string() {
    const char quote = text_[at_++];
    std::string value;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\\') ++at_;
      if (at_ < text_.size()) value += text_[at_++];
    }
    if (at_ >= text_.size()) fail("a text has no end");
    ++at_;
    return made(Expression::number_or_text(value));
  }

  Expression number() {
    std::size_t end = at_;
    const auto digits = [&] {
      while (end < text_.size() && std::isdigit(static_cast<unsigned char>(text_[end]))) ++end;
    };
    digits();
    bool is_whole = true;
    if (end < text_.size() && text_[end] == '.' && !text_.substr(end).starts_with("..")) {
      is_whole = false;
      ++end;
      digits();
    }
    if (end < text_.size() && (text_[end] == 'e' || text_[end] == 'E')) {
      std::size_t exponent = end + 1;
      if (exponent < text_.size() && (text_[exponent] == '-' || text_[exponent] == '+')) ++exponent;
      if (exponent < text_.size() && std::isdigit(static_cast<unsigned char>(text_[exponent]))) {
        is_whole = false;
        end = exponent;
        digits();
      }
    }
    const std::string digits_text(text_.substr(at_, end - at_));
    Json value;
    if (const auto whole = text::to_integer(digits_text); is_whole && whole)
      value = *whole;
    else
      value = std::strtod(digits_text.c_str(), nullptr);  // beyond the largest number: infinity, as in Python
    at_ = end;
    if (at_ < text_.size() && (std::isalpha(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_'))
      fail("a number ends in a letter");
    return made(Expression::number_or_text(value));
  }

  std::string word() {
    const std::size_t begin = at_;
    const auto belongs = [&](char c) {
      const auto letter = static_cast<unsigned char>(c);
      return c == '_' || std::isalpha(letter) || (at_ > begin && std::isdigit(letter));
    };
    while (at_ < text_.size() && belongs(text_[at_])) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  Expression name() {
    const std::size_t begin = at_;
    std::string path = word();
    if (path.empty()) fail("this begins no number, name or bracket");
    if (std::ranges::count(variables_, path) > 0) return made(Expression::variable(path));
    if (path == "None") return made(Expression::number_or_text(nullptr));
    if (path == "True" || path == "False") return made(Expression::number_or_text(path == "True"));
    while (at_ < text_.size() && text_[at_] == '.') {
      ++at_;
      path += '.';
      path += word();
    }
    if (!rest().starts_with("(")) {
      at_ = begin;
      fail(fmt::format("'{}' is no variable; the input is {}, and a function has arguments in parentheses", path,
                       variables_[0]));
    }
    const std::string function = function_at(path);
    if (function.empty()) {
      at_ = begin;
      fail(fmt::format("'{}' is no function of keras.ops, keras.backend (K) or tf", path));
    }
    take("(");
    Expression call = made({.kind = Kind::kCall, .name = function});
    while (!take(")")) {
      if (!call.parts.empty() || !call.keywords.empty()) {
        expect(",");
        if (take(")")) break;
      }
      argument(call);
    }
    return call;
  }

  void argument(Expression& call) {
    rest();
    const std::size_t begin = at_;
    const std::string key = word();
    if (!key.empty() && rest().starts_with("=") && !rest().starts_with("==")) {
      take("=");
      if (std::ranges::count(call.keywords, key, [](const auto& one) { return one.first; }) > 0)
        fail(fmt::format("the argument '{}' is given twice", key));
      Expression value = binary(kComparison);
      call.keywords.emplace_back(key, std::move(value));
      return;
    }
    at_ = begin;
    if (!call.keywords.empty()) fail("an argument without a name comes after one with a name");
    call.parts.push_back(binary(kComparison));
  }

  /// What stands in the brackets of a subscript: one entry, or several as a list.
  Expression key() {
    std::vector<Expression> entries;
    bool is_tuple = false;
    do {
      if (!entries.empty() && rest().starts_with("]")) break;
      entries.push_back(entry());
      is_tuple |= rest().starts_with(",");
    } while (take(","));
    expect("]");
    if (is_tuple) return made(Expression::of(Kind::kList, std::move(entries)));
    Expression only = std::move(entries[0]);
    return only;
  }

  Expression entry() {
    if (take("...")) return made(Expression::of(Kind::kEllipsis, {}));
    if (const std::string_view next = rest(); next.starts_with(",") || next.starts_with("]"))
      fail("an index is missing");
    Expression slice = Expression::of(Kind::kSlice, std::vector<Expression>(3));
    const auto bound = [&](Expression& part) {
      const std::string_view next = rest();
      if (!next.starts_with(":") && !next.starts_with(",") && !next.starts_with("]")) part = binary(kComparison);
    };
    bound(slice.parts[0]);
    if (!take(":")) {
      Expression index = std::move(slice.parts[0]);
      return index;
    }
    bound(slice.parts[1]);
    if (take(":")) bound(slice.parts[2]);
    return made(std::move(slice));
  }

  struct Deeper {
    explicit Deeper(ExpressionParser& one) : parser(one) {
      if (++parser.depth_ > kDeepestExpression) parser.fail("it is too deep");
    }
    ~Deeper() { --parser.depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;
    ExpressionParser& parser;
  };

  std::string_view text_;
  const std::vector<std::string>& variables_;
  std::size_t at_ = 0;
  int depth_ = 0, size_ = 0, chained_ = 0;
};

}  // namespace

Expression parse_expression(std::string_view text, const std::vector<std::string>& variables) {
  return ExpressionParser(text, variables).whole();
}

std::string function_at(std::string_view path) {
  static constexpr std::pair<std::string_view, std::string_view> kPackages[] = {
      {"keras.ops.", ""},
      {"ops.", ""},
      {"tf.keras.ops.", ""},
      {"tf.keras.backend.", "K."},
      {"tensorflow.keras.backend.", "K."},
      {"keras.backend.", "K."},
      {"backend.", "K."},
      {"K.", "K."},
      {"tf.", "tf."},
      {"tensorflow.", "tf."},
      {"np.array", "np.array"},
      {"numpy.array", "np.array"},
  };
  for (const auto& [package, ours] : kPackages)
    if (path.starts_with(package)) {
      const std::string name = std::string(ours) + std::string(path.substr(package.size()));
      return name.ends_with(".") || name.starts_with("tf.keras.") ? "" : name;
    }
  return path.find('.') == path.npos ? std::string(path) : "";
}

}  // namespace kerascope
