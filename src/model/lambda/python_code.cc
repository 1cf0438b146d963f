#include "model/lambda/python_code.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numbers>
#include <set>
#include <span>

#include "base/text.h"
#include "model/lambda/marshal.h"

namespace kerascope {
namespace {

using Kind = Expression::Kind;

/// Why code is not read.
struct Opaque {
  std::string because;
};
constexpr const char* kMore = "it is more than one expression";
constexpr const char* kOtherPython = "it is of another Python";

/// Versions of Python whose instructions have the same numbers and forms.
enum Dialect { k27, k34, k36, k311, k312, k313, kDialects };

/// What an instruction does, for those that a single expression needs.
enum class Does {
  kNothing,
  kLoadVariable,
  kLoadVariables,  ///< two
  kStoreVariable,
  kStoreVariables,  ///< two
  kStoreAndLoad,
  kImport,
  kImportFrom,  ///< the module on top
  kPop,
  kLoadConstant,
  kLoadGlobal,
  kLoadClosed,
  kLoadAttribute,
  kLoadMethod,
  kPushNull,
  kOperator,  ///< of a fixed name
  kOperatorByNumber,
  kSign,
  kCompare,
  kSubscript,
  kSubscriptSlice,
  kOldSlice,  ///< of Python 2: x[:], x[a:], x[:b], x[a:b]
  kBuildSlice,
  kBuildList,
  kExtendList,
  kUnpack,
  kCallOld,  ///< positional arguments, then pairs of names and values
  kCallPlain,
  kCallNamed,  ///< the names of the last arguments lie on the stack
  kCallMethod,
  kNameArguments,
  kCall,
  kCallWithNames,
  kIntrinsic,
  kReturn,
  kReturnConstant,
  kExtend,  ///< the argument of the next instruction
};

struct Row {
  Does does;
  std::array<int, kDialects> number;      ///< by dialect; 0 if it has no such instruction
  std::array<int, 3> caches = {0, 0, 0};  ///< empty instructions that follow it in 3.11, 3.12, 3.13
  std::string_view name = {};
};
constexpr Row kRows[] = {
    {Does::kNothing, {9, 9, 9, 9, 9, 30}},
    {Does::kNothing, {0, 0, 0, 151, 151, 149}},         // RESUME
    {Does::kNothing, {0, 0, 0, 149, 149, 62}},          // COPY_FREE_VARS
    {Does::kNothing, {0, 0, 0, 166, 0, 0}, {1, 0, 0}},  // PRECALL
    {Does::kLoadVariable, {124, 124, 124, 124, 124, 85}},
    {Does::kLoadVariables, {0, 0, 0, 0, 0, 88}},
    {Does::kStoreVariable, {125, 125, 125, 125, 125, 110}},
    {Does::kStoreVariables, {0, 0, 0, 0, 0, 112}},
    {Does::kStoreAndLoad, {0, 0, 0, 0, 0, 111}},
    {Does::kImport, {108, 108, 108, 108, 108, 75}},
    {Does::kImportFrom, {109, 109, 109, 109, 109, 74}},
    {Does::kPop, {1, 1, 1, 1, 1, 32}},
    {Does::kLoadConstant, {100, 100, 100, 100, 100, 83}},
    {Does::kLoadGlobal, {116, 116, 116, 116, 116, 91}, {5, 4, 4}},
    {Does::kLoadClosed, {136, 136, 136, 137, 137, 84}},
    {Does::kLoadAttribute, {106, 106, 106, 106, 106, 82}, {4, 9, 9}},
    {Does::kLoadMethod, {0, 0, 160, 160, 0, 0}, {10, 0, 0}},
    {Does::kPushNull, {0, 0, 0, 2, 2, 34}},
    {Does::kOperator, {19, 19, 19, 0, 0, 0}, {}, "**"},
    {Does::kOperator, {20, 20, 20, 0, 0, 0}, {}, "*"},
    {Does::kOperator, {21, 0, 0, 0, 0, 0}, {}, "/"},
    {Does::kOperator, {22, 22, 22, 0, 0, 0}, {}, "%"},
    {Does::kOperator, {23, 23, 23, 0, 0, 0}, {}, "+"},
    {Does::kOperator, {24, 24, 24, 0, 0, 0}, {}, "-"},
    {Does::kOperator, {26, 26, 26, 0, 0, 0}, {}, "//"},
    {Does::kOperator, {27, 27, 27, 0, 0, 0}, {}, "/"},
    {Does::kOperator, {0, 16, 16, 0, 0, 0}, {}, "@"},
    {Does::kOperatorByNumber, {0, 0, 0, 122, 122, 45}, {1, 1, 1}},
    {Does::kSign, {10, 10, 10, 10, 0, 0}, {}, "+"},
    {Does::kSign, {11, 11, 11, 11, 11, 42}, {}, "-"},
    {Does::kCompare, {107, 107, 107, 107, 107, 58}, {2, 1, 1}},
    {Does::kSubscript, {25, 25, 25, 25, 25, 5}, {4, 1, 1}},
    {Does::kSubscriptSlice, {0, 0, 0, 0, 26, 4}},
    {Does::kOldSlice, {30, 0, 0, 0, 0, 0}, {}, ""},
    {Does::kOldSlice, {31, 0, 0, 0, 0, 0}, {}, "a"},
    {Does::kOldSlice, {32, 0, 0, 0, 0, 0}, {}, "b"},
    {Does::kOldSlice, {33, 0, 0, 0, 0, 0}, {}, "ab"},
    {Does::kBuildSlice, {133, 133, 133, 133, 133, 50}},
    {Does::kBuildList, {102, 102, 102, 102, 102, 52}},  // a tuple
    {Does::kBuildList, {103, 103, 103, 103, 103, 47}},
    {Does::kExtendList, {0, 0, 162, 162, 162, 81}},
    {Does::kUnpack, {92, 92, 92, 92, 92, 117}, {1, 1, 1}},
    {Does::kCallOld, {131, 131, 0, 0, 0, 0}},
    {Does::kCallPlain, {0, 0, 131, 0, 0, 0}},
    {Does::kCallNamed, {0, 0, 141, 0, 0, 0}},
    {Does::kCallMethod, {0, 0, 161, 0, 0, 0}},
    {Does::kNameArguments, {0, 0, 0, 172, 172, 0}},
    {Does::kCall, {0, 0, 0, 171, 171, 53}, {4, 3, 3}},
    {Does::kCallWithNames, {0, 0, 0, 0, 0, 57}},
    {Does::kIntrinsic, {0, 0, 0, 0, 173, 55}},
    {Does::kReturn, {83, 83, 83, 83, 83, 36}},
    {Does::kReturnConstant, {0, 0, 0, 0, 121, 103}},
    {Does::kExtend, {145, 144, 144, 144, 144, 71}},
};

constexpr std::string_view kNumberedOperators[] = {"+", "&", "//", "<<", "@", "*", "%", "|", "**", ">>", "-", "/", "^"};
constexpr std::string_view kComparisons[] = {"<", "<=", "==", "!=", ">", ">="};

/// What of a value is constant and known by its path.
std::optional<Expression> constant_at(const std::string& path) {
  static const std::set<std::string> kTypes = {"float16", "bfloat16", "float32", "float64", "int8",   "int16", "int32",
                                               "int64",   "uint8",    "uint16",  "uint32",  "uint64", "bool"};
  const std::size_t dot = path.find('.');
  const std::string package = path.substr(0, dot), name = dot == path.npos ? "" : path.substr(dot + 1);
  const bool is_numpy = package == "np" || package == "numpy",
             is_tensorflow = package == "tf" || package == "tensorflow";
  if ((is_numpy || package == "math") && name == "pi") return Expression::number_or_text(std::numbers::pi);
  if ((is_numpy || is_tensorflow) && name == "newaxis") return Expression::number_or_text(nullptr);
  if ((is_numpy || is_tensorflow) && kTypes.count(name)) return Expression::number_or_text(name);
  return std::nullopt;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const text::Character next = text::first_character(text);
    if (!next.valid) return false;
    text.remove_prefix(next.length);
  }
  return true;
}

/// @param left  how many more parts it may have: through references, few bytes can be many
Expression constant_of(const PythonValue& value, int& left) {
  if (--left < 0) throw Opaque{"it is too long"};
  switch (value->kind) {
    case PythonObject::Kind::kNone:
      return Expression::number_or_text(nullptr);
    case PythonObject::Kind::kBool:
      return Expression::number_or_text(value->integer != 0);
    case PythonObject::Kind::kInteger:
      return Expression::number_or_text(value->integer);
    case PythonObject::Kind::kFloat:
      return Expression::number_or_text(value->number);
    case PythonObject::Kind::kEllipsis:
      return Expression::of(Kind::kEllipsis, {});
    case PythonObject::Kind::kText:
      if (!is_utf8(value->text)) throw Opaque{"it has a text that is none"};
      return Expression::number_or_text(value->text);
    case PythonObject::Kind::kTuple: {
      Expression list = Expression::of(Kind::kList, {});
      for (const PythonValue& item : value->items) list.parts.push_back(constant_of(item, left));
      return list;
    }
    case PythonObject::Kind::kCode:
      throw Opaque{"it defines another function"};
    default:
      throw Opaque{"it has a constant that is no number and no text"};
  }
}

Expression constant_of(const PythonValue& value) {
  int left = kLargestExpression;
  return constant_of(value, left);
}

/// A value of an argument, a default or a closure. Nothing for one that no expression can hold.
std::optional<Expression> bound_value(const Json& value) {
  if (value.is_object()) {
    const std::string kind =
        value.value("class_name", Json()).is_string() ? value["class_name"].get<std::string>() : "";
    if (kind == "__tuple__")
      return bound_value(value.contains("items") ? value["items"] : value.value("config", Json()));
    if (kind == "__numpy__" && value.contains("config") && value["config"].is_object() &&
        value["config"].contains("value"))
      return bound_value(value["config"]["value"]);
    // Keras 2's form of an array.
    if (value.value("type", Json()) == "ndarray" && value.contains("value")) return bound_value(value["value"]);
    return std::nullopt;
  }
  if (!value.is_array()) return Expression::number_or_text(value);
  Expression list = Expression::of(Kind::kList, {});
  for (const Json& item : value) {
    std::optional<Expression> part = bound_value(item);
    if (!part) return std::nullopt;
    list.parts.push_back(*std::move(part));
  }
  return list;
}

int depth_of(const Expression& expression) {
  int deepest = 0;
  for (const Expression& part : expression.parts) deepest = std::max(deepest, depth_of(part));
  for (const auto& [key, part] : expression.keywords) deepest = std::max(deepest, depth_of(part));
  return deepest + 1;
}
int size_of(const Expression& expression) {
  int size = 1;
  for (const Expression& part : expression.parts) size += size_of(part);
  for (const auto& [key, part] : expression.keywords) size += size_of(part);
  return size;
}

/// What the stack holds: values, modules and functions by their path, and the nulls that stand beside functions.
struct Entry {
  enum class Is { kValue, kPath, kNull } is = Is::kValue;
  Expression value = {};
  std::string path = {};
};

/// Follows the instructions; the stack holds expressions instead of numbers.
class Follower {
 public:
  Follower(const PythonCode& code, Dialect dialect, const Bindings& bindings)
      : code_(code), dialect_(dialect), bindings_(bindings) {}

  /// @throws Opaque
  Expression follow() {
    constexpr int kTakesMore = 0x4 | 0x8, kIsGenerator = 0x20 | 0x80 | 0x200;
    if (code_.arguments < 1) throw Opaque{"it takes no input"};
    if (code_.flags & kTakesMore) throw Opaque{"it takes any number of arguments"};
    if (code_.flags & kIsGenerator) throw Opaque{"it is a generator"};
    for (const auto& [name, value] : bindings_.arguments)
      if (const auto parameters = code_.variables.begin() + code_.arguments + code_.keyword_only;
          std::find(code_.variables.begin(), parameters, name) == parameters)
        throw Opaque{fmt::format("the config gives it the argument '{}', which it does not have", name)};
    variables_.resize(code_.variables.size());
    variables_[0] = Entry{.value = Expression::variable("x")};
    bool begins = dialect_ < k311;  // since 3.11 code begins with RESUME
    while (at_ < code_.instructions.size()) {
      const auto [row, argument] = next();
      if (!begins) {
        if (row->does != Does::kNothing) throw Opaque{kOtherPython};
        begins = row->number[k311] == 151;
        continue;
      }
      ++followed_;
      apply(*row, argument);
      if (result_) break;
    }
    if (!result_ || at_ != code_.instructions.size() || !stack_.empty()) throw Opaque{kMore};
    return *result_;
  }

  int followed() const { return followed_; }

 private:
  std::uint8_t byte() {
    if (at_ >= code_.instructions.size()) throw Opaque{"it ends within an instruction"};
    return static_cast<std::uint8_t>(code_.instructions[at_++]);
  }

  std::pair<const Row*, std::uint32_t> next() {
    std::uint32_t extended = 0;
    for (int prefixes = 0; prefixes < 4; ++prefixes) {
      const int number = byte();
      const bool is_word = dialect_ >= k36;
      constexpr int kHasArgument = 90;
      std::uint32_t argument = is_word || number >= kHasArgument ? byte() : 0;
      if (!is_word && number >= kHasArgument) argument |= static_cast<std::uint32_t>(byte()) << 8;
      argument |= extended;
      const Row* row = std::ranges::find_if(kRows, [&](const Row& one) {
        return number > 0 && one.number[static_cast<std::size_t>(dialect_)] == number;
      });
      if (row == std::end(kRows)) throw Opaque{kMore};
      if (row->does == Does::kExtend) {
        extended = argument << (is_word ? 8 : 16);
        continue;
      }
      const int caches = dialect_ < k311 ? 0 : row->caches[static_cast<std::size_t>(dialect_ - k311)];
      for (int i = 0; i < 2 * caches; ++i)
        if (byte() != 0) throw Opaque{kOtherPython};
      return {row, argument};
    }
    throw Opaque{kMore};
  }

  // --- the stack ---

  Entry pop() {
    if (stack_.empty()) throw Opaque{kMore};
    Entry top = std::move(stack_.back());
    stack_.pop_back();
    return top;
  }
  Expression pop_value() {
    Entry top = pop();
    if (top.is == Entry::Is::kNull) throw Opaque{kMore};
    if (top.is == Entry::Is::kValue) return std::move(top.value);
    if (std::optional<Expression> constant = constant_at(top.path)) return *std::move(constant);
    throw Opaque{fmt::format("it uses '{}', whose value the file does not hold", top.path)};
  }
  std::vector<Expression> pop_values(std::size_t count) {
    if (count > stack_.size()) throw Opaque{kMore};
    std::vector<Expression> values(count);
    for (std::size_t i = count; i > 0; --i) values[i - 1] = pop_value();
    return values;
  }
  void push(Expression value) {
    copied_ += size_of(value);  // by this, the work of one expression is limited, too
    if (depth_of(value) > kDeepestExpression || size_of(value) > kLargestExpression || copied_ > kMostCopied)
      throw Opaque{"it is too long"};
    stack_.push_back({.value = std::move(value)});
  }
  void push_null() { stack_.push_back({.is = Entry::Is::kNull}); }

  template <typename List>
  const auto& at(const List& list, std::uint32_t index) const {
    if (index >= list.size()) throw Opaque{kOtherPython};
    return list[index];
  }

  // --- names ---

  void load_variable(std::uint32_t index) {
    const std::string& name = at(code_.variables, index);
    if (const auto& known = variables_[index])
      return known->is == Entry::Is::kPath ? stack_.push_back(*known) : push(known->value);
    const auto parameters = static_cast<std::uint32_t>(code_.arguments + code_.keyword_only);
    if (index >= parameters) throw Opaque{kMore};
    if (name == "mask" || name == "training")
      throw Opaque{fmt::format("it depends on '{}', which Keras gives it in each call", name)};
    std::optional<Expression> value;
    const std::size_t from_end =
        static_cast<std::size_t>(code_.arguments) - std::min<std::size_t>(index, code_.arguments);
    if (const auto given = bindings_.arguments.find(name); given != bindings_.arguments.end())
      value = bound_value(given->second);
    else if (from_end > 0 && from_end <= bindings_.defaults.size())
      value = bound_value(bindings_.defaults[bindings_.defaults.size() - from_end]);
    if (!value) throw Opaque{fmt::format("the file does not say what its argument '{}' is", name)};
    push(*std::move(value));
  }

  void store_variable(std::uint32_t index) {
    at(code_.variables, index);
    Entry value = pop();
    if (value.is == Entry::Is::kNull) throw Opaque{kMore};
    variables_[index] = std::move(value);
  }

  /// A function may import what it calls.
  void import_module(const std::string& module) {
    const std::vector<Expression> how = pop_values(2);  // where it is looked for, and what is taken from it
    const bool is_relative = how[0].constant != 0 && how[0].constant != -1;
    if (is_relative) throw Opaque{"it imports a module of its own package"};
    const std::string package = module.substr(0, module.find('.'));
    if (package != "tensorflow" && package != "keras" && package != "numpy")
      throw Opaque{fmt::format("it imports '{}', which the file does not hold", module)};
    stack_.push_back({.is = Entry::Is::kPath, .path = how[1].is_null() ? package : module});
  }

  void load_closed(std::uint32_t index) {
    const bool is_new = dialect_ >= k311;
    const std::size_t before = is_new ? code_.variables.size() - code_.free.size() : code_.cells.size();
    if (index < before || index - before >= code_.free.size()) throw Opaque{"it defines another function"};
    const std::size_t place = index - before;
    std::optional<Expression> value;
    if (bindings_.closure.size() == code_.free.size()) value = bound_value(bindings_.closure[place]);
    if (!value || value->is_null())
      throw Opaque{fmt::format("it uses '{}', whose value the file does not hold", code_.free[place])};
    push(*std::move(value));
  }

  void load_global(const std::string& name) {
    static const std::set<std::string> kPackages = {"tf",  "tensorflow", "K",     "keras", "ops",
                                                    "abs", "backend",    "numpy", "np",    "math"};
    if (dialect_ == k27 && (name == "True" || name == "False")) return push(Expression::number_or_text(name == "True"));
    if (!kPackages.count(name)) throw Opaque{fmt::format("it uses '{}', which the file does not hold", name)};
    stack_.push_back({.is = Entry::Is::kPath, .path = name});
  }

  /// The attribute of the value on top.
  Entry attribute(const std::string& name) {
    Entry top = pop();
    if (top.is == Entry::Is::kPath) return {.is = Entry::Is::kPath, .path = top.path + "." + name};
    if (top.is == Entry::Is::kNull || name != "shape") throw Opaque{fmt::format("it uses '.{}' of a tensor", name)};
    return {.value = Expression::of(Kind::kShape, {std::move(top.value)})};
  }

  // --- calls ---

  using Keywords = std::vector<std::pair<std::string, Expression>>;

  void call(const Entry& function, std::vector<Expression> arguments, Keywords keywords = {}) {
    if (function.is != Entry::Is::kPath) throw Opaque{"it calls what it computed"};
    const bool has_package = function.path.find('.') != function.path.npos;
    const std::string name = has_package || function.path == "abs" ? function_at(function.path) : "";
    if (name.empty()) throw Opaque{fmt::format("it calls '{}', which the file does not hold", function.path)};
    push({.kind = Kind::kCall, .name = name, .parts = std::move(arguments), .keywords = std::move(keywords)});
  }

  /// The last values belong to these names.
  static Keywords named(const Expression& names, std::vector<Expression>& values) {
    if (names.kind != Kind::kList || names.parts.size() > values.size()) throw Opaque{kMore};
    Keywords keywords;
    const std::size_t first = values.size() - names.parts.size();
    for (std::size_t i = 0; i < names.parts.size(); ++i) {
      if (!names.parts[i].constant.is_string()) throw Opaque{kMore};
      keywords.emplace_back(names.parts[i].constant.get<std::string>(), std::move(values[first + i]));
    }
    values.resize(first);
    return keywords;
  }

  /// The function of a call lies on the stack with a null below or above it.
  Entry pop_function() {
    Entry one = pop(), other = pop();
    if (one.is == Entry::Is::kNull) std::swap(one, other);
    if (other.is != Entry::Is::kNull) throw Opaque{"it calls what it computed"};
    return one;
  }

  // --- instructions ---

  void binary(std::string_view name) {
    std::vector<Expression> parts = pop_values(2);
    push(Expression::operation(std::string(name), std::move(parts)));
  }

  static Expression slice(Expression start, Expression stop, Expression step = {}) {
    return Expression::of(Kind::kSlice, {std::move(start), std::move(stop), std::move(step)});
  }

  void subscript(Expression value, Expression key) {
    push(Expression::of(Kind::kSubscript, {std::move(value), std::move(key)}));
  }

  void apply(const Row& row, std::uint32_t argument) {
    switch (row.does) {
      case Does::kNothing:
        return;
      case Does::kExtend:
        return;
      case Does::kLoadVariable:
        return load_variable(argument);
      case Does::kLoadVariables:
        load_variable(argument >> 4);
        return load_variable(argument & 15);
      case Does::kStoreVariable:
        return store_variable(argument);
      case Does::kStoreVariables:
        store_variable(argument >> 4);
        return store_variable(argument & 15);
      case Does::kStoreAndLoad:
        store_variable(argument >> 4);
        return load_variable(argument & 15);
      case Does::kImport:
        return import_module(at(code_.names, argument));
      case Does::kImportFrom: {
        Entry part = stack_.empty() ? Entry() : stack_.back();
        if (part.is != Entry::Is::kPath) throw Opaque{kMore};
        part.path += "." + at(code_.names, argument);
        stack_.push_back(std::move(part));
        return;
      }
      case Does::kPop:
        if (pop().is != Entry::Is::kPath) throw Opaque{kMore};
        return;
      case Does::kLoadConstant:
        return push(constant_of(at(code_.constants, argument)));
      case Does::kLoadClosed:
        return load_closed(argument);
      case Does::kLoadGlobal: {
        const bool has_null = dialect_ >= k311 && (argument & 1);
        if (has_null && dialect_ < k313) push_null();
        load_global(at(code_.names, dialect_ >= k311 ? argument >> 1 : argument));
        if (has_null && dialect_ == k313) push_null();
        return;
      }
      case Does::kLoadAttribute: {
        const bool is_method = dialect_ >= k312 && (argument & 1);
        Entry value = attribute(at(code_.names, dialect_ >= k312 ? argument >> 1 : argument));
        if (is_method && dialect_ == k312) push_null();
        stack_.push_back(std::move(value));
        if (is_method && dialect_ == k313) push_null();
        return;
      }
      case Does::kLoadMethod: {
        Entry value = attribute(at(code_.names, argument));
        push_null();
        stack_.push_back(std::move(value));
        return;
      }
      case Does::kPushNull:
        return push_null();
      case Does::kOperator:
        return binary(row.name);
      case Does::kOperatorByNumber: {
        const std::string_view name = at(std::span(kNumberedOperators), argument % std::size(kNumberedOperators));
        if (argument >= 2 * std::size(kNumberedOperators)) throw Opaque{kOtherPython};
        if (std::string_view("& | ^ << >>").find(name) != std::string_view::npos)
          throw Opaque{fmt::format("it uses '{}'", name)};
        return binary(name);
      }
      case Does::kSign:
        return push(Expression::operation(std::string(row.name), {pop_value()}));
      case Does::kIntrinsic: {
        constexpr std::uint32_t kPlus = 5;
        if (argument != kPlus) throw Opaque{kMore};
        return push(Expression::operation("+", {pop_value()}));
      }
      case Does::kCompare: {
        const std::uint32_t number = dialect_ == k313 ? argument >> 5 : dialect_ == k312 ? argument >> 4 : argument;
        if (number >= std::size(kComparisons)) throw Opaque{kMore};
        return binary(kComparisons[number]);
      }
      case Does::kSubscript: {
        std::vector<Expression> parts = pop_values(2);
        return subscript(std::move(parts[0]), std::move(parts[1]));
      }
      case Does::kSubscriptSlice: {
        std::vector<Expression> parts = pop_values(3);
        return subscript(std::move(parts[0]), slice(std::move(parts[1]), std::move(parts[2])));
      }
      case Does::kOldSlice: {
        Expression start, stop;
        if (row.name.ends_with('b')) stop = pop_value();
        if (row.name.starts_with('a')) start = pop_value();
        Expression value = pop_value();
        return subscript(std::move(value), slice(std::move(start), std::move(stop)));
      }
      case Does::kBuildSlice: {
        if (argument != 2 && argument != 3) throw Opaque{kMore};
        std::vector<Expression> parts = pop_values(argument);
        parts.resize(3);
        return push(Expression::of(Kind::kSlice, std::move(parts)));
      }
      case Does::kBuildList:
        return push(Expression::of(Kind::kList, pop_values(argument)));
      case Does::kExtendList: {
        Expression more = pop_value(), list = pop_value();
        if (argument != 1 || more.kind != Kind::kList || list.kind != Kind::kList) throw Opaque{kMore};
        list.parts.insert(list.parts.end(), more.parts.begin(), more.parts.end());
        return push(std::move(list));
      }
      case Does::kUnpack: {
        const Expression list = pop_value();
        if (argument > static_cast<std::uint32_t>(kDeepestExpression)) throw Opaque{kMore};
        for (std::uint32_t i = argument; i > 0; --i)
          subscript(list, Expression::number_or_text(static_cast<std::int64_t>(i - 1)));
        return;
      }
      case Does::kCallOld: {
        std::vector<Expression> pairs = pop_values(std::size_t{argument >> 8} * 2);
        Keywords keywords;
        for (std::size_t i = 0; i < pairs.size(); i += 2) {
          if (!pairs[i].constant.is_string()) throw Opaque{kMore};
          keywords.emplace_back(pairs[i].constant.get<std::string>(), std::move(pairs[i + 1]));
        }
        std::vector<Expression> arguments = pop_values(argument & 0xff);
        return call(pop(), std::move(arguments), std::move(keywords));
      }
      case Does::kCallPlain: {
        std::vector<Expression> arguments = pop_values(argument);
        return call(pop(), std::move(arguments));
      }
      case Does::kCallNamed: {
        const Expression names = pop_value();
        std::vector<Expression> arguments = pop_values(argument);
        Keywords keywords = named(names, arguments);
        return call(pop(), std::move(arguments), std::move(keywords));
      }
      case Does::kCallMethod: {
        std::vector<Expression> arguments = pop_values(argument);
        return call(pop_function(), std::move(arguments));
      }
      case Does::kNameArguments:
        names_ = constant_of(at(code_.constants, argument));
        return;
      case Does::kCall:
      case Does::kCallWithNames: {
        if (row.does == Does::kCallWithNames) names_ = pop_value();
        std::vector<Expression> arguments = pop_values(argument);
        Keywords keywords = names_ ? named(*names_, arguments) : Keywords();
        names_.reset();
        return call(pop_function(), std::move(arguments), std::move(keywords));
      }
      case Does::kReturn:
        result_ = pop_value();
        return;
      case Does::kReturnConstant:
        result_ = constant_of(at(code_.constants, argument));
        return;
    }
  }

  static constexpr int kMostCopied = 100'000;

  const PythonCode& code_;
  Dialect dialect_;
  const Bindings& bindings_;
  std::size_t at_ = 0;
  std::vector<Entry> stack_;
  std::vector<std::optional<Entry>> variables_;
  std::optional<Expression> names_, result_;
  int followed_ = 0, copied_ = 0;
};

}  // namespace

ReadCode read_python_code(std::string_view bytes, const Bindings& bindings) {
  static constexpr std::pair<CodeLayout, Dialect> kVersions[] = {
      {CodeLayout::kPython2, k27},   {CodeLayout::kPython30, k34},   {CodeLayout::kPython30, k36},
      {CodeLayout::kPython38, k36},  {CodeLayout::kPython311, k311}, {CodeLayout::kPython311, k312},
      {CodeLayout::kPython311, k313}};
  std::map<std::string, ReadCode> meanings;  // by text
  ReadCode opaque{.expression = {}, .because = "no Python from 2.7 to 3.13 wrote it"};
  int furthest = -1;
  for (const auto& [layout, dialect] : kVersions) {
    const auto code = read_code(bytes, layout);
    if (!code) continue;
    Follower follower(*code, dialect, bindings);
    try {
      Expression expression = follower.follow();
      const std::string text = expression.str();
      meanings[text] = {.expression = std::move(expression), .because = "", .divides_as_python2 = dialect == k27};
    } catch (const Opaque& problem) {
      const int score = problem.because == kOtherPython ? 0 : 1 + follower.followed();
      if (score <= furthest) continue;
      furthest = score;
      opaque.because = problem.because;
      if (!code->names.empty()) opaque.because += "; the names in it are " + text::join(code->names, ", ");
    }
  }
  if (meanings.empty()) return opaque;
  if (meanings.size() > 1) return {.expression = {}, .because = "what it means depends on the version of Python"};
  return meanings.begin()->second;
}

}  // namespace kerascope
