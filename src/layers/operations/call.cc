#include "layers/operations/call.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "base/number_types.h"
#include "base/text.h"
#include "kerascope/error.h"
#include "layers/operations/node_def.h"
#include "layers/registry.h"
#include "model/json.h"
#include "ops/known.h"

namespace kerascope::operations {
namespace {

/// The name under which an operation is registered.
std::string name_of(const LayerData& layer) {
  if (layer.class_name == "TFOpLambda" || layer.class_name == "SlicingOpLambda")
    return "tf." + text_or(layer.config, "function", "?");
  return layer.class_name;
}

/// The arguments by the names that `build` asks for. An argument that is no parameter keeps its name.
/// @param config  Keras 3 stores some of the arguments in it; the config of a tf.keras operation is a layer's.
Json bound(const Operation& operation, const Json& config, const Call& call) {
  Json all = config.is_object() ? config : Json::object();
  all.update(call.keywords);
  all.erase("name");

  std::size_t position = 0;
  for (const std::string& parameter : text::split(std::string(operation.parameters), ' ')) {
    if (parameter.front() == '*') {  // takes all that are left
      all[parameter.substr(1)] = Json::array();
      for (; position < call.positional.size(); ++position)
        all[parameter.substr(1)].push_back(call.positional[position]);
      continue;
    }
    const std::size_t equals = parameter.find('=');
    const std::string theirs = parameter.substr(0, equals);
    const std::string ours = equals == parameter.npos ? theirs : parameter.substr(equals + 1);
    std::optional<Json> value;
    if (const auto found = all.find(theirs); found != all.end()) {
      value = *found;
      all.erase(found);
    }
    if (position < call.positional.size()) value = call.positional[position];
    if (value) all[ours] = std::move(*value);
    ++position;
  }
  for (; position < call.positional.size(); ++position)
    all[fmt::format("argument {}", position + 1)] = call.positional[position];
  return all;
}

/// The numbers of an array or tensor as Keras stores it, or of nested lists; nothing for anything else. Of float32, or
/// of the type that an array or tensor states.
std::optional<Tensor> constant_of(const Json& argument) {
  const Json& value = argument.is_object() ? member(member(argument, "config"), "value") : argument;
  std::vector<std::int64_t> sizes;
  for (const Json* item = &value; item->is_array(); item = &item->front()) {
    sizes.push_back(static_cast<std::int64_t>(item->size()));
    if (item->empty()) break;
  }
  std::vector<double> numbers;
  std::function<bool(const Json&, std::size_t)> gather = [&](const Json& item, std::size_t depth) {
    if (depth < sizes.size())
      return item.is_array() && static_cast<std::int64_t>(item.size()) == sizes[depth] &&
             std::all_of(item.begin(), item.end(), [&](const Json& inner) { return gather(inner, depth + 1); });
    if (item.is_number() || item.is_boolean())
      numbers.push_back(item.is_number() ? item.get<double>() : item.get<bool>());
    else if (item.is_string() && (item == "NaN" || item == "Infinity" || item == "-Infinity"))
      numbers.push_back(text::to_number(item.get<std::string>()).value_or(NAN));
    else
      return false;
    return true;
  };
  if (!gather(value, 0)) return {};
  const Tensor exact = Tensor::of(Shape(std::move(sizes)), numbers);
  const std::optional<DType> stated = dtype_named(text_or(member(argument, "config"), "dtype", "float32"));
  return exact.astype(stated && *stated != DType::kString && !is_floating(*stated) ? *stated : DType::kFloat32);
}

bool are_bools(const Json& argument) {
  if (argument.is_array()) return !argument.empty() && std::ranges::all_of(argument, are_bools);
  return argument.is_boolean();
}

bool are_whole(const Json& argument) {
  if (argument.is_array()) return std::ranges::all_of(argument, are_whole);
  if (!argument.is_number_integer()) return false;
  return !argument.is_number_unsigned() || argument.get<std::uint64_t>() <= std::numeric_limits<std::int64_t>::max();
}

/// The type of the first input that holds integers; int32 if no input holds floats.
std::optional<DType> integer_type(const Build& b) {
  bool has_floats = false;
  for (const Output& input : b.all_inputs()) {
    const DType type = b.graph.dtype(input.value);
    if (is_integer(type)) return type;
    has_floats |= is_floating(type);
  }
  return has_floats ? std::nullopt : std::optional(DType::kInt32);
}

void gather_integers(const Json& argument, std::vector<std::int64_t>& numbers) {
  if (!argument.is_array()) return numbers.push_back(argument.get<std::int64_t>());
  for (const Json& item : argument) gather_integers(item, numbers);
}

bool holds(DType type, const std::vector<std::int64_t>& numbers) {
  bool holds_all = false;
  with_number_type(type, [&]<typename T>(T) {
    if constexpr (std::is_integral_v<T>)
      holds_all = std::ranges::all_of(numbers, [](std::int64_t number) {
        return number >= std::int64_t{std::numeric_limits<T>::min()} &&
               number <= std::int64_t{std::numeric_limits<T>::max()};
      });
  });
  return holds_all;
}

/// Whole numbers of Python take the type of the tensor that they are combined with, or a larger one that holds them.
Tensor small_integers(const Json& argument, const Shape& shape, DType type) {
  std::vector<std::int64_t> numbers;
  gather_integers(argument, numbers);
  Tensor exact(shape, DType::kInt64);
  std::ranges::copy(numbers, exact.mutable_elements<std::int64_t>().begin());
  for (const DType candidate : {type, DType::kInt8, DType::kInt16})
    if (holds(candidate, numbers)) return exact.astype(candidate);
  return exact;
}

Value tensor_of(const Json& argument, FieldReader& arguments, const char* parameter, Build& b) {
  if (const Json& index = member(argument, "tensor"); index.is_number_unsigned() && index < b.inputs())
    return b.input(index.get<int>());
  const std::optional<DType> type = integer_type(b);
  if (std::optional<Tensor> constant = constant_of(argument)) {
    if (are_bools(argument)) return b.graph.constant(constant->astype(DType::kBool));
    return b.graph.constant(type && are_whole(argument) ? small_integers(argument, constant->shape(), *type)
                                                        : *constant);
  }
  arguments.fail(parameter, argument, "a tensor or numbers");
}

}  // namespace

Outputs build_call(const Call& given, Build& b) {
  const bool is_node = b.layer().class_name == "TensorFlowOpLayer";
  const NodeCall node = is_node ? call_of_node(b.layer(), given) : NodeCall{.name = name_of(b.layer()), .call = given};
  const std::string& name = node.name;
  const Call& call = node.call;
  const Operation* operation = find_operation(name);
  if (!operation)
    b.fail("layer-unknown",
           fmt::format("layer '{}' has the type '{}', which Kerascope cannot compute", b.layer().name, name));
  LayerData with_arguments;
  with_arguments.name = b.layer().name;
  with_arguments.class_name = name;
  with_arguments.place = b.layer().place;
  with_arguments.config =
      bound(*operation, is_node || text::starts_with(name, "tf.") ? Json() : b.layer().config, call);
  FieldReader arguments(with_arguments, b.keras_major());
  Outputs outputs = operation->build(arguments, b);
  for (const std::string& key : arguments.unknown()) {
    const Json& value = with_arguments.config[key];
    if (!value.is_null() && value != false)
      b.fail("layer-unsupported",
             fmt::format("operation '{}' ({}) has the argument '{}', which Kerascope does not know yet", b.layer().name,
                         name, key));
  }
  return outputs;
}

std::optional<Value> function_of(Build& b, Value x, std::string_view name) {
  // "log_sigmoid" is the class LogSigmoid.
  LayerData stand_in;
  for (const std::string& word : text::split(std::string(name), '_'))
    if (!word.empty())
      stand_in.class_name += static_cast<char>(std::toupper(static_cast<unsigned char>(word[0]))) + word.substr(1);
  const Operation* operation = find_operation(stand_in.class_name);
  if (!operation || operation->parameters.substr(0, operation->parameters.find(' ')) != "x") return std::nullopt;
  stand_in.name = b.layer().name;
  stand_in.config = Json::object();
  stand_in.place = b.layer().place;
  Call call;
  call.positional = Json::array({{{"tensor", std::size_t{0}}}});
  const std::vector<Output> inputs = {{x, usual_axes(b.graph.shape(x).rank() - 1)}};
  std::map<std::string, std::shared_ptr<WeightSlot>> slots;
  std::vector<std::string> order;
  std::map<std::string, Value> weights;
  Build inner(b.graph, {.layer = stand_in,
                        .model = b.model(),
                        .call = call,
                        .training = b.training(),
                        .random = b.random(),
                        .key = b.random_key(),
                        .inputs = inputs,
                        .slots = slots,
                        .slot_order = order,
                        .weights = weights});
  const Outputs outputs = build_call(call, inner);
  return outputs.size() == 1 ? std::optional(outputs[0].value) : std::nullopt;
}

Value tensor(FieldReader& arguments, const char* parameter, Build& b) {
  const Json* argument = &arguments.raw(parameter);
  // tf.keras puts some single tensors into a list.
  if (argument->is_array() && argument->size() == 1 && argument->front().is_object()) argument = &argument->front();
  return tensor_of(*argument, arguments, parameter, b);
}

std::vector<Value> tensors(FieldReader& arguments, const char* parameter, Build& b) {
  const Json& list = arguments.raw(parameter);
  if (!list.is_array() || list.empty()) arguments.fail(parameter, list, "a list of tensors");
  std::vector<Value> values;
  for (const Json& item : list) values.push_back(tensor_of(item, arguments, parameter, b));
  return values;
}

std::optional<Value> tensor_or_none(FieldReader& arguments, const char* parameter, Build& b) {
  if (arguments.raw(parameter).is_null()) return std::nullopt;
  return tensor(arguments, parameter, b);
}

std::optional<Tensor> known_tensor(FieldReader& arguments, const char* parameter, Build& b) {
  if (const std::optional<Value> value = tensor_or_none(arguments, parameter, b)) {
    if (std::optional<Tensor> known = ops::known(b.graph, *value)) return known;
    b.fail("layer-unsupported",
           fmt::format("'{}' of operation '{}' ({}) depends on numbers of the model's input, which Kerascope cannot "
                       "compute yet",
                       parameter, b.layer().name, b.layer().class_name));
  }
  return std::nullopt;
}

std::optional<std::vector<std::int64_t>> whole_numbers(FieldReader& arguments, const char* parameter, Build& b) {
  const Json& given = arguments.raw(parameter);
  if (given.is_null()) return std::nullopt;
  std::vector<std::int64_t> numbers;
  const auto add = [&](const Json& entry) {
    std::optional<Tensor> known;
    if (entry.is_null()) return numbers.push_back(-1);
    if (entry.is_object()) known = ops::known(b.graph, tensor_of(entry, arguments, parameter, b));
    if (entry.is_number()) known = Tensor::of(Shape(), std::vector<double>{entry.get<double>()});
    if (!known) arguments.fail(parameter, given, "made of whole numbers that are known without the input's numbers");
    const Tensor exact = known->astype(DType::kFloat64);
    for (const double number : exact.elements<double>()) {
      if (std::floor(number) != number || std::fabs(number) > 0x1p40)
        arguments.fail(parameter, given, "made of whole numbers of a sensible size");
      numbers.push_back(static_cast<std::int64_t>(number));
    }
  };
  if (given.is_array())
    std::ranges::for_each(given, add);
  else
    add(given);
  return numbers;
}

std::vector<std::int64_t> required_numbers(FieldReader& arguments, const char* parameter, Build& b) {
  if (auto numbers = whole_numbers(arguments, parameter, b)) return *numbers;
  std::vector<std::int64_t> none;
  arguments.required(parameter, none);  // throws
  return none;
}

std::int64_t whole_number(FieldReader& arguments, const char* parameter, Build& b, std::int64_t otherwise) {
  const auto numbers = whole_numbers(arguments, parameter, b);
  if (!numbers) return otherwise;
  if (numbers->size() != 1) arguments.fail(parameter, arguments.raw(parameter), "one whole number");
  return numbers->front();
}

DType dtype_argument(FieldReader& arguments, const char* parameter, DType otherwise) {
  const Json& name = arguments.raw(parameter);
  if (name.is_null()) return otherwise;
  const std::optional<DType> dtype = name.is_string() ? dtype_named(name.get<std::string>()) : std::nullopt;
  if (!dtype || *dtype == DType::kString) arguments.fail(parameter, name, "the name of a type of numbers");
  return is_floating(*dtype) ? DType::kFloat32 : *dtype;
}

std::vector<int> axes(FieldReader& arguments, const char* parameter, Build& b, int rank) {
  const std::optional<std::vector<std::int64_t>> given = whole_numbers(arguments, parameter, b);
  std::vector<int> axes(static_cast<std::size_t>(rank));
  std::iota(axes.begin(), axes.end(), 0);
  if (!given) return axes;
  axes.clear();
  for (std::int64_t axis : *given) axes.push_back(b.axis(axis, rank));
  return axes;
}

std::string roles_of(Build& b, Value value) {
  const int rank = b.graph.shape(value).rank();
  for (int i = 0; i < b.inputs(); ++i)
    if (b.shape(i).rank() == rank && static_cast<int>(b.axes(i).size()) == rank - 1) return b.axes(i);
  return usual_axes(rank - 1);
}

Outputs output(Build& b, Value value) { return b.with_axes(value, roles_of(b, value)); }

}  // namespace kerascope::operations
