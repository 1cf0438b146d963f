// A convolution whose kernel differs from place to place; Keras 2 only. (N, H, W, C) -> (N, H', W', filters)
#include "kerascope/error.h"
#include "layers/convolutional/common.h"
#include "layers/registry.h"
#include "ops/binary.h"
#include "ops/concatenate.h"
#include "ops/gather.h"
#include "ops/matmul.h"
#include "ops/pad.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "ops/transpose.h"
#include "ops/window.h"

namespace kerascope::layers {
namespace {

/// The window of all places. Places and the positions in a window are counted row by row.
struct Windows {
  std::array<ops::WindowAxis, 2> axes = {ops::kOnePosition, ops::kOnePosition};  ///< rows, columns
  std::int64_t channels, filters;

  std::int64_t inputs() const { return axes[0].in * axes[1].in; }
  std::int64_t places() const { return axes[0].out * axes[1].out; }
  std::int64_t size() const { return axes[0].size * axes[1].size; }

  /// Calls use(place, position in the window, position in the input) wherever a window is not in the padding.
  template <typename Use>
  void each_connection(Use use) const {
    const auto& [rows, columns] = axes;
    for (std::int64_t place = 0; place < places(); ++place)
      for (std::int64_t at = 0; at < size(); ++at) {
        const std::int64_t row = place / columns.out * rows.stride + at / columns.size - rows.before;
        const std::int64_t column = place % columns.out * columns.stride + at % columns.size - columns.before;
        if (row >= 0 && row < rows.in && column >= 0 && column < columns.in) use(place, at, row * columns.in + column);
      }
  }
};

/// Keras counts a window's padding differently here: half of the kernel is before the place, whatever the strides.
template <int Rank>
Windows windows(const LocallyConnected<Rank>& layer, const Shape& x) {
  ops::WindowOptions options = {.size = {layer.kernel_size.begin(), layer.kernel_size.end()},
                                .strides = {layer.strides.begin(), layer.strides.end()}};
  if (layer.padding == Padding::kSame)
    for (std::size_t axis = 0; axis < Rank; ++axis) {
      const std::int64_t in = x[static_cast<int>(axis) + 1], size = layer.kernel_size[axis];
      const std::int64_t last = (in - 1) / layer.strides[axis] * layer.strides[axis], before = size / 2;
      options.zeros.push_back({before, std::max<std::int64_t>(last + size - before - in, 0)});
    }
  Windows all = {.channels = x.back(), .filters = layer.filters};
  std::ranges::copy(ops::slide("local convolution", x, options), all.axes.end() - Rank);
  return all;
}

/// The numbers of a stored kernel as (places, window, channels, filters), by the row of the table that each is.
Value arranged(Build& b, const Windows& windows, Value table, std::vector<std::int64_t> rows) {
  const Value numbers =
      ops::gather(b.graph, table, b.graph.constant(Tensor::of(Shape{static_cast<std::int64_t>(rows.size())}, rows)));
  return ops::reshape(b.graph, numbers, {windows.places(), windows.size() * windows.channels, windows.filters});
}

/// Implementation 1 stores (places, window.., channels, filters), or channels before the window.
Value kernel_of_places(Build& b, const Windows& windows, bool channels_first) {
  const std::int64_t size = windows.size(), channels = windows.channels;
  const Value stored = b.weight("kernel", {windows.places(), size * channels, windows.filters});
  if (!channels_first) return stored;
  const Value split = ops::reshape(b.graph, stored, {windows.places(), channels, size, windows.filters});
  return ops::reshape(b.graph, ops::transpose(b.graph, split, {0, 2, 1, 3}), b.graph.shape(stored));
}

/// Implementation 2 stores the matrix from all inputs to all outputs.
Value kernel_of_matrix(Build& b, const Windows& windows, Shape shape, bool channels_first) {
  const std::int64_t places = windows.places(), channels = windows.channels, filters = windows.filters;
  Value stored = b.weight("kernel", std::move(shape));
  if (channels_first) {
    stored = ops::reshape(b.graph, stored, {channels, windows.inputs(), filters, places});
    stored = ops::transpose(b.graph, stored, {1, 0, 3, 2});
  }
  std::vector<std::int64_t> rows(static_cast<std::size_t>(places * windows.size() * channels));
  windows.each_connection([&](std::int64_t place, std::int64_t at, std::int64_t input) {
    for (std::int64_t channel = 0; channel < channels; ++channel)
      rows[static_cast<std::size_t>((place * windows.size() + at) * channels + channel)] =
          (input * channels + channel) * places + place;
  });
  const Value table = ops::reshape(b.graph, stored, {windows.inputs() * channels * places, filters});
  return arranged(b, windows, table, std::move(rows));
}

/// Implementation 3 stores the connections of each output (place, filter), in the order of the inputs.
Value kernel_of_connections(Build& b, const Windows& windows, bool channels_first) {
  const std::int64_t channels = windows.channels, filters = windows.filters;
  std::vector<std::int64_t> begin(static_cast<std::size_t>(windows.places()) + 1);  // connections before each place
  windows.each_connection([&](std::int64_t place, auto, auto) { ++begin[static_cast<std::size_t>(place) + 1]; });
  for (std::size_t place = 1; place < begin.size(); ++place) begin[place] += begin[place - 1];
  const std::int64_t all = begin.back();
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(windows.places() * windows.size() * channels * filters));
  std::int64_t done = 0;
  windows.each_connection([&](std::int64_t place, std::int64_t at, auto) {
    const std::int64_t before = begin[static_cast<std::size_t>(place)];
    const std::int64_t count = begin[static_cast<std::size_t>(place) + 1] - before, nth = done++ - before;
    for (std::int64_t channel = 0; channel < channels; ++channel)
      for (std::int64_t filter = 0; filter < filters; ++filter) {
        const std::int64_t number = channels_first ? (filter * all + before) * channels + channel * count + nth
                                                   : (before * filters + filter * count + nth) * channels + channel;
        numbers[static_cast<std::size_t>(((place * windows.size() + at) * channels + channel) * filters + filter)] =
            number;
      }
  });
  const Value stored = b.weight("kernel", {all * channels * filters});
  return arranged(b, windows, ops::reshape(b.graph, stored, {all * channels * filters, 1}), std::move(numbers));
}

/// What each window reads: (N, H, W, C) -> (N, places, 1, window * C).
Value patches(Build& b, Value x, const Windows& windows) {
  const Shape given = b.graph.shape(x);
  x = ops::reshape(b.graph, x, {given[0], windows.axes[0].in, windows.axes[1].in, given.back()});
  const auto border = [&](int axis) {
    const ops::WindowAxis& window = windows.axes[static_cast<std::size_t>(axis)];
    return std::array<std::int64_t, 2>{window.before, window.after};
  };
  x = ops::pad(b.graph, x, {.sizes = {{0, 0}, border(0), border(1), {0, 0}}});
  // The inner axis first, so that the windows are in the order of rows, columns, channels.
  for (const int axis : {2, 1}) {
    const ops::WindowAxis& window = windows.axes[static_cast<std::size_t>(axis - 1)];
    std::vector<Value> parts;
    for (std::int64_t at = 0; at < window.size; ++at) {
      std::vector<ops::SliceAxis> slice;
      for (const std::int64_t size : b.graph.shape(x)) slice.push_back({.size = size});
      slice[static_cast<std::size_t>(axis)] = {.start = at, .size = window.out, .step = window.stride};
      parts.push_back(ops::slice(b.graph, x, std::move(slice)));
    }
    x = ops::concatenate(b.graph, parts, -1);
  }
  return ops::reshape(b.graph, x, {given[0], windows.places(), 1, windows.size() * windows.channels});
}

}  // namespace

void fields(of_rank<LocallyConnected> auto& layer, auto&& field) {
  field.required("filters", layer.filters);
  field.required("kernel_size", layer.kernel_size);
  field("strides", layer.strides);
  field("padding", layer.padding);
  field("data_format", layer.data_format);
  field("activation", layer.activation);
  field("use_bias", layer.use_bias);
  field("implementation", layer.implementation);
}

template <int Rank>
Outputs build(const LocallyConnected<Rank>& layer, Build& b) {
  b.require_at_least(1, "filters", layer.filters);
  b.require_at_least(1, "kernel_size", layer.kernel_size);
  b.require_at_least(1, "strides", layer.strides);
  b.require_rank(Rank + 2);
  if (layer.implementation < 1 || layer.implementation > 3)
    b.refuse("implementation", fmt::format("{}", layer.implementation), "1, 2 or 3");
  if (layer.implementation == 1 && layer.padding != Padding::kValid)
    b.refuse("padding", "same", "valid, the only one that implementation 1 has");
  const bool channels_first = layer.data_format == DataFormat::kChannelsFirst;
  const Value x = channels_last(b, b.input(), layer.data_format);
  const Shape in = b.graph.shape(x);
  kernel_shape(layer.kernel_size, in.back(), layer.filters);
  const Windows own = windows(layer, in);
  // The graph has an operation for each row and column of the window, and the indices of kernels 2 and 3, before the
  // file's weights are seen to be there.
  constexpr std::int64_t kLongest = 1 << 12, kMost = 1 << 27;
  const Shape all = {own.places(), own.axes[0].size, own.axes[1].size, own.channels, own.filters};
  if (std::max(own.axes[0].size, own.axes[1].size) > kLongest || (layer.implementation > 1 && all.elements() > kMost))
    b.fail("size-too-large", fmt::format("layer '{}' ({}) has a kernel of {} for each of {} places, which Kerascope "
                                         "does not support",
                                         b.layer().name, b.layer().class_name, all.slice(1, 5).str(), own.places()));
  const auto sizes = [&](const Shape& spatial, std::int64_t last) {
    std::vector<std::int64_t> order(spatial.begin(), spatial.end());
    order.insert(channels_first ? order.begin() : order.end(), last);
    return order;
  };
  std::vector<std::int64_t> spatial_out;
  for (int axis = 0; axis < Rank; ++axis)
    spatial_out.push_back(own.axes[static_cast<std::size_t>(2 - Rank + axis)].out);
  const Shape out(spatial_out);

  Value kernel;
  if (layer.implementation == 1) {
    kernel = kernel_of_places(b, own, channels_first);
  } else if (layer.implementation == 2) {
    std::vector<std::int64_t> shape = sizes(in.slice(1, Rank + 1), own.channels);
    const std::vector<std::int64_t> outputs = sizes(out, own.filters);
    shape.insert(shape.end(), outputs.begin(), outputs.end());
    kernel = kernel_of_matrix(b, own, Shape(std::move(shape)), channels_first);
  } else {
    kernel = kernel_of_connections(b, own, channels_first);
  }
  const Value products = ops::matmul(b.graph, patches(b, x, own), kernel);  // (N, places, 1, filters)
  std::vector<std::int64_t> result = {in[0]};
  result.insert(result.end(), spatial_out.begin(), spatial_out.end());
  result.push_back(own.filters);
  Value y = from_channels_last(b, ops::reshape(b.graph, products, Shape(std::move(result))), layer.data_format);
  if (layer.use_bias) {
    // Channels first or not, (H', W', filters) is stored, and Keras reads these numbers in the order of the output.
    std::vector<std::int64_t> stored = spatial_out;
    stored.push_back(own.filters);
    const Value bias = b.weight("bias", Shape(std::move(stored)));
    y = ops::binary(b.graph, y, ops::reshape(b.graph, bias, Shape(sizes(out, own.filters))), ops::Binary::kAdd);
  }
  return activated(b, y, layer.activation, map_axes(layer.data_format, Rank));
}

const Register<LocallyConnected1D> registered_1d{"LocallyConnected1D"};
const Register<LocallyConnected2D> registered_2d{"LocallyConnected2D"};

}  // namespace kerascope::layers
