#include "layers/lambda/lambda.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "layers/lambda/functions.h"
#include "layers/operations/call.h"
#include "layers/registry.h"
#include "model/json.h"
#include "model/lambda/lambda.h"

namespace kerascope::lambda {
namespace {

using Kind = Expression::Kind;

/// What a part of an expression is: a tensor, a constant, or a list of these.
struct Operand {
  enum class Is { kTensor, kConstant, kList } is = Is::kConstant;
  Output tensor = {};
  Json constant = {};
  std::vector<Operand> items = {};

  static Operand of(Output output) { return {.is = Is::kTensor, .tensor = std::move(output)}; }
  static Operand of(Json constant) { return {.is = Is::kConstant, .constant = std::move(constant)}; }
  static Operand list(std::vector<Operand> items) { return {.is = Is::kList, .items = std::move(items)}; }

  bool is_tensor() const { return is == Is::kTensor; }
  bool is_constant() const { return is == Is::kConstant; }
};
using Environment = std::map<std::string, Operand>;

/// Python's arithmetic with plain numbers. Nothing if the result is none, or too large.
std::optional<Json> computed(const std::string& name, const Json& left, const Json& right, bool divides_as_python2) {
  if (!left.is_number() || !right.is_number()) return std::nullopt;
  const double a = left.get<double>(), b = right.get<double>();
  const auto floored = [](double x, double y) { return std::floor(x / y); };
  const auto compared = [&](bool result) { return std::optional<Json>(result); };
  if (name == "<") return compared(a < b);
  if (name == "<=") return compared(a <= b);
  if (name == ">") return compared(a > b);
  if (name == ">=") return compared(a >= b);
  if (name == "==") return compared(a == b);
  if (name == "!=") return compared(a != b);
  const bool divides = name == "/" || name == "//" || name == "%";
  if (divides && b == 0) return std::nullopt;
  const bool are_whole = left.is_number_integer() && right.is_number_integer();
  const bool is_whole = are_whole && (name != "/" || divides_as_python2) && (name != "**" || b >= 0);
  const double value = name == "+"                                 ? a + b
                       : name == "-"                               ? a - b
                       : name == "*"                               ? a * b
                       : name == "**"                              ? std::pow(a, b)
                       : name == "%"                               ? a - b * floored(a, b)
                       : name == "//" || (name == "/" && is_whole) ? floored(a, b)
                       : name == "/"                               ? a / b
                                                                   : NAN;
  if (std::isnan(value)) return std::nullopt;
  if (!is_whole) return value;
  constexpr double kLargest = 1e15;  // up to there a double holds each whole number
  if (std::abs(a) > kLargest || std::abs(b) > kLargest || std::abs(value) > kLargest) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

const char* operation_of(const std::string& name, std::size_t operands) {
  static const std::map<std::string, const char*> kBinary = {
      {"+", "Add"},     {"-", "Subtract"}, {"*", "Multiply"},  {"/", "Divide"},       {"//", "FloorDivide"},
      {"%", "Mod"},     {"**", "Power"},   {"@", "Matmul"},    {"<", "Less"},         {"<=", "LessEqual"},
      {">", "Greater"}, {"==", "Equal"},   {"!=", "NotEqual"}, {">=", "GreaterEqual"}};
  return operands == 1 ? "Negative" : kBinary.at(name);
}

/// Turns an expression into calls of operations, which add the ops.
class Lowering {
 public:
  Lowering(Build& b, bool divides_as_python2) : b_(b), divides_as_python2_(divides_as_python2) {}

  Outputs outputs(const Expression& expression) {
    const Environment given = {{"x", input()}};
    const Operand result = lowered(expression, given);
    std::vector<Operand> all = result.is == Operand::Is::kList ? result.items : std::vector{result};
    Outputs outputs;
    for (Operand& one : all) {
      if (!one.is_tensor()) fail(fmt::format("'{}' gives no tensor", expression.str()));
      one.tensor.mask.reset();
      outputs.push_back(std::move(one.tensor));
    }
    if (outputs.empty()) fail(fmt::format("'{}' gives no tensor", expression.str()));
    return outputs;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    b_.fail("layer-unsupported", fmt::format("layer '{}' (Lambda): {}", b_.layer().name, what));
  }

  /// The argument of the function: a tensor, or tensors in lists.
  Operand input() {
    for (int i = 0; i < b_.inputs(); ++i) b_.input(i);
    const Json& positional = b_.call().positional;
    if (b_.keras_major() >= 3 && !positional.empty()) {
      if (positional.size() > 1) fail("it is called with several arguments");
      return argument(positional[0]);
    }
    if (b_.inputs() == 1) {
      is_list_unknown_ = b_.keras_major() < 3;
      return Operand::of(b_.output(0));
    }
    std::vector<Operand> all;
    for (int i = 0; i < b_.inputs(); ++i) all.push_back(Operand::of(b_.output(i)));
    return Operand::list(std::move(all));
  }
  Operand argument(const Json& json) {
    if (const Json& place = member(json, "tensor"); place.is_number_unsigned() && place < b_.inputs())
      return Operand::of(b_.output(place.get<int>()));
    if (!json.is_array()) fail("it is called with something else than tensors");
    std::vector<Operand> all;
    for (const Json& item : json) all.push_back(argument(item));
    return Operand::list(std::move(all));
  }

  Operand lowered(const Expression& expression, const Environment& names) {
    switch (expression.kind) {
      case Kind::kConstant:
        return Operand::of(expression.constant);
      case Kind::kVariable:
        return names.at(expression.name);
      case Kind::kOperator:
        return arithmetic(expression, names);
      case Kind::kCall:
        return called(expression, names);
      case Kind::kSubscript:
        return subscript(expression, names);
      case Kind::kList: {
        std::vector<Operand> items;
        for (const Expression& part : expression.parts) items.push_back(lowered(part, names));
        return listed(std::move(items));
      }
      case Kind::kShape: {
        const Operand of = lowered(expression.parts[0], names);
        if (!of.is_tensor()) fail(fmt::format("'{}' has no shape", expression.parts[0].str()));
        return Operand::of(Json(b_.graph.shape(of.tensor.value).sizes()));
      }
      case Kind::kSlice:
      case Kind::kEllipsis:
        break;
    }
    fail(fmt::format("'{}' stands outside of brackets", expression.str()));
  }

  /// A list of constants is a constant.
  static Operand listed(std::vector<Operand> items) {
    if (!std::ranges::all_of(items, &Operand::is_constant)) return Operand::list(std::move(items));
    Json all = Json::array();
    for (Operand& item : items) all.push_back(std::move(item.constant));
    return Operand::of(std::move(all));
  }

  Operand arithmetic(const Expression& expression, const Environment& names) {
    std::vector<Operand> operands;
    for (const Expression& part : expression.parts) operands.push_back(lowered(part, names));
    const bool is_sign = operands.size() == 1;
    if (is_sign && expression.name == "+") return operands[0];
    if (std::ranges::all_of(operands, &Operand::is_constant)) {
      const Json left = is_sign ? Json(0) : operands[0].constant, right = operands.back().constant;
      if (is_sign && right.is_number_float()) return Operand::of(Json(-right.get<double>()));
      std::optional<Json> value = computed(expression.name, left, right, divides_as_python2_);
      if (!value) fail(fmt::format("'{}' is no number", expression.str()));
      return Operand::of(*std::move(value));
    }
    if (divides_as_python2_ && expression.name == "/")
      for (const Operand& operand : operands)
        if (operand.is_tensor() && is_integer(b_.graph.dtype(operand.tensor.value)))
          fail("it divides integers, and was written by Python 2");
    return operation(operation_of(expression.name, expression.parts.size()), std::move(operands), {}, expression);
  }

  Operand called(const Expression& call, const Environment& names) {
    std::vector<Operand> operands;
    std::vector<std::pair<std::string, Operand>> keywords;
    for (const Expression& part : call.parts) operands.push_back(lowered(part, names));
    for (const auto& [key, value] : call.keywords) keywords.emplace_back(key, lowered(value, names));
    if (call.name == "np.array" || call.name == "tf.constant" || call.name == "K.constant")
      return constant(call, operands, keywords);
    const Function function = find_function(call.name);
    if (function.definition) return defined(*function.definition, std::move(operands), std::move(keywords), call);
    if (function.operation.empty())
      b_.fail("layer-unknown", fmt::format("layer '{}' (Lambda) calls '{}', which Kerascope cannot compute",
                                           b_.layer().name, call.name));
    if (function.operation == "tf.image.resize" && !has_tensorflow2())
      fail("what tf.image.resize computes depends on the version of TensorFlow, which the file does not say");
    return operation(function.operation, std::move(operands), std::move(keywords), call);
  }

  /// Whether the Keras that wrote the file needs TensorFlow 2.2 or later, if it is TensorFlow at all.
  bool has_tensorflow2() const {
    const std::vector<std::string> parts = text::split(b_.model().keras_version, '.');
    if (b_.keras_major() >= 3) return true;
    const std::int64_t minor = parts.size() > 1 ? text::to_integer(parts[1]).value_or(0) : 0;
    return minor >= 4 || (minor == 3 && text::ends_with(b_.model().keras_version, "-tf"));
  }

  /// Numbers of NumPy or TensorFlow that are plain numbers in Python.
  Operand constant(const Expression& call, const std::vector<Operand>& operands,
                   const std::vector<std::pair<std::string, Operand>>& keywords) {
    const auto is_plain = [](const auto& keyword) {
      return keyword.first == "dtype" && (keyword.second.constant == "float32" || keyword.second.constant == "float64");
    };
    if (operands.size() != 1 || !operands[0].is_constant() || !std::ranges::all_of(keywords, is_plain))
      fail(fmt::format("'{}' is no constant of floats", call.str()));
    return operands[0];
  }

  Operand defined(const Definition& definition, std::vector<Operand> operands,
                  std::vector<std::pair<std::string, Operand>> keywords, const Expression& call) {
    Environment names;
    if (operands.size() > definition.parameters.size()) fail(fmt::format("'{}' has too many arguments", call.str()));
    for (std::size_t i = 0; i < operands.size(); ++i)
      names.emplace(definition.parameters[i].name, std::move(operands[i]));
    for (auto& [key, value] : keywords) {
      if (std::ranges::count(definition.parameters, key, &Definition::Parameter::name) == 0)
        fail(fmt::format("'{}' has the argument '{}', which Kerascope does not know yet", call.str(), key));
      if (!names.emplace(key, std::move(value)).second)
        fail(fmt::format("'{}' has the argument '{}' twice", call.str(), key));
    }
    for (const Definition::Parameter& parameter : definition.parameters) {
      if (names.count(parameter.name)) continue;
      if (parameter.is_required) fail(fmt::format("'{}' lacks the argument '{}'", call.str(), parameter.name));
      names.emplace(parameter.name, lowered(parameter.otherwise, {}));
    }
    return lowered(definition.body, names);
  }

  // --- parts ---

  Operand subscript(const Expression& expression, const Environment& names) {
    const Operand value = lowered(expression.parts[0], names);
    const Expression& key = expression.parts[1];
    if (value.is_tensor()) {
      const bool is_input = expression.parts[0].kind == Kind::kVariable && expression.parts[0].name == "x";
      if (is_input && is_list_unknown_ && key.kind == Kind::kConstant && key.constant.is_number())
        fail("the file does not say whether its input is a tensor or a list of one tensor");
      return operation("GetItem", {value, Operand::of(key_of(key, names))}, {}, expression);
    }
    const Json place = key_of(key, names);
    std::vector<Operand> items = value.items;
    if (value.is_constant()) {
      if (!value.constant.is_array()) fail(fmt::format("'{}' has no parts", expression.parts[0].str()));
      for (const Json& item : value.constant) items.push_back(Operand::of(item));
    }
    const auto size = std::ssize(items);
    const auto counted = [&](const Json& index) {
      const auto number = index.get<std::int64_t>();
      return number < 0 ? number + size : number;
    };
    if (place.is_number_integer()) {
      if (counted(place) < 0 || counted(place) >= size)
        fail(fmt::format("'{}' is part {} of {}", expression.str(), place.get<std::int64_t>(), size));
      return items[static_cast<std::size_t>(counted(place))];
    }
    if (!place.is_object() || !place.contains("start"))
      fail(fmt::format("'{}' is no part of a list", expression.str()));
    const Json &start = place["start"], &stop = place["stop"], &given_step = place["step"];
    const std::int64_t step = given_step.is_null() ? 1 : given_step.get<std::int64_t>();
    if (step == 0) fail(fmt::format("'{}' has a step of 0", expression.str()));
    const std::int64_t least = step > 0 ? 0 : -1, most = step > 0 ? size : size - 1;
    const auto bound = [&](const Json& index, std::int64_t otherwise) {
      return index.is_null() ? otherwise : std::clamp(counted(index), least, most);
    };
    const std::int64_t end = bound(stop, step > 0 ? most : least);
    std::vector<Operand> chosen;
    for (std::int64_t i = bound(start, step > 0 ? least : most); step > 0 ? i < end : i > end;) {
      chosen.push_back(items[static_cast<std::size_t>(i)]);
      if (std::abs(step) > size) break;
      i += step;
    }
    return listed(std::move(chosen));
  }

  /// As the operation GetItem has it.
  Json key_of(const Expression& key, const Environment& names) {
    if (key.kind == Kind::kEllipsis) return {{"class_name", "__ellipsis__"}};
    if (key.kind == Kind::kList) {
      Json all = Json::array();
      for (const Expression& part : key.parts) all.push_back(key_of(part, names));
      return all;
    }
    if (key.kind == Kind::kSlice) {
      return {{"start", index_of(key.parts[0], names)},
              {"stop", index_of(key.parts[1], names)},
              {"step", index_of(key.parts[2], names)}};
    }
    return index_of(key, names);
  }
  Json index_of(const Expression& index, const Environment& names) {
    const Operand value = lowered(index, names);
    if (!value.is_constant() || !(value.constant.is_null() || value.constant.is_number_integer()))
      fail(fmt::format("'{}' in brackets is no whole number", index.str()));
    return value.constant;
  }

  // --- operations ---

  /// As a call stores arguments: {"tensor": 1} stands for the tensor that is appended.
  Json stored(const Operand& operand, std::vector<Output>& tensors) {
    if (operand.is_constant()) return operand.constant;
    if (operand.is_tensor()) {
      tensors.push_back(operand.tensor);
      return {{"tensor", tensors.size() - 1}};
    }
    Json all = Json::array();
    for (const Operand& item : operand.items) all.push_back(stored(item, tensors));
    return all;
  }

  Operand operation(const std::string& name, std::vector<Operand> operands,
                    std::vector<std::pair<std::string, Operand>> keywords, const Expression& expression) {
    if (!find_operation(name)) fail(fmt::format("Kerascope cannot compute '{}' yet", expression.str()));
    if (++made_ > kMostOperations) fail("it takes too many operations");
    std::vector<Output> tensors;
    Call call;
    for (const Operand& operand : operands) call.positional.push_back(stored(operand, tensors));
    for (const auto& [key, value] : keywords) call.keywords[key] = stored(value, tensors);
    if (tensors.empty()) fail(fmt::format("'{}' does not depend on its input", expression.str()));
    LayerData layer;
    layer.class_name = name;
    layer.name = b_.layer().name;
    layer.place = b_.layer().place;
    layer.config = Json::object();
    layer.is_operation = true;
    std::map<std::string, std::shared_ptr<WeightSlot>> slots;
    std::vector<std::string> order;
    std::map<std::string, Value> weights;
    Build inner(b_.graph, {.layer = layer,
                           .model = b_.model(),
                           .call = call,
                           .training = b_.training(),
                           .random = b_.random(),
                           .key = b_.random_key(),
                           .inputs = tensors,
                           .slots = slots,
                           .slot_order = order,
                           .weights = weights});
    Outputs outputs = operations::build_call(call, inner);
    if (outputs.size() == 1) return Operand::of(std::move(outputs[0]));
    std::vector<Operand> all;
    for (Output& output : outputs) all.push_back(Operand::of(std::move(output)));
    return Operand::list(std::move(all));
  }

  static constexpr int kMostOperations = 2000;

  Build& b_;
  bool divides_as_python2_;
  bool is_list_unknown_ = false;  ///< the only input may be a tensor or a list of one
  int made_ = 0;
};

Outputs build(FieldReader& fields, Build& b) {
  for (const char* key : {"function", "function_type", "module", "arguments", "mask", "output_shape",
                          "output_shape_type", "output_shape_module"})
    fields.ignored(key);
  const LambdaMeaning meaning = lambda_meaning(b.layer().config);
  if (!meaning.expression)
    throw Error(
        {.code = "layer-unknown",
         .what = fmt::format("layer '{}' has the type 'Lambda', which Kerascope cannot compute: its Python code "
                             "is not one expression that can be read with certainty, and is never run",
                             b.layer().name),
         .where = b.layer().place,
         .because = meaning.because});
  return Lowering(b, meaning.divides_as_python2).outputs(*meaning.expression);
}

/// No config tells Keras 3 what a Lambda computes: it has code, for one version of Python.
void rewrite(FieldReader&, FieldWriter&) {
  throw Error({.code = "save-unsupported",
               .what = "a Lambda cannot be written for Keras 3",
               .because = "it is code for one version of Python"});
}

const bool registered = [] {
  register_layer("Lambda", {.class_name = "Lambda", .module = "keras.layers", .build = build, .rewrite = rewrite});
  return true;
}();

}  // namespace

std::string_view class_of(const LayerData& layer) {
  if (layer.class_name != "Lambda") return layer.class_name;
  const bool is_named = text::matches("block35_*", layer.name) || text::matches("block17_*", layer.name) ||
                        text::matches("block8_*", layer.name);
  const Json& arguments = member(layer.config, "arguments");
  const bool is_given = member(layer.config, "function").is_object();
  return is_named && !is_given && arguments.size() == 1 && member(arguments, "scale").is_number() ? "CustomScaleLayer"
                                                                                                  : "Lambda";
}

void require_known_functions(const Expression& expression) {
  if (const Function function = find_function(expression.name);
      expression.kind == Kind::kCall && function.operation.empty() && !function.definition &&
      expression.name != "np.array" && expression.name != "tf.constant" && expression.name != "K.constant")
    throw Error({.code = "expression-invalid",
                 .what = fmt::format("Kerascope has no function '{}'", expression.name),
                 .hint = text::did_you_mean(expression.name, function_names())});
  for (const Expression& part : expression.parts) require_known_functions(part);
  for (const auto& [key, part] : expression.keywords) require_known_functions(part);
}

}  // namespace kerascope::lambda
