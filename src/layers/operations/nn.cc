// Convolutions, pooling, normalization and attention whose weights are arguments.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/text.h"
#include "kerascope/error.h"
#include "layers/einsum.h"
#include "layers/operations/call.h"
#include "layers/operations/formula.h"
#include "layers/operations/layout.h"
#include "layers/registry.h"
#include "ops/concatenate.h"
#include "ops/conv.h"
#include "ops/reshape.h"
#include "ops/softmax.h"
#include "ops/transpose.h"

namespace kerascope::operations {
namespace {

using layers::DataFormat;

/// Of Keras ("channels_first") and of TensorFlow ("NCHW").
DataFormat data_format(FieldReader& arguments) {
  const Json& format = arguments.raw("data_format");
  if (format.is_null() || format == "channels_last") return DataFormat::kChannelsLast;
  if (format == "channels_first") return DataFormat::kChannelsFirst;
  for (const char* last : {"NWC", "NHWC", "NDHWC"})
    if (format == last) return DataFormat::kChannelsLast;
  for (const char* first : {"NCW", "NCHW", "NCDHW"})
    if (format == first) return DataFormat::kChannelsFirst;
  arguments.fail("data_format", format, "channels_last or channels_first");
}

bool is_same_padding(FieldReader& arguments) {
  const Json& padding = arguments.raw("padding");
  const std::string name = padding.is_null()     ? "valid"
                           : padding.is_string() ? text::lower(padding.get<std::string>())
                                                 : "";
  if (name != "valid" && name != "same") arguments.fail("padding", padding, "valid or same");
  return name == "same";
}

/// One number for each spatial axis. TensorFlow may name the batch and the channels, too, whose number is 1.
ops::Spatial spatial(FieldReader& arguments, const char* key, Build& b, int rank, DataFormat format) {
  auto numbers = whole_numbers(arguments, key, b);
  if (!numbers) return {};
  if (std::ssize(*numbers) == rank + 2) {
    const std::size_t channel = format == DataFormat::kChannelsLast ? numbers->size() - 1 : 1;
    if ((*numbers)[0] != 1 || (*numbers)[channel] != 1)
      arguments.fail(key, arguments.raw(key), "1 for the batch and the channels");
    numbers->erase(numbers->begin() + static_cast<std::ptrdiff_t>(channel));
    numbers->erase(numbers->begin());
  }
  if (numbers->size() == 1) numbers->resize(static_cast<std::size_t>(rank), numbers->front());
  if (std::ssize(*numbers) != rank || std::ranges::min(*numbers) < 1)
    arguments.fail(key, arguments.raw(key), fmt::format("{} numbers of at least 1", rank));
  return *numbers;
}

/// The arguments that all convolutions have, with their input's channels last.
struct Convolution {
  Value x;
  int rank;  ///< how many spatial axes
  DataFormat format;
  ops::ConvOptions options;

  Convolution(FieldReader& arguments, Build& b)
      : x(tensor(arguments, "x", b)), rank(b.graph.shape(x).rank() - 2), format(data_format(arguments)) {
    if (rank < 1 || rank > 3)
      b.fail("shape-rank", fmt::format("operation '{}' needs one to three spatial axes and gets {}", b.layer().name,
                                       b.graph.shape(x).str()));
    options = {.strides = spatial(arguments, "strides", b, rank, format),
               .dilations = spatial(arguments, "dilation_rate", b, rank, format),
               .padding = is_same_padding(arguments) ? ops::Padding::kSame : ops::Padding::kValid};
    x = layers::channels_last(b, x, format);
  }

  /// A kernel with as many axes as the input.
  Value kernel(FieldReader& arguments, const char* key, Build& b) const {
    const Value kernel = tensor(arguments, key, b);
    if (b.graph.shape(kernel).rank() != rank + 2)
      arguments.fail(key, arguments.raw(key), fmt::format("a kernel with {} axes", rank + 2));
    return kernel;
  }
  Outputs finished(Build& b, Value y) const {
    return b.with_axes(layers::from_channels_last(b, y, format), layers::map_axes(format, rank));
  }
};

Outputs conv(FieldReader& arguments, Build& b) {
  Convolution given(arguments, b);
  const Value kernel = given.kernel(arguments, "kernel", b);
  const std::int64_t channels = b.graph.shape(given.x).back(), taken = b.graph.shape(kernel)[given.rank];
  if (taken < 1 || channels % taken != 0 || b.graph.shape(kernel).back() % (channels / taken) != 0)
    arguments.fail("kernel", arguments.raw("kernel"), fmt::format("a kernel for {} channels", channels));
  given.options.groups = channels / taken;
  return given.finished(b, ops::conv(b.graph, given.x, kernel, std::nullopt, given.options));
}

/// With an option that says how it is computed.
Outputs conv_v1(FieldReader& arguments, Build& b) {
  arguments.ignored("use_cudnn_on_gpu");
  return conv(arguments, b);
}

Outputs depthwise_conv(FieldReader& arguments, Build& b) {
  const Convolution given(arguments, b);
  const Value kernel = given.kernel(arguments, "kernel", b);
  return given.finished(b, ops::depthwise_conv(b.graph, given.x, kernel, std::nullopt, given.options));
}

Outputs separable_conv(FieldReader& arguments, Build& b) {
  const Convolution given(arguments, b);
  const Value depthwise = given.kernel(arguments, "depthwise_kernel", b),
              pointwise = given.kernel(arguments, "pointwise_kernel", b);
  const Value between = ops::depthwise_conv(b.graph, given.x, depthwise, std::nullopt, given.options);
  return given.finished(b, ops::conv(b.graph, between, pointwise, std::nullopt, {}));
}

/// A layer without weights that computes the same: its class, and its config.
Outputs as_layer(Build& b, const std::string& class_name, const Json& config, Value x) {
  return b.call(layers::LayerConfig(class_name, config.dump()), "layer", b.usual(x));
}

/// MaxPooling2D and its like.
/// @param kind  "MaxPooling"
Outputs pooled(FieldReader& arguments, Build& b, const char* kind, const char* size_key, const Json& more) {
  const Value x = tensor(arguments, "x", b);
  const DataFormat format = data_format(arguments);
  const int rank = b.graph.shape(x).rank() - 2;
  if (rank < 1 || rank > 3)
    b.fail("shape-rank", fmt::format("operation '{}' needs one to three spatial axes and gets {}", b.layer().name,
                                     b.graph.shape(x).str()));
  Json config = more;
  config[size_key] = spatial(arguments, "size", b, rank, format);
  if (config[size_key].empty()) arguments.fail("size", nullptr, "a size");
  config["data_format"] = format == DataFormat::kChannelsLast ? "channels_last" : "channels_first";
  if (const ops::Spatial strides = spatial(arguments, "strides", b, rank, format); !strides.empty())
    config["strides"] = strides;
  return as_layer(b, fmt::format("{}{}D", kind, rank), config, x);
}

template <const char* kKind>
Outputs pool(FieldReader& arguments, Build& b) {
  return pooled(arguments, b, kKind, "pool_size", {{"padding", is_same_padding(arguments) ? "same" : "valid"}});
}

template <const char* kKind>
Outputs adaptive_pool(FieldReader& arguments, Build& b) {
  return pooled(arguments, b, kKind, "output_size", Json::object());
}

constexpr char kMax[] = "MaxPooling", kAverage[] = "AveragePooling", kAdaptiveMax[] = "AdaptiveMaxPooling",
               kAdaptiveAverage[] = "AdaptiveAveragePooling";

// --- normalization ---

/// A vector along one axis of x, or what broadcasts with x as it is.
Formula along(Build& b, const Formula& x, Value vector, int axis) {
  if (b.graph.shape(vector).rank() != 1) return x.with(vector);
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(x.shape().rank()), 1);
  sizes[static_cast<std::size_t>(axis)] = b.graph.shape(vector)[0];
  return x.with(ops::reshape(b.graph, vector, Shape(sizes)));
}

/// (x - mean) / sqrt(variance + epsilon) * scale + offset
Outputs batch_normalization(FieldReader& arguments, Build& b) {
  const Formula x(b.graph, tensor(arguments, "x", b));
  const int axis = b.axis(whole_number(arguments, "axis", b, -1), x.shape().rank());
  float epsilon = 1e-3f;
  arguments("epsilon", epsilon);
  const Formula mean = along(b, x, tensor(arguments, "mean", b), axis);
  Formula factor = (along(b, x, tensor(arguments, "variance", b), axis) + epsilon).of(ops::Unary::kRsqrt);
  if (const auto scale = tensor_or_none(arguments, "scale", b)) factor = factor * along(b, x, *scale, axis);
  Formula shift = -mean * factor;
  if (const auto offset = tensor_or_none(arguments, "offset", b)) shift = along(b, x, *offset, axis) + shift;
  return output(b, x * factor + shift);
}

std::vector<int> normalized_axes(FieldReader& arguments, Build& b, const Formula& x) {
  if (!arguments.has("axis")) return {x.shape().rank() - 1};
  std::vector<int> along = axes(arguments, "axis", b, x.shape().rank());
  std::ranges::sort(along);
  return along;
}

/// A weight with as many axes as are normalized stands along these.
Formula weight_along(Build& b, const Formula& x, Value weight, const std::vector<int>& axes) {
  const Shape& shape = b.graph.shape(weight);
  if (shape.rank() == x.shape().rank()) return x.with(weight);
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(x.shape().rank()), 1);
  std::int64_t count = 1;
  for (const int axis : axes) {
    sizes[static_cast<std::size_t>(axis)] = x.shape()[axis];
    count *= x.shape()[axis];
  }
  if (shape.elements() != count)
    b.fail("shape-mismatch",
           fmt::format("operation '{}' normalizes {} with a weight {}", b.layer().name, x.shape().str(), shape.str()));
  return x.with(ops::reshape(b.graph, weight, Shape(sizes)));
}

Outputs layer_normalization(FieldReader& arguments, Build& b) {
  const Formula x = Formula(b.graph, tensor(arguments, "x", b)).as_float();
  const std::vector<int> along = normalized_axes(arguments, b, x);
  float epsilon = 1e-7f;
  arguments("epsilon", epsilon);
  bool rms_scaling = false;
  arguments("rms_scaling", rms_scaling);
  const auto gamma = tensor_or_none(arguments, "gamma", b), beta = tensor_or_none(arguments, "beta", b);
  const Formula mean = x.reduced(ops::Reduction::kMean, along, true);
  const Formula variance = square(x - mean).reduced(ops::Reduction::kMean, along, true);
  Formula y = (rms_scaling ? x : x - mean) * (variance + epsilon).of(ops::Unary::kRsqrt);
  if (gamma) y = y * weight_along(b, x, *gamma, along);
  if (beta && !rms_scaling) y = y + weight_along(b, x, *beta, along);
  return output(b, y);
}

Outputs rms_normalization(FieldReader& arguments, Build& b) {
  const Formula x = Formula(b.graph, tensor(arguments, "x", b)).as_float();
  const std::vector<int> along = normalized_axes(arguments, b, x);
  float epsilon = 1e-7f;
  arguments("epsilon", epsilon);
  const Formula squares = square(x).reduced(ops::Reduction::kMean, along, true);
  Formula y = x * (squares + epsilon).of(ops::Unary::kRsqrt);
  if (const auto scale = tensor_or_none(arguments, "scale", b)) y = y * x.with(*scale);
  return output(b, y);
}

// --- attention ---

/// query (B, T, N, H), key and value (B, S, N, H) -> (B, T, N, H)
Outputs attention(FieldReader& arguments, Build& b) {
  const Value query = tensor(arguments, "query", b);
  Value key = tensor(arguments, "key", b), value = tensor(arguments, "value", b);
  bool is_causal = false;
  arguments("is_causal", is_causal);
  arguments.ignored("flash_attention");
  for (const Value x : {query, key, value})
    if (b.graph.shape(x).rank() != 4)
      b.fail("shape-rank",
             fmt::format("operation '{}' needs four axes and gets {}", b.layer().name, b.graph.shape(x).str()));
  // Heads of the query share one of the key.
  const std::int64_t heads = b.graph.shape(query)[2], shared = b.graph.shape(key)[2];
  if (shared < 1 || heads % shared != 0 || (shared == 1 && heads > 1))
    b.fail("layer-unsupported",
           fmt::format("operation '{}' has {} heads of the query and {} of the key", b.layer().name, heads, shared));
  const auto repeated = [&](Value x) {
    if (heads == shared) return x;
    std::vector<std::int64_t> sizes = b.graph.shape(x).sizes();
    const Value wide = part(b, with_axis(b, x, 3), 3, {.start = 0, .size = heads / shared, .step = 0});
    sizes[2] = heads;
    return ops::reshape(b.graph, wide, Shape(sizes));
  };
  key = repeated(key);
  value = repeated(value);
  float scale = 1 / std::sqrt(static_cast<float>(b.graph.shape(key)[3]));
  arguments("scale", scale);
  Formula logits =
      Formula(b.graph, layers::einsum(b.graph, {.left = "BTNH", .right = "BSNH", .out = "BNTS"}, query, key)) * scale;
  if (const auto bias = tensor_or_none(arguments, "bias", b)) logits = logits + logits.with(*bias);
  const Formula large_negative = logits.number(-0.7 * static_cast<double>(std::numeric_limits<float>::max()));
  if (const auto mask = tensor_or_none(arguments, "mask", b))
    logits = logits.with(*mask).choose(logits, large_negative);
  if (is_causal) {
    const Value earlier = mask_of(b, b.graph.shape(query)[1], b.graph.shape(key)[1],
                                  [](std::int64_t t, std::int64_t s) { return s <= t; });
    logits = logits.with(earlier).choose(logits, large_negative);
  }
  const Value weights = ops::softmax(b.graph, logits);
  return output(b, layers::einsum(b.graph, {.left = "BNTS", .right = "BSNH", .out = "BTNH"}, weights, value));
}

// --- blocks ---

std::int64_t block_size(FieldReader& arguments, Build& b) {
  const std::int64_t block = whole_number(arguments, "block_size", b, 0);
  if (block < 1) arguments.fail("block_size", arguments.raw("block_size"), "at least 1");
  return block;
}

/// (N, H, W, block * block * C) -> (N, H * block, W * block, C)
Outputs depth_to_space(FieldReader& arguments, Build& b) {
  const DataFormat format = data_format(arguments);
  const std::int64_t block = block_size(arguments, b);
  const Value x = layers::channels_last(b, tensor(arguments, "x", b), format);
  const Shape shape = b.graph.shape(x);
  if (shape.rank() != 4 || shape[3] % (block * block) != 0)
    arguments.fail("block_size", arguments.raw("block_size"), fmt::format("a size for {}", shape.str()));
  const std::int64_t channels = shape[3] / (block * block);
  const Value split = ops::reshape(b.graph, x, {shape[0], shape[1], shape[2], block, block, channels});
  const Value y = ops::reshape(b.graph, ops::transpose(b.graph, split, {0, 1, 3, 2, 4, 5}),
                               {shape[0], shape[1] * block, shape[2] * block, channels});
  return b.with_axes(layers::from_channels_last(b, y, format), layers::map_axes(format));
}

/// The other way round.
Outputs space_to_depth(FieldReader& arguments, Build& b) {
  const DataFormat format = data_format(arguments);
  const std::int64_t block = block_size(arguments, b);
  const Value x = layers::channels_last(b, tensor(arguments, "x", b), format);
  const Shape shape = b.graph.shape(x);
  if (shape.rank() != 4 || shape[1] % block != 0 || shape[2] % block != 0)
    arguments.fail("block_size", arguments.raw("block_size"), fmt::format("a size for {}", shape.str()));
  const Value split = ops::reshape(b.graph, x, {shape[0], shape[1] / block, block, shape[2] / block, block, shape[3]});
  const Value y = ops::reshape(b.graph, ops::transpose(b.graph, split, {0, 1, 3, 2, 4, 5}),
                               {shape[0], shape[1] / block, shape[2] / block, block * block * shape[3]});
  return b.with_axes(layers::from_channels_last(b, y, format), layers::map_axes(format));
}

Outputs signal_to_noise(FieldReader& arguments, Build& b) {
  const Formula x1(b.graph, tensor(arguments, "x1", b)), x2(b.graph, tensor(arguments, "x2", b));
  float max_val = 1;
  arguments.required("max_val", max_val);
  const Formula squares = square(x1 - x2);
  std::vector<int> all(static_cast<std::size_t>(squares.shape().rank()));
  std::iota(all.begin(), all.end(), 0);
  const Formula error = squares.reduced(ops::Reduction::kMean, all, false);
  return output(b, error.of(ops::Unary::kLog10) * -10 + 20 * std::log10(static_cast<double>(max_val)));
}

const RegisterOperations registered{
    {"Conv", "inputs=x kernel strides padding data_format dilation_rate", conv},
    {"DepthwiseConv", "inputs=x kernel strides padding data_format dilation_rate", depthwise_conv},
    {"SeparableConv", "inputs=x depthwise_kernel pointwise_kernel strides padding data_format dilation_rate",
     separable_conv},
    {"tf.nn.conv1d", "input=x filters=kernel stride=strides padding data_format dilations=dilation_rate", conv},
    {"tf.nn.conv2d tf.nn.conv3d", "input=x filters=kernel strides padding data_format dilations=dilation_rate", conv},
    {"tf.compat.v1.nn.conv2d",
     "input=x filter=kernel strides padding use_cudnn_on_gpu data_format dilations=dilation_rate", conv_v1},
    {"tf.nn.convolution", "input=x filters=kernel strides padding data_format dilations=dilation_rate", conv},
    {"tf.nn.depthwise_conv2d tf.compat.v1.nn.depthwise_conv2d",
     "input=x filter=kernel strides padding data_format dilations=dilation_rate", depthwise_conv},
    {"tf.nn.separable_conv2d",
     "input=x depthwise_filter=depthwise_kernel pointwise_filter=pointwise_kernel strides padding data_format "
     "dilations=dilation_rate",
     separable_conv},
    {"MaxPool", "inputs=x pool_size=size strides padding data_format", pool<kMax>},
    {"AveragePool", "inputs=x pool_size=size strides padding data_format", pool<kAverage>},
    {"AdaptiveMaxPool", "inputs=x output_size=size data_format", adaptive_pool<kAdaptiveMax>},
    {"AdaptiveAveragePool", "inputs=x output_size=size data_format", adaptive_pool<kAdaptiveAverage>},
    {"tf.nn.max_pool tf.nn.max_pool1d tf.nn.max_pool2d tf.nn.max_pool3d",
     "input=x ksize=size strides padding data_format", pool<kMax>},
    {"tf.nn.avg_pool tf.nn.avg_pool1d tf.nn.avg_pool2d tf.nn.avg_pool3d",
     "input=x ksize=size strides padding data_format", pool<kAverage>},
    {"BatchNorm", "x mean variance offset scale axis epsilon", batch_normalization},
    {"tf.nn.batch_normalization", "x mean variance offset scale variance_epsilon=epsilon", batch_normalization},
    {"LayerNorm", "x gamma beta axis epsilon rms_scaling", layer_normalization},
    {"RMSNorm", "x scale axis epsilon", rms_normalization},
    {"DotProductAttention", "query key value bias mask scale is_causal flash_attention attn_logits_soft_cap",
     attention},
    {"DepthToSpace", "x block_size data_format", depth_to_space},
    {"tf.nn.depth_to_space", "input=x block_size data_format", depth_to_space},
    {"SpaceToDepth", "x block_size data_format", space_to_depth},
    {"tf.nn.space_to_depth", "input=x block_size data_format", space_to_depth},
    {"PSNR", "x1 x2 max_val", signal_to_noise},
};

}  // namespace
}  // namespace kerascope::operations
