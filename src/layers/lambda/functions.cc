#include "layers/lambda/functions.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "layers/registry.h"

namespace kerascope::lambda {
namespace {

/// keras.backend, which is called K, as Keras 1 to 3 define it over TensorFlow; and functions of TensorFlow.
constexpr std::pair<const char*, const char*> kDefinitions[] = {
    {"K.abs(x)", "abs(x)"},
    {"K.all(x, axis=None, keepdims=False)", "all(x, axis=axis, keepdims=keepdims)"},
    {"K.any(x, axis=None, keepdims=False)", "any(x, axis=axis, keepdims=keepdims)"},
    {"K.argmax(x, axis=-1)", "tf.argmax(x, axis=axis)"},
    {"K.argmin(x, axis=-1)", "tf.argmin(x, axis=axis)"},
    {"K.batch_flatten(x)", "reshape(x, [x.shape[0], -1])"},
    {"K.cast(x, dtype)", "cast(x, dtype)"},
    {"K.clip(x, min_value, max_value)", "clip(x, min_value, max_value)"},
    {"K.concatenate(tensors, axis=-1)", "concatenate(tensors, axis=axis)"},
    {"K.cos(x)", "cos(x)"},
    {"K.cumprod(x, axis=0)", "cumprod(x, axis=axis)"},
    {"K.cumsum(x, axis=0)", "cumsum(x, axis=axis)"},
    {"K.elu(x, alpha=1.0)", "elu(x, alpha=alpha)"},
    {"K.epsilon()", "1e-07"},
    {"K.equal(x, y)", "x == y"},
    {"K.exp(x)", "exp(x)"},
    {"K.expand_dims(x, axis=-1)", "expand_dims(x, axis=axis)"},
    {"K.flatten(x)", "reshape(x, [-1])"},
    {"K.gather(reference, indices)", "take(reference, indices, axis=0)"},
    {"K.greater(x, y)", "x > y"},
    {"K.greater_equal(x, y)", "x >= y"},
    {"K.hard_sigmoid(x)", "clip(x * 0.2 + 0.5, 0.0, 1.0)"},
    {"K.identity(x)", "identity(x)"},
    {"K.int_shape(x)", "x.shape"},
    {"K.l2_normalize(x, axis=None)", "tf.nn.l2_normalize(x, axis=axis)"},
    {"K.less(x, y)", "x < y"},
    {"K.less_equal(x, y)", "x <= y"},
    {"K.log(x)", "log(x)"},
    {"K.max(x, axis=None, keepdims=False)", "max(x, axis=axis, keepdims=keepdims)"},
    {"K.maximum(x, y)", "maximum(x, y)"},
    {"K.mean(x, axis=None, keepdims=False)", "mean(x, axis=axis, keepdims=keepdims)"},
    {"K.min(x, axis=None, keepdims=False)", "min(x, axis=axis, keepdims=keepdims)"},
    {"K.minimum(x, y)", "minimum(x, y)"},
    {"K.not_equal(x, y)", "x != y"},
    {"K.ones_like(x)", "ones_like(x)"},
    {"K.permute_dimensions(x, pattern)", "transpose(x, axes=pattern)"},
    {"K.pow(x, a)", "x ** a"},
    {"K.prod(x, axis=None, keepdims=False)", "prod(x, axis=axis, keepdims=keepdims)"},
    {"K.relu(x, alpha=0.0, max_value=None, threshold=0.0)",
     "ReLU(x, negative_slope=alpha, max_value=max_value, threshold=threshold)"},
    {"K.repeat(x, n)", "repeat(expand_dims(x, 1), n, axis=1)"},
    {"K.repeat_elements(x, rep, axis)", "repeat(x, rep, axis=axis)"},
    {"K.reshape(x, shape)", "reshape(x, shape)"},
    {"K.reverse(x, axes)", "flip(x, axis=axes)"},
    {"K.round(x)", "round(x)"},
    {"K.shape(x)", "x.shape"},
    {"K.sigmoid(x)", "sigmoid(x)"},
    {"K.sign(x)", "sign(x)"},
    {"K.sin(x)", "sin(x)"},
    {"K.softmax(x, axis=-1)", "softmax(x, axis=axis)"},
    {"K.softplus(x)", "softplus(x)"},
    {"K.softsign(x)", "softsign(x)"},
    {"K.sqrt(x)", "sqrt(maximum(x, 0.0))"},
    {"K.square(x)", "square(x)"},
    {"K.squeeze(x, axis)", "squeeze(x, axis=axis)"},
    {"K.stack(x, axis=0)", "stack(x, axis=axis)"},
    {"K.std(x, axis=None, keepdims=False)", "std(x, axis=axis, keepdims=keepdims)"},
    {"K.stop_gradient(variables)", "stop_gradient(variables)"},
    {"K.sum(x, axis=None, keepdims=False)", "sum(x, axis=axis, keepdims=keepdims)"},
    {"K.tanh(x)", "tanh(x)"},
    {"K.tile(x, n)", "tile(x, n)"},
    {"K.transpose(x)", "transpose(x)"},
    {"K.var(x, axis=None, keepdims=False)", "var(x, axis=axis, keepdims=keepdims)"},
    {"K.zeros_like(x)", "zeros_like(x)"},
    {"shape(x)", "x.shape"},
    {"tf.image.flip_left_right(image)", "flip(image, axis=-2)"},
    {"tf.image.flip_up_down(image)", "flip(image, axis=-3)"},
    {"tf.image.rgb_to_grayscale(images)", "sum(images * [0.2989, 0.587, 0.114], axis=-1, keepdims=True)"},
    {"tf.math.l2_normalize(x, axis=None, epsilon=1e-12)",
     "x * rsqrt(maximum(sum(square(x), axis=axis, keepdims=True), epsilon))"},
    {"tf.math.squared_difference(x, y)", "square(x - y)"},
    {"tf.nn.depth_to_space(input, block_size)",
     "reshape(transpose(reshape(input, [input.shape[0], input.shape[1], input.shape[2], block_size, block_size, -1]), "
     "[0, 1, 3, 2, 4, 5]), [input.shape[0], input.shape[1] * block_size, input.shape[2] * block_size, -1])"},
    {"tf.nn.space_to_depth(input, block_size)",
     "reshape(transpose(reshape(input, [input.shape[0], input.shape[1] // block_size, block_size, input.shape[2] // "
     "block_size, block_size, -1]), [0, 1, 3, 2, 4, 5]), [input.shape[0], input.shape[1] // block_size, input.shape[2] "
     "// block_size, -1])"},
    {"tf.shape(input)", "input.shape"},
};

std::map<std::string, Definition> definitions_read() {
  std::map<std::string, Definition> all;
  for (const auto& [signature, body] : kDefinitions) {
    const std::string_view text = signature;
    const std::size_t bracket = text.find('(');
    Definition definition;
    std::vector<std::string> variables;
    for (const std::string& given :
         text::split(std::string(text.substr(bracket + 1, text.size() - bracket - 2)), ',')) {
      if (given.empty()) continue;
      const std::string parameter = given.substr(given[0] == ' ');
      const std::size_t equals = parameter.find('=');
      variables.push_back(parameter.substr(0, equals));
      definition.parameters.push_back(
          {.name = variables.back(), .is_required = equals == parameter.npos, .otherwise = {}});
      if (equals != parameter.npos)
        definition.parameters.back().otherwise = parse_expression(parameter.substr(equals + 1));
    }
    definition.body = parse_expression(body, variables.empty() ? std::vector<std::string>{"x"} : variables);
    all.emplace(text.substr(0, bracket), std::move(definition));
  }
  return all;
}

const std::map<std::string, Definition>& definitions() {
  static const std::map<std::string, Definition> all = definitions_read();
  return all;
}

std::string without_underscores(std::string name) {
  std::erase(name, '_');
  return text::lower(name);
}

/// The classes of keras.ops by the names of its functions: "log_softmax" -> "LogSoftmax", "logsumexp" -> "LogSumExp".
const std::map<std::string, std::string>& operations_of_keras() {
  static const std::map<std::string, std::string> all = [] {
    std::map<std::string, std::string> names;
    const std::vector<std::string> registered = operation_names();
    for (const std::string& name : registered)
      if (!text::starts_with(name, "tf.")) names.emplace(snake_case(name), name);
    for (const std::string& name : registered)
      if (!text::starts_with(name, "tf.")) names.emplace(without_underscores(name), name);
    return names;
  }();
  return all;
}

/// The names under which TensorFlow may register what it also exports as this: tf.reduce_mean is tf.math.reduce_mean.
std::vector<std::string> tensorflow_names(const std::string& name) {
  const std::string path = name.substr(3);
  std::vector<std::string> names = {name};
  if (path.find('.') == path.npos)
    for (const char* package : {"tf.math.", "tf.linalg.", "tf.nn."}) names.push_back(package + path);
  for (const char* package : {"nn.", "math.", "linalg."})
    if (text::starts_with(path, package))
      for (const char* other : {"tf.math.", "tf.nn.", "tf.linalg.", "tf."})
        names.push_back(other + path.substr(std::string_view(package).size()));
  return names;
}

}  // namespace

Function find_function(const std::string& name) {
  std::vector<std::string> names = {name};
  if (text::starts_with(name, "tf.")) {
    names = tensorflow_names(name);
  } else if (!text::starts_with(name, "K.")) {
    // keras.ops has the same functions in parts, too: keras.ops.nn.relu.
    const std::string last = name.substr(name.rfind('.') + 1);
    const auto& known = operations_of_keras();
    if (const auto found = known.find(last); found != known.end()) return {.operation = found->second};
    if (find_operation(last)) return {.operation = last};
  }
  for (const std::string& one : names) {
    if (text::starts_with(one, "tf.") && find_operation(one)) return {.operation = one};
    if (const auto found = definitions().find(one); found != definitions().end()) return {.definition = &found->second};
  }
  return {};
}

std::vector<std::string> function_names() {
  std::vector<std::string> names;
  for (const auto& [name, operation] : operations_of_keras()) names.push_back(name);
  for (const auto& [name, definition] : definitions()) names.push_back(name);
  for (const std::string& name : operation_names())
    if (text::starts_with(name, "tf.")) names.push_back(name);
  return names;
}

}  // namespace kerascope::lambda
