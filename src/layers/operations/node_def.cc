#include "layers/operations/node_def.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "kerascope/error.h"
#include "model/json.h"

namespace kerascope::operations {
namespace {

/// An operation of TensorFlow's graph.
struct Row {
  std::string_view ops;        ///< its names there, separated by blanks
  std::string_view operation;  ///< what it is called here
  /// The parameters that its inputs are; "*xs" stands for all but those behind it.
  std::string_view inputs;
  /// Attributes that are parameters; "keep_dims=keepdims" has another name there.
  std::string_view attributes = "";
};

constexpr Row kRows[] = {
    {"Add AddV2", "Add", "x1 x2"},
    {"Sub", "Subtract", "x1 x2"},
    {"Mul", "Multiply", "x1 x2"},
    {"RealDiv Div", "tf.math.truediv", "x y"},
    {"FloorDiv", "tf.math.floordiv", "x y"},
    {"FloorMod", "tf.math.floormod", "x y"},
    {"Maximum", "Maximum", "x1 x2"},
    {"Minimum", "Minimum", "x1 x2"},
    {"Pow", "Power", "x1 x2"},
    {"SquaredDifference", "tf.math.squared_difference", "x y"},
    {"AddN", "tf.math.add_n", "*inputs"},
    {"BiasAdd", "tf.nn.bias_add", "value bias", "data_format"},
    {"Neg", "Negative", "x"},
    {"Abs", "Abs", "x"},
    {"Square", "Square", "x"},
    {"Sqrt", "Sqrt", "x"},
    {"Rsqrt", "Rsqrt", "x"},
    {"Exp", "Exp", "x"},
    {"Expm1", "Expm1", "x"},
    {"Log", "Log", "x"},
    {"Log1p", "Log1p", "x"},
    {"Sin", "Sin", "x"},
    {"Cos", "Cos", "x"},
    {"Erf", "Erf", "x"},
    {"Floor", "Floor", "x"},
    {"Ceil", "Ceil", "x"},
    {"Round Rint", "Round", "x"},
    {"Sign", "Sign", "x"},
    {"Reciprocal Inv", "Reciprocal", "x"},
    {"Sigmoid", "Sigmoid", "x"},
    {"Tanh", "Tanh", "x"},
    {"Relu", "Relu", "x"},
    {"Relu6", "Relu6", "x"},
    {"Elu", "Elu", "x"},
    {"Selu", "Selu", "x"},
    {"Softplus", "Softplus", "x"},
    {"Softsign", "Softsign", "x"},
    {"LeakyRelu", "LeakyRelu", "x", "alpha=negative_slope"},
    {"Softmax", "Softmax", "x"},
    {"LogSoftmax", "LogSoftmax", "x"},
    {"ClipByValue", "Clip", "x x_min x_max"},
    {"Identity", "Copy", "x"},
    {"StopGradient", "StopGradient", "variable"},
    {"Cast", "Cast", "x", "DstT=dtype"},
    {"Equal", "Equal", "x1 x2"},
    {"NotEqual", "NotEqual", "x1 x2"},
    {"Less", "Less", "x1 x2"},
    {"LessEqual", "LessEqual", "x1 x2"},
    {"Greater", "Greater", "x1 x2"},
    {"GreaterEqual", "GreaterEqual", "x1 x2"},
    {"LogicalAnd", "LogicalAnd", "x1 x2"},
    {"LogicalOr", "LogicalOr", "x1 x2"},
    {"LogicalNot", "LogicalNot", "x"},
    {"SelectV2", "Where", "condition x1 x2"},
    {"Mean", "Mean", "x axis", "keep_dims=keepdims"},
    {"Sum", "Sum", "x axis", "keep_dims=keepdims"},
    {"Max", "Max", "x axis", "keep_dims=keepdims"},
    {"Min", "Min", "x axis", "keep_dims=keepdims"},
    {"Prod", "Prod", "x axis", "keep_dims=keepdims"},
    {"Any", "Any", "x axis", "keep_dims=keepdims"},
    {"All", "All", "x axis", "keep_dims=keepdims"},
    {"ArgMax", "tf.math.argmax", "input axis", "output_type"},
    {"ArgMin", "tf.math.argmin", "input axis", "output_type"},
    {"TopKV2", "tf.math.top_k", "input k", "sorted"},
    {"Cumsum", "tf.math.cumsum", "x axis", "exclusive reverse"},
    {"Reshape", "Reshape", "x newshape"},
    {"Transpose", "Transpose", "x axes"},
    {"ExpandDims", "ExpandDims", "x axis"},
    {"Squeeze", "Squeeze", "x", "squeeze_dims=axis"},
    {"ConcatV2", "Concatenate", "*xs axis"},
    {"Pack", "Stack", "*x", "axis"},
    {"Unpack", "Unstack", "x", "num axis"},
    {"Split", "tf.split", "axis value", "num_split=num_or_size_splits"},
    {"SplitV", "tf.split", "value num_or_size_splits axis"},
    {"Slice", "Slice", "inputs start_indices shape"},
    {"Tile", "Tile", "x repeats"},
    {"BroadcastTo", "tf.broadcast_to", "input shape"},
    {"ReverseV2", "tf.reverse", "tensor axis"},
    {"Pad", "tf.pad", "tensor paddings"},
    {"PadV2", "tf.pad", "tensor paddings constant_values"},
    {"MirrorPad", "tf.pad", "tensor paddings", "mode"},
    {"GatherV2", "tf.gather", "params indices axis", "batch_dims"},
    {"GatherNd", "tf.gather_nd", "params indices"},
    {"OneHot", "tf.one_hot", "indices depth on_value off_value", "axis"},
    {"Shape", "tf.shape", "input", "out_type"},
    {"ZerosLike", "ZerosLike", "x"},
    {"OnesLike", "OnesLike", "x"},
    {"Fill", "tf.fill", "dims value"},
    {"MatMul", "tf.linalg.matmul", "a b", "transpose_a transpose_b"},
    {"BatchMatMul BatchMatMulV2", "tf.linalg.matmul", "a b", "adj_x=adjoint_a adj_y=adjoint_b"},
    {"Conv2D", "tf.nn.conv2d", "input filters", "strides padding data_format dilations"},
    {"DepthwiseConv2dNative", "tf.nn.depthwise_conv2d", "input filter", "strides padding data_format dilations"},
    {"MaxPool", "tf.nn.max_pool", "input", "ksize strides padding data_format"},
    {"AvgPool", "tf.nn.avg_pool", "input", "ksize strides padding data_format"},
    {"DepthToSpace", "tf.nn.depth_to_space", "input", "block_size data_format"},
    {"SpaceToDepth", "tf.nn.space_to_depth", "input", "block_size data_format"},
};

[[noreturn]] void fail(const LayerData& layer, const std::string& code, const std::string& what) {
  throw Error(
      {.code = code, .what = fmt::format("layer '{}' (TensorFlowOpLayer) {}", layer.name, what), .where = layer.place});
}

std::string from_base64(const std::string& text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char digit : text) {
    const std::size_t value = kDigits.find(digit);
    if (value == kDigits.npos) break;  // padding
    bits = bits << 6 | static_cast<unsigned>(value);
    if ((count += 6) >= 8) bytes += static_cast<char>(bits >> (count -= 8) & 0xff);
  }
  return bytes;
}

/// "DT_FLOAT" -> "float32"
std::string dtype_name(const std::string& type) {
  const std::string name = text::lower(type.substr(std::min<std::size_t>(type.size(), 3)));
  if (name == "float") return "float32";
  if (name == "double") return "float64";
  return name == "half" ? "float16" : name;
}

/// The value of an attribute as protobuf writes it in JSON; numbers of 64 bits are texts there.
Json value_of(const Json& attribute) {
  const auto whole = [](const Json& number) -> Json {
    if (!number.is_string()) return number;
    const std::optional<double> value = text::to_number(number.get<std::string>());
    return value ? Json(static_cast<std::int64_t>(*value)) : Json();
  };
  for (const char* plain : {"b", "f"})
    if (const Json& value = member(attribute, plain); !value.is_null()) return value;
  if (const Json& value = member(attribute, "i"); !value.is_null()) return whole(value);
  if (const Json& value = member(attribute, "s"); value.is_string()) return from_base64(value.get<std::string>());
  if (const Json& value = member(attribute, "type"); value.is_string()) return dtype_name(value.get<std::string>());
  if (const Json& list = member(attribute, "list"); list.is_object()) {
    Json numbers = Json::array();
    for (const Json& number : member(list, "i")) numbers.push_back(whole(number));
    return numbers.empty() ? Json() : numbers;
  }
  return {};
}

/// All inputs of the node in order: constants, and {"tensor": k} for the call's tensors.
Json inputs_of(const LayerData& layer, const Json& node, const Call& call) {
  const Json& constants = member(layer.config, "constants");
  Json inputs = Json::array();
  std::size_t tensor = 0;
  for (const Json& input : member(node, "input")) {
    if (!input.is_string() || text::starts_with(input.get<std::string>(), "^")) continue;  // only an order
    const Json& constant = member(constants, std::to_string(inputs.size()).c_str());
    if (constant.is_null())
      inputs.push_back({{"tensor", tensor++}});
    else
      inputs.push_back(constant);
  }
  if (tensor != call.inputs.size())
    fail(layer, "config-invalid", fmt::format("is called with {} tensors and takes {}", call.inputs.size(), tensor));
  return inputs;
}

/// x[key] of begin, end and strides, with one bit for each entry in the masks.
Json key_of(const LayerData& layer, const Json& inputs, const Json& attributes) {
  const auto numbers = [&](std::size_t i) -> const Json& {
    if (i >= inputs.size() || !inputs[i].is_array() || inputs[i].size() != inputs[1].size() ||
        !std::ranges::all_of(inputs[i], [](const Json& number) { return number.is_number_integer(); }))
      fail(layer, "layer-unsupported", "slices at places that depend on the input, which Kerascope cannot compute yet");
    return inputs[i];
  };
  const Json &begin = numbers(1), &end = numbers(2), &strides = numbers(3);
  const auto bit = [&](const char* mask, std::size_t i) {
    const Json value = value_of(member(attributes, mask));
    return value.is_number_integer() && i < 63 && (value.get<std::int64_t>() >> i & 1);
  };
  Json key = Json::array();
  for (std::size_t i = 0; i < begin.size(); ++i) {
    if (bit("ellipsis_mask", i))
      key.push_back({{"class_name", "__ellipsis__"}});
    else if (bit("new_axis_mask", i))
      key.push_back(nullptr);
    else if (bit("shrink_axis_mask", i))
      key.push_back(begin[i]);
    else
      key.push_back({{"start", bit("begin_mask", i) ? Json() : begin[i]},
                     {"stop", bit("end_mask", i) ? Json() : end[i]},
                     {"step", strides[i]}});
  }
  return key;
}

/// Interpolation whose pixels have their centres at half numbers, as tf.image.resize computes it.
NodeCall resized(const LayerData& layer, NodeCall node, const Json& inputs, const Json& attributes,
                 const char* method) {
  if (value_of(member(attributes, "half_pixel_centers")) != true ||
      value_of(member(attributes, "align_corners")) == true)
    fail(layer, "layer-unsupported", "resizes with the corners of TensorFlow 1, which Kerascope cannot compute yet");
  node.name = "tf.image.resize";
  node.call.keywords = {{"images", inputs.at(0)}, {"size", inputs.at(1)}, {"method", method}};
  return node;
}

void name_inputs(const LayerData& layer, const Row& row, const Json& inputs, Json& keywords) {
  const std::vector<std::string> names = text::split(std::string(row.inputs), ' ');
  std::size_t next = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].front() == '*') {
      Json& list = keywords[names[i].substr(1)] = Json::array();
      while (next + names.size() - i - 1 < inputs.size()) list.push_back(inputs[next++]);
    } else if (next < inputs.size()) {
      keywords[names[i]] = inputs[next++];
    }
  }
  if (next != inputs.size())
    fail(layer, "config-invalid", fmt::format("has {} inputs, of which {} are known", inputs.size(), next));
}

}  // namespace

NodeCall call_of_node(const LayerData& layer, const Call& call) {
  const Json& stored = member(layer.config, "node_def");
  const Json node = stored.is_string() ? Json::parse(stored.get<std::string>(), nullptr, false) : stored;
  const std::string op = node.is_object() ? text_or(node, "op", "") : "";
  if (op.empty()) fail(layer, "layer-unsupported", "holds a node that is no JSON, which Kerascope cannot read yet");
  const Json& attributes = member(node, "attr");
  const Json inputs = inputs_of(layer, node, call);
  NodeCall result{.name = "", .call = {.inputs = call.inputs}};
  const std::size_t least = op == "StridedSlice" ? 4 : text::starts_with(op, "Resize") ? 2 : 1;
  if (inputs.size() < least)
    fail(layer, "config-invalid", fmt::format("has {} inputs, and {} needs {}", inputs.size(), op, least));
  if (op == "StridedSlice") {
    result.name = "GetItem";
    result.call.keywords = {{"x", inputs.at(0)}, {"key", key_of(layer, inputs, attributes)}};
    return result;
  }
  if (op == "ResizeBilinear") return resized(layer, std::move(result), inputs, attributes, "bilinear");
  if (op == "ResizeNearestNeighbor") return resized(layer, std::move(result), inputs, attributes, "nearest");
  const auto row = std::ranges::find_if(kRows, [&](const Row& candidate) {
    const std::vector<std::string> names = text::split(std::string(candidate.ops), ' ');
    return std::ranges::count(names, op) > 0;
  });
  if (row == std::end(kRows))
    fail(layer, "layer-unknown",
         fmt::format("is the operation '{}' of TensorFlow, which Kerascope cannot compute", op));
  result.name = row->operation;
  name_inputs(layer, *row, inputs, result.call.keywords);
  for (const std::string& attribute : text::split(std::string(row->attributes), ' ')) {
    const std::size_t equals = attribute.find('=');
    if (Json value = value_of(member(attributes, attribute.substr(0, equals).c_str())); !value.is_null())
      result.call.keywords[equals == attribute.npos ? attribute : attribute.substr(equals + 1)] = std::move(value);
  }
  return result;
}

}  // namespace kerascope::operations
