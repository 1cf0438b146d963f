// Operations on pictures: (N, H, W, C), or (H, W, C).
#include <algorithm>

#include "base/text.h"
#include "kerascope/error.h"
#include "layers/operations/call.h"
#include "layers/operations/formula.h"
#include "layers/operations/layout.h"
#include "layers/registry.h"
#include "ops/concatenate.h"
#include "ops/pad.h"
#include "ops/reshape.h"
#include "ops/transpose.h"

namespace kerascope::operations {
namespace {

using layers::DataFormat;

DataFormat data_format(FieldReader& arguments) {
  const Json& format = arguments.raw("data_format");
  if (!format.is_null() && format != "channels_last" && format != "channels_first")
    arguments.fail("data_format", format, "channels_last or channels_first");
  return format == "channels_first" ? DataFormat::kChannelsFirst : DataFormat::kChannelsLast;
}

/// Pictures in a batch with channels last, whatever they are given as.
class Pictures {
 public:
  Pictures(FieldReader& arguments, Build& b, int spatial_rank = 2)
      : b_(b), format_(data_format(arguments)), given_(tensor(arguments, "x", b)) {
    const int rank = b.graph.shape(given_).rank();
    is_single_ = rank == spatial_rank + 1;
    if (!is_single_ && rank != spatial_rank + 2)
      b.fail("shape-rank",
             fmt::format("operation '{}' needs pictures and gets {}", b.layer().name, b.graph.shape(given_).str()));
  }

  Formula in() const {
    return {b_.graph, layers::channels_last(b_, is_single_ ? with_axis(b_, given_, 0) : given_, format_)};
  }
  Outputs out(Value y) const {
    y = layers::from_channels_last(b_, y, format_);
    return output(b_, is_single_ ? without_axis(b_, y, 0) : y);
  }

 private:
  Build& b_;
  DataFormat format_;
  Value given_;
  bool is_single_ = false;
};

/// As the layer Resizing.
Outputs resized(FieldReader& arguments, Build& b, Json config) {
  const Pictures pictures(arguments, b);
  const std::vector<std::int64_t> size = required_numbers(arguments, "size", b);
  if (size.size() != 2) arguments.fail("size", arguments.raw("size"), "a height and a width");
  config["height"] = size[0];
  config["width"] = size[1];
  config["antialias"] = arguments.raw("antialias") == true;
  arguments.ignored("antialias");
  return pictures.out(b.call(layers::LayerConfig("Resizing", config.dump()), "layer", b.usual(pictures.in()))[0].value);
}

Outputs resize(FieldReader& arguments, Build& b) {
  Json config = Json::object();
  for (const char* key : {"interpolation", "crop_to_aspect_ratio", "pad_to_aspect_ratio", "fill_value"})
    if (const Json& value = arguments.raw(key); !value.is_null()) config[key] = value;
  arguments.ignored("fill_mode");  // Keras knows "constant" only
  return resized(arguments, b, config);
}

/// TensorFlow's, which keeps no proportions unless it is told to.
Outputs tensorflow_resize(FieldReader& arguments, Build& b) {
  const Json& method = arguments.raw("method");
  if (arguments.raw("preserve_aspect_ratio") == true) arguments.fail("preserve_aspect_ratio", true, "false");
  if (!method.is_null() && !method.is_string()) arguments.fail("method", method, "the name of an interpolation");
  return resized(arguments, b,
                 {{"interpolation", method.is_null() ? "bilinear" : text::lower(method.get<std::string>())}});
}

Formula channel(Build& b, const Formula& x, std::int64_t index) {
  return x.with(part(b, x, x.shape().rank() - 1, {.start = index, .size = 1}));
}

void require_channels(Build& b, const Formula& x) {
  if (x.shape().back() != 3)
    b.fail("shape-mismatch",
           fmt::format("operation '{}' needs three channels and gets {}", b.layer().name, x.shape().str()));
}

Outputs rgb_to_grayscale(FieldReader& arguments, Build& b) {
  const Pictures pictures(arguments, b);
  const Formula x = pictures.in(), numbers = x.as_float();
  if (x.shape().back() == 1) return pictures.out(x);
  require_channels(b, x);
  const Formula weights = x.with(b.constant({3}, {0.2989f, 0.5870f, 0.1140f}));
  return pictures.out((numbers * weights).reduced(ops::Reduction::kSum, {x.shape().rank() - 1}, true).cast(x.dtype()));
}

Outputs rgb_to_hsv(FieldReader& arguments, Build& b) {
  const Pictures pictures(arguments, b);
  const Formula x = pictures.in();
  require_channels(b, x);
  const Formula red = channel(b, x, 0), green = channel(b, x, 1), blue = channel(b, x, 2);
  const Formula most = maximum(red, maximum(green, blue)), range = most - minimum(red, minimum(green, blue));
  const Formula zero = x.number(0), share = x.number(1) / (range * 6);
  const Formula saturation = (zero < most).choose(range / most, zero);
  const Formula of_green = share * (blue - red) + 2.0 / 6, of_blue = share * (red - green) + 4.0 / 6;
  const Formula of_any = (red == most).choose(share * (green - blue), (green == most).choose(of_green, of_blue));
  const Formula hue = (zero < range).choose(of_any, zero);
  return pictures.out(ops::concatenate(b.graph, {(hue < 0).choose(hue + 1, hue), saturation, most}, 3));
}

Outputs hsv_to_rgb(FieldReader& arguments, Build& b) {
  const Pictures pictures(arguments, b);
  const Formula x = pictures.in();
  require_channels(b, x);
  const Formula hue = channel(b, x, 0) * 6, saturation = channel(b, x, 1), value = channel(b, x, 2);
  const auto limited = [](const Formula& y) { return minimum(maximum(y, y.number(0)), y.number(1)); };
  const auto mixed = [&](const Formula& y) { return (-saturation + 1 + saturation * limited(y)) * value; };
  return pictures.out(
      ops::concatenate(b.graph, {mixed(abs(hue - 3) - 1), mixed(-abs(hue - 2) + 2), mixed(-abs(hue - 4) + 2)}, 3));
}

/// The borders of pad_images and crop_images: of three numbers along an axis, one follows from the other two.
std::array<std::int64_t, 2> borders(FieldReader& arguments, Build& b, const char* before, const char* after,
                                    const char* target, std::int64_t room_of_target) {
  const auto first = whole_numbers(arguments, before, b), last = whole_numbers(arguments, after, b),
             wanted = whole_numbers(arguments, target, b);
  if (first && last) return {first->at(0), last->at(0)};
  if (!wanted || (!first && !last)) arguments.fail(target, arguments.raw(target), "a size, if a border is not given");
  // A target above the size pads, one below crops.
  const std::int64_t rest = std::abs(wanted->at(0) - room_of_target);
  return first ? std::array{first->at(0), rest - first->at(0)} : std::array{rest - last->at(0), last->at(0)};
}

template <bool kPads>
Outputs with_borders(FieldReader& arguments, Build& b) {
  const Pictures pictures(arguments, b);
  const Formula x = pictures.in();
  const auto rows = borders(arguments, b, "top", "bottom", "target_height", x.shape()[1]);
  const auto columns = borders(arguments, b, "left", "right", "target_width", x.shape()[2]);
  for (const auto& [before, after] : {rows, columns})
    if (before < 0 || after < 0) arguments.fail("top", arguments.raw("top"), "a border that is not negative");
  if (kPads)
    return pictures.out(
        ops::cast(b.graph, ops::pad(b.graph, x, {.sizes = {{0, 0}, rows, columns, {0, 0}}}), x.dtype()));
  const Value cut = part(b, x, 1, {.start = rows[0], .size = x.shape()[1] - rows[0] - rows[1]});
  return pictures.out(part(b, cut, 2, {.start = columns[0], .size = x.shape()[2] - columns[0] - columns[1]}));
}

/// The numbers that each position of a window sees, for all places of the window: one picture for each position.
/// @param x  (N, spatial.., C)
std::vector<Value> window_positions(Build& b, Value x, const std::vector<std::int64_t>& size,
                                    const std::vector<std::int64_t>& strides,
                                    const std::vector<std::int64_t>& dilations) {
  std::vector<Value> positions = {x};
  for (std::size_t i = 0; i < size.size(); ++i) {
    const int axis = static_cast<int>(i) + 1;
    const std::int64_t all = b.graph.shape(x)[axis], reach = (size[i] - 1) * dilations[i] + 1;
    if (all < reach)
      b.fail("shape-mismatch", fmt::format("operation '{}' slides a window of {} over {}", b.layer().name, reach,
                                           b.graph.shape(x).str()));
    std::vector<Value> finer;
    for (const Value position : positions)
      for (std::int64_t k = 0; k < size[i]; ++k)
        finer.push_back(part(b, position, axis,
                             {.start = k * dilations[i], .size = (all - reach) / strides[i] + 1, .step = strides[i]}));
    positions = std::move(finer);
  }
  return positions;
}

std::vector<std::int64_t> for_each_axis(FieldReader& arguments, const char* key, Build& b, std::size_t rank,
                                        const std::vector<std::int64_t>& otherwise, std::int64_t least = 1) {
  std::vector<std::int64_t> numbers = whole_numbers(arguments, key, b).value_or(otherwise);
  if (numbers.size() == 1) numbers.resize(rank, numbers[0]);
  if (numbers.size() != rank || std::ranges::min(numbers) < least)
    arguments.fail(key, arguments.raw(key), fmt::format("{} numbers of at least {}", rank, least));
  return numbers;
}

/// Each patch becomes a vector: (N, H, W, C) -> (N, H', W', h * w * C)
Outputs extract_patches(FieldReader& arguments, Build& b) {
  const std::size_t rank = arguments.raw("size").is_array() ? arguments.raw("size").size() : 2;
  const Pictures pictures(arguments, b, static_cast<int>(rank));
  const auto size = for_each_axis(arguments, "size", b, rank, {}),
             strides = for_each_axis(arguments, "strides", b, rank, size),
             dilations = for_each_axis(arguments, "dilation_rate", b, rank, {1});
  const Json& padding = arguments.raw("padding");
  if (!padding.is_null() && padding != "valid" && padding != "same")
    arguments.fail("padding", padding, "valid or same");
  Formula x = pictures.in();
  if (padding == "same") {
    ops::PadOptions borders{.sizes = std::vector<std::array<std::int64_t, 2>>(rank + 2)};
    for (std::size_t i = 0; i < rank; ++i) {
      const std::int64_t all = x.shape()[static_cast<int>(i) + 1], count = (all + strides[i] - 1) / strides[i];
      const std::int64_t missing =
          std::max<std::int64_t>((count - 1) * strides[i] + (size[i] - 1) * dilations[i] + 1 - all, 0);
      borders.sizes[i + 1] = {missing / 2, missing - missing / 2};
    }
    x = x.with(ops::pad(b.graph, x, borders));
  }
  return pictures.out(
      ops::concatenate(b.graph, window_positions(b, x, size, strides, dilations), static_cast<int>(rank) + 1));
}

/// (N, C, H, W) -> (N, C * h * w, places), as PyTorch's unfold.
Outputs unfold(FieldReader& arguments, Build& b) {
  const Value given = tensor(arguments, "x", b);
  const Shape shape = b.graph.shape(given);
  if (shape.rank() != 4)
    b.fail("shape-rank", fmt::format("operation '{}' needs four axes and gets {}", b.layer().name, shape.str()));
  const auto size = for_each_axis(arguments, "kernel_size", b, 2, {}),
             strides = for_each_axis(arguments, "stride", b, 2, {1}),
             dilations = for_each_axis(arguments, "dilation", b, 2, {1}),
             padding = for_each_axis(arguments, "padding", b, 2, {0}, 0);
  Value x = ops::transpose(b.graph, given, {0, 2, 3, 1});
  x = ops::pad(b.graph, x, {.sizes = {{0, 0}, {padding[0], padding[0]}, {padding[1], padding[1]}, {0, 0}}});
  std::vector<Value> positions = window_positions(b, x, size, strides, dilations);
  for (Value& position : positions) {  // (N, places, C, 1)
    const Shape places = b.graph.shape(position);
    position = ops::reshape(b.graph, position, {places[0], places[1] * places[2], places[3], 1});
  }
  const Value all = ops::concatenate(b.graph, positions, 3);
  return output(
      b, ops::transpose(b.graph,
                        ops::reshape(b.graph, all, {shape[0], b.graph.shape(all)[1], shape[1] * size[0] * size[1]}),
                        {0, 2, 1}));
}

const RegisterOperations registered{
    {"Resize",
     "images=x size interpolation antialias crop_to_aspect_ratio pad_to_aspect_ratio fill_mode fill_value data_format",
     resize},
    {"tf.image.resize", "images=x size method preserve_aspect_ratio antialias", tensorflow_resize},
    {"RGBToGrayscale", "images=x data_format", rgb_to_grayscale},
    {"tf.image.rgb_to_grayscale", "images=x", rgb_to_grayscale},
    {"RGBToHSV", "images=x data_format", rgb_to_hsv},
    {"tf.image.rgb_to_hsv", "images=x", rgb_to_hsv},
    {"HSVToRGB", "images=x data_format", hsv_to_rgb},
    {"tf.image.hsv_to_rgb", "images=x", hsv_to_rgb},
    {"PadImages",
     "images=x top_padding=top left_padding=left bottom_padding=bottom right_padding=right target_height target_width "
     "data_format",
     with_borders<true>},
    {"CropImages",
     "images=x top_cropping=top left_cropping=left bottom_cropping=bottom right_cropping=right target_height "
     "target_width "
     "data_format",
     with_borders<false>},
    {"ExtractPatches", "images=x size strides dilation_rate padding data_format", extract_patches},
    {"Unfold", "x kernel_size dilation padding stride", unfold},
};

}  // namespace
}  // namespace kerascope::operations
