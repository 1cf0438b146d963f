// Operations that move numbers without computing any.
#include <algorithm>
#include <numeric>

#include "base/text.h"
#include "kerascope/error.h"
#include "layers/operations/call.h"
#include "layers/operations/layout.h"
#include "layers/registry.h"
#include "model/json.h"
#include "ops/cast.h"
#include "ops/concatenate.h"
#include "ops/pad.h"
#include "ops/reshape.h"
#include "ops/transpose.h"

namespace kerascope::operations {
namespace {

Outputs reshape(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  // One size may be -1, or null if it was open when the model was made.
  const std::vector<std::int64_t> sizes = required_numbers(arguments, "shape", b);
  const std::optional<Shape> shape = ops::completed_shape(Shape(sizes), b.graph.shape(x).elements());
  if (!shape)
    b.fail("shape-mismatch", fmt::format("operation '{}' makes {} of {}, which has {} numbers", b.layer().name,
                                         Shape(sizes).str(), b.graph.shape(x).str(), b.graph.shape(x).elements()));
  return output(b, ops::reshape(b.graph, x, *shape));
}

Outputs transpose(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  std::vector<int> order = axes(arguments, "axes", b, b.graph.shape(x).rank());
  if (arguments.raw("axes").is_null()) std::reverse(order.begin(), order.end());
  const Value y = ops::transpose(b.graph, x, order);
  if (order.empty() || order[0] != 0) return b.usual(y);
  const std::string given = roles_of(b, x);
  std::string roles;
  for (std::size_t i = 1; i < order.size(); ++i) roles += given[static_cast<std::size_t>(order[i]) - 1];
  return b.with_axes(y, roles);
}

/// The axes are counted in the output.
Outputs expand_dims(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  const std::vector<std::int64_t> wanted = required_numbers(arguments, "axis", b);
  std::vector<std::int64_t> sizes = b.graph.shape(x).sizes();
  const int rank = static_cast<int>(sizes.size() + wanted.size());
  std::vector<int> places;
  for (std::int64_t axis : wanted) places.push_back(b.axis(axis, rank));
  std::sort(places.begin(), places.end());
  for (int place : places) sizes.insert(sizes.begin() + place, 1);
  return output(b, ops::reshape(b.graph, x, Shape(sizes)));
}

Outputs squeeze(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  const Shape& shape = b.graph.shape(x);
  const std::vector<int> which = axes(arguments, "axis", b, shape.rank());
  const bool all = arguments.raw("axis").is_null();
  std::vector<std::int64_t> sizes;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const bool named = std::count(which.begin(), which.end(), axis) > 0;
    if (named && !all && shape[axis] != 1)
      b.fail("shape-mismatch", fmt::format("operation '{}' squeezes axis {} of {}, whose size is not 1", b.layer().name,
                                           axis, shape.str()));
    if (!named || shape[axis] != 1) sizes.push_back(shape[axis]);
  }
  return output(b, ops::reshape(b.graph, x, Shape(sizes)));
}

/// The type that several tensors have together.
std::vector<Value> of_one_type(Build& b, std::vector<Value> xs) {
  DType type = b.graph.dtype(xs[0]);
  for (const Value x : xs) type = ops::common_type(type, b.graph.dtype(x));
  for (Value& x : xs) x = ops::cast(b.graph, x, type);
  return xs;
}

Value joined(Build& b, const std::vector<Value>& xs, std::int64_t axis) {
  return ops::concatenate(b.graph, of_one_type(b, xs), b.axis(axis, b.graph.shape(xs[0]).rank()));
}

Outputs concatenate(FieldReader& arguments, Build& b) {
  const std::vector<Value> xs = tensors(arguments, "xs", b);
  return output(b, joined(b, xs, whole_number(arguments, "axis", b, 0)));
}

Outputs stack(FieldReader& arguments, Build& b) {
  std::vector<Value> xs = tensors(arguments, "xs", b);
  const int axis = b.axis(whole_number(arguments, "axis", b, 0), b.graph.shape(xs[0]).rank() + 1);
  for (Value& x : xs) x = with_axis(b, x, std::min(axis, b.graph.shape(x).rank()));
  return output(b, joined(b, xs, axis));
}

/// A tensor with at least `rank` axes; what is missing is put where NumPy's atleast_2d and atleast_3d do.
Value at_least(Build& b, Value x, int rank) {
  while (b.graph.shape(x).rank() < rank) {
    const int has = b.graph.shape(x).rank();
    x = with_axis(b, x, rank == 3 && has == 2 ? 2 : 0);
  }
  return x;
}

/// vstack, hstack and dstack.
template <int kRank, int kAxis>
Outputs stack_along(FieldReader& arguments, Build& b) {
  std::vector<Value> xs = tensors(arguments, "xs", b);
  for (Value& x : xs) x = at_least(b, x, kRank);
  return output(b, joined(b, xs, std::min(kAxis, b.graph.shape(xs[0]).rank() - 1)));
}

/// Without an axis, both are flattened.
Outputs append(FieldReader& arguments, Build& b) {
  std::vector<Value> xs = {tensor(arguments, "x1", b), tensor(arguments, "x2", b)};
  if (arguments.raw("axis").is_null())
    for (Value& x : xs) x = ops::reshape(b.graph, x, {b.graph.shape(x).elements()});
  return output(b, joined(b, xs, whole_number(arguments, "axis", b, 0)));
}

Outputs unstack(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  const int axis = b.axis(whole_number(arguments, "axis", b, 0), b.graph.shape(x).rank());
  const std::int64_t count = whole_number(arguments, "num", b, b.graph.shape(x)[axis]);
  if (count != b.graph.shape(x)[axis])
    arguments.fail("num", arguments.raw("num"), fmt::format("the axis's size {}", b.graph.shape(x)[axis]));
  Outputs outputs;
  for (std::int64_t i = 0; i < count; ++i)
    outputs.push_back(output(b, without_axis(b, part(b, x, axis, {.start = i, .size = 1}), axis))[0]);
  return outputs;
}

Outputs ravel(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  return output(b, ops::reshape(b.graph, x, {b.graph.shape(x).elements()}));
}

Outputs swapaxes(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  const int rank = b.graph.shape(x).rank();
  std::vector<int> order(static_cast<std::size_t>(rank));
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[static_cast<std::size_t>(b.axis(whole_number(arguments, "axis1", b, 0), rank))],
            order[static_cast<std::size_t>(b.axis(whole_number(arguments, "axis2", b, 0), rank))]);
  return output(b, ops::transpose(b.graph, x, order));
}

Outputs moveaxis(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  const int rank = b.graph.shape(x).rank();
  const std::vector<int> from = axes(arguments, "source", b, rank), to = axes(arguments, "destination", b, rank);
  if (from.size() != to.size()) arguments.fail("destination", arguments.raw("destination"), "as many axes as source");
  std::vector<int> order(static_cast<std::size_t>(rank), -1), rest;
  for (std::size_t i = 0; i < from.size(); ++i) order[static_cast<std::size_t>(to[i])] = from[i];
  for (int axis = 0; axis < rank; ++axis)
    if (!std::ranges::count(from, axis)) rest.push_back(axis);
  auto next = rest.begin();
  for (int& place : order)
    if (place < 0 && next != rest.end()) place = *next++;
  return output(b, ops::transpose(b.graph, x, order));
}

Outputs broadcast(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  std::vector<std::int64_t> sizes = required_numbers(arguments, "shape", b);
  // -1, in TensorFlow, keeps a size, as null does that was open.
  const auto missing = std::ssize(sizes) - b.graph.shape(x).rank();
  for (std::size_t i = 0; i < sizes.size(); ++i)
    if (sizes[i] < 0 && static_cast<std::ptrdiff_t>(i) >= missing)
      sizes[i] = b.graph.shape(x)[static_cast<int>(static_cast<std::ptrdiff_t>(i) - missing)];
  return output(b, broadcast_to(b, x, Shape(sizes)));
}

/// Each number of an axis several times in a row.
Value each_repeated(Build& b, Value x, int axis, std::int64_t times) {
  std::vector<std::int64_t> sizes = b.graph.shape(x).sizes();
  sizes[static_cast<std::size_t>(axis)] *= times;
  const Value wide = with_axis(b, x, axis + 1);
  return ops::reshape(b.graph, part(b, wide, axis + 1, {.start = 0, .size = times, .step = 0}), Shape(sizes));
}

/// The whole axis several times.
Value all_repeated(Build& b, Value x, int axis, std::int64_t times) {
  std::vector<std::int64_t> sizes = b.graph.shape(x).sizes();
  sizes[static_cast<std::size_t>(axis)] *= times;
  const Value wide = with_axis(b, x, axis);
  return ops::reshape(b.graph, part(b, wide, axis, {.start = 0, .size = times, .step = 0}), Shape(sizes));
}

Outputs tile(FieldReader& arguments, Build& b) {
  Value x = tensor(arguments, "x", b);
  std::vector<std::int64_t> repeats = required_numbers(arguments, "repeats", b);
  while (std::ssize(repeats) > b.graph.shape(x).rank()) x = with_axis(b, x, 0);
  while (std::ssize(repeats) < b.graph.shape(x).rank()) repeats.insert(repeats.begin(), 1);
  for (std::size_t axis = 0; axis < repeats.size(); ++axis) {
    if (repeats[axis] < 0) arguments.fail("repeats", arguments.raw("repeats"), "made of numbers that are not negative");
    if (repeats[axis] != 1) x = all_repeated(b, x, static_cast<int>(axis), repeats[axis]);
  }
  return output(b, x);
}

/// One number of repetitions, or one for each place of the axis.
Outputs repeat(FieldReader& arguments, Build& b) {
  Value x = tensor(arguments, "x", b);
  const std::vector<std::int64_t> repeats = required_numbers(arguments, "repeats", b);
  if (arguments.raw("axis").is_null()) x = ops::reshape(b.graph, x, {b.graph.shape(x).elements()});
  const int axis = b.axis(whole_number(arguments, "axis", b, 0), b.graph.shape(x).rank());
  if (std::ranges::any_of(repeats, [](std::int64_t times) { return times < 0; }) ||
      (repeats.size() != 1 && std::ssize(repeats) != b.graph.shape(x)[axis]))
    arguments.fail("repeats", arguments.raw("repeats"), fmt::format("one number, or {}", b.graph.shape(x)[axis]));
  if (repeats.size() == 1) return output(b, each_repeated(b, x, axis, repeats[0]));
  std::vector<Value> parts;
  for (std::size_t i = 0; i < repeats.size(); ++i)
    parts.push_back(part(b, x, axis, {.start = static_cast<std::int64_t>(i), .size = repeats[i], .step = 0}));
  return output(b, ops::concatenate(b.graph, parts, axis));
}

Value rolled(Build& b, Value x, int axis, std::int64_t shift) {
  const std::int64_t size = b.graph.shape(x)[axis];
  if (size == 0) return x;
  const std::int64_t first = ((-shift) % size + size) % size;
  if (first == 0) return x;
  return ops::concatenate(
      b.graph, {part(b, x, axis, {.start = first, .size = size - first}), part(b, x, axis, {.size = first})}, axis);
}

Outputs roll(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  std::vector<std::int64_t> shifts = required_numbers(arguments, "shift", b);
  if (arguments.raw("axis").is_null()) {
    if (shifts.size() != 1) arguments.fail("shift", arguments.raw("shift"), "one number");
    const Value flat = ops::reshape(b.graph, x, {b.graph.shape(x).elements()});
    return output(b, ops::reshape(b.graph, rolled(b, flat, 0, shifts[0]), b.graph.shape(x)));
  }
  const std::vector<int> along = axes(arguments, "axis", b, b.graph.shape(x).rank());
  if (shifts.size() == 1) shifts.resize(along.size(), shifts[0]);
  if (shifts.size() != along.size()) arguments.fail("shift", arguments.raw("shift"), "one number for each axis");
  Value y = x;
  for (std::size_t i = 0; i < along.size(); ++i) y = rolled(b, y, along[i], shifts[i]);
  return output(b, y);
}

Value flipped(Build& b, Value x, int axis) {
  const std::int64_t size = b.graph.shape(x)[axis];
  return size < 2 ? x : part(b, x, axis, {.start = size - 1, .size = size, .step = -1});
}

template <int kAxis>
Outputs flip_axis(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  return output(b, flipped(b, x, b.axis(kAxis, b.graph.shape(x).rank())));
}

/// Counter-clockwise, from the first axis towards the second.
Outputs rot90(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  const int rank = b.graph.shape(x).rank();
  std::vector<int> plane = {0, 1};
  if (!arguments.raw("axes").is_null()) plane = axes(arguments, "axes", b, rank);
  if (plane.size() != 2 || plane[0] == plane[1] || rank < 2)
    arguments.fail("axes", arguments.raw("axes"), "two different axes");
  std::vector<int> order(static_cast<std::size_t>(rank));
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[static_cast<std::size_t>(plane[0])], order[static_cast<std::size_t>(plane[1])]);
  Value y = x;
  const std::int64_t k = (whole_number(arguments, "k", b, 1) % 4 + 4) % 4;
  if (k == 2 && b.graph.shape(x)[plane[0]] != b.graph.shape(x)[plane[1]])
    b.fail("layer-unsupported",
           fmt::format("operation '{}' turns {} by 180 degrees, which Keras computes differently on "
                       "each backend",
                       b.layer().name, b.graph.shape(x).str()));
  for (std::int64_t turns = k; turns > 0; --turns) y = ops::transpose(b.graph, flipped(b, y, plane[1]), order);
  return output(b, y);
}

/// The padding of each axis, [before, after]: one number or one pair stands for all axes.
std::vector<std::array<std::int64_t, 2>> paddings(FieldReader& arguments, Build& b, int rank) {
  const Json& given = arguments.raw("pad_width");
  std::vector<std::int64_t> numbers;
  if (given.is_array() && !given.empty() && given[0].is_array()) {
    for (const Json& pair : given)
      for (const Json& number : pair) {
        if (!number.is_number_integer()) arguments.fail("pad_width", given, "made of whole numbers");
        numbers.push_back(number.get<std::int64_t>());
      }
  } else {
    numbers = required_numbers(arguments, "pad_width", b);
  }
  if (numbers.size() == 1) numbers.push_back(numbers[0]);
  std::vector<std::array<std::int64_t, 2>> sizes;
  for (int axis = 0; axis < rank; ++axis) {
    const std::size_t at = numbers.size() == 2 ? 0 : 2 * static_cast<std::size_t>(axis);
    if (numbers.size() != 2 && numbers.size() != 2 * static_cast<std::size_t>(rank))
      arguments.fail("pad_width", given, fmt::format("two numbers for each of {} axes", rank));
    if (numbers[at] < 0 || numbers[at + 1] < 0)
      arguments.fail("pad_width", given, "made of numbers that are not negative");
    sizes.push_back({numbers[at], numbers[at + 1]});
  }
  return sizes;
}

/// What the axis holds at its ends, mirrored around the first and last number, or including them.
Value mirrored(FieldReader& arguments, Build& b, Value x, int axis, const std::array<std::int64_t, 2>& sizes,
               bool with_edge) {
  const std::int64_t size = b.graph.shape(x)[axis], room = with_edge ? size : size - 1;
  if (sizes[0] > room || sizes[1] > room)
    arguments.fail("pad_width", arguments.raw("pad_width"), fmt::format("at most {} along axis {}", room, axis));
  std::vector<Value> parts;
  if (sizes[0] > 0)
    parts.push_back(part(b, x, axis, {.start = with_edge ? sizes[0] - 1 : sizes[0], .size = sizes[0], .step = -1}));
  parts.push_back(x);
  if (sizes[1] > 0)
    parts.push_back(part(b, x, axis, {.start = with_edge ? size - 1 : size - 2, .size = sizes[1], .step = -1}));
  return parts.size() == 1 ? x : ops::concatenate(b.graph, parts, axis);
}

Outputs pad(FieldReader& arguments, Build& b) {
  Value x = tensor(arguments, "x", b);
  const int rank = b.graph.shape(x).rank();
  const auto sizes = paddings(arguments, b, rank);
  const std::string mode =
      arguments.raw("mode").is_null() ? "constant" : text::lower(arguments.raw("mode").get<std::string>());
  if (mode == "constant") {
    const std::optional<Tensor> fill = known_tensor(arguments, "constant_values", b);
    if (fill && fill->size() != 1) arguments.fail("constant_values", arguments.raw("constant_values"), "one number");
    const DType type = b.graph.dtype(x);
    const Value padded =
        ops::pad(b.graph, x, {.sizes = sizes, .fill = fill ? fill->astype(DType::kFloat32).data()[0] : 0});
    return output(b, ops::cast(b.graph, padded, type));
  }
  arguments.ignored("constant_values");  // TensorFlow writes 0
  if (mode != "reflect" && mode != "symmetric") arguments.fail("mode", mode, "constant, reflect or symmetric");
  for (int axis = 0; axis < rank; ++axis)
    x = mirrored(arguments, b, x, axis, sizes[static_cast<std::size_t>(axis)], mode == "symmetric");
  return output(b, x);
}

/// From a start, of a shape; -1 means up to the end.
Outputs slice(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  const Shape& shape = b.graph.shape(x);
  const std::vector<std::int64_t> starts = required_numbers(arguments, "start", b),
                                  sizes = required_numbers(arguments, "shape", b);
  if (std::ssize(starts) != shape.rank() || std::ssize(sizes) != shape.rank())
    arguments.fail("shape", arguments.raw("shape"), fmt::format("one number for each of {} axes", shape.rank()));
  std::vector<ops::SliceAxis> parts;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const std::int64_t start = starts[static_cast<std::size_t>(axis)], size = sizes[static_cast<std::size_t>(axis)];
    parts.push_back({.start = start, .size = size < 0 ? shape[axis] - start : size});
  }
  return output(b, ops::slice(b.graph, x, parts));
}

/// Replaces a part of x, which lies within it.
Outputs slice_update(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b), updates = tensor(arguments, "updates", b);
  const std::vector<std::int64_t> starts = required_numbers(arguments, "start", b);
  const Shape shape = b.graph.shape(x), size = b.graph.shape(updates);
  if (std::ssize(starts) != shape.rank() || size.rank() != shape.rank())
    arguments.fail("start", arguments.raw("start"), fmt::format("one number for each of {} axes", shape.rank()));
  // From the last axis outwards: x before the part, the part, x behind it.
  Value inner = ops::cast(b.graph, updates, b.graph.dtype(x));
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    const std::int64_t from = std::clamp<std::int64_t>(starts[static_cast<std::size_t>(axis)], 0,
                                                       shape[axis] - size[axis]),
                       to = from + size[axis];
    std::vector<ops::SliceAxis> parts = whole(shape);
    for (int outer = 0; outer < axis; ++outer)
      parts[static_cast<std::size_t>(outer)] = {
          .start = std::clamp<std::int64_t>(starts[static_cast<std::size_t>(outer)], 0, shape[outer] - size[outer]),
          .size = size[outer]};
    std::vector<Value> row;
    const auto add = [&](std::int64_t begin, std::int64_t end) {
      if (begin == end) return;
      parts[static_cast<std::size_t>(axis)] = {.start = begin, .size = end - begin};
      row.push_back(ops::slice(b.graph, x, parts));
    };
    add(0, from);
    row.push_back(inner);
    add(to, shape[axis]);
    inner = row.size() == 1 ? inner : ops::concatenate(b.graph, row, axis);
  }
  return output(b, inner);
}

Outputs meshgrid(FieldReader& arguments, Build& b) {
  const std::vector<Value> xs = tensors(arguments, "xs", b);
  const Json& indexing = arguments.raw("indexing");
  const bool swaps = (indexing.is_null() || indexing == "xy") && xs.size() > 1;
  if (!indexing.is_null() && indexing != "xy" && indexing != "ij") arguments.fail("indexing", indexing, "xy or ij");
  const auto axis_of = [&](std::size_t i) { return swaps && i < 2 ? 1 - i : i; };
  std::vector<std::int64_t> sizes(xs.size());
  for (std::size_t i = 0; i < xs.size(); ++i) sizes[axis_of(i)] = b.graph.shape(xs[i]).elements();
  Outputs outputs;
  for (std::size_t i = 0; i < xs.size(); ++i) {
    std::vector<std::int64_t> own(xs.size(), 1);
    own[axis_of(i)] = sizes[axis_of(i)];
    outputs.push_back(output(b, broadcast_to(b, ops::reshape(b.graph, xs[i], Shape(own)), Shape(sizes)))[0]);
  }
  return outputs;
}

/// Overlapping pieces of the last axis.
Outputs extract_sequences(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  const std::int64_t length = whole_number(arguments, "sequence_length", b, 0),
                     stride = whole_number(arguments, "sequence_stride", b, 0);
  const int last = b.axis(-1, b.graph.shape(x).rank());
  const std::int64_t size = b.graph.shape(x)[last];
  if (length < 1 || stride < 1 || length > size)
    arguments.fail("sequence_length", arguments.raw("sequence_length"), fmt::format("from 1 to {}", size));
  const std::int64_t count = (size - length) / stride + 1;
  // The k-th numbers of all pieces are `stride` apart.
  std::vector<Value> columns;
  for (std::int64_t k = 0; k < length; ++k)
    columns.push_back(with_axis(b, part(b, x, last, {.start = k, .size = count, .step = stride}), last + 1));
  return output(b, ops::concatenate(b.graph, columns, last + 1));
}

Outputs flip(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  std::vector<ops::SliceAxis> parts = whole(b.graph.shape(x));
  for (int axis : axes(arguments, "axis", b, b.graph.shape(x).rank()))
    if (ops::SliceAxis& part = parts[static_cast<std::size_t>(axis)]; part.size > 1)
      part = {.start = part.size - 1, .size = part.size, .step = -1};
  return output(b, ops::slice(b.graph, x, std::move(parts)));
}

Outputs cut_at(Build& b, Value x, int axis, const std::vector<std::int64_t>& ends) {
  Outputs outputs;
  std::int64_t begin = 0;
  for (const std::int64_t end : ends) {
    outputs.push_back(output(b, part(b, x, axis, {.start = begin, .size = end - begin}))[0]);
    begin = end;
  }
  return outputs;
}

/// A number of equal parts; or a list: where to cut (Keras), or the size of each part (TensorFlow).
template <bool kSizes>
Outputs split_along(FieldReader& arguments, Build& b, Value x, int axis) {
  const std::int64_t size = b.graph.shape(x)[axis];
  std::vector<std::int64_t> ends = required_numbers(arguments, "sections", b);
  const Json& sections = arguments.raw("sections");
  if (!sections.is_array()) {
    const std::int64_t count = ends[0];
    if (count < 1 || count > size || size % count != 0)
      arguments.fail("sections", sections, fmt::format("a number that divides {}", size));
    ends.clear();
    for (std::int64_t i = 1; i <= count; ++i) ends.push_back(i * size / count);
  } else if (kSizes) {
    std::int64_t end = 0;
    for (std::int64_t& entry : ends) entry = end += entry;
    if (end != size) arguments.fail("sections", sections, fmt::format("sizes that make up {}", size));
  } else {
    ends.push_back(size);
  }
  return cut_at(b, x, axis, ends);
}

template <bool kSizes>
Outputs split(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  return split_along<kSizes>(arguments, b, x, b.axis(whole_number(arguments, "axis", b, 0), b.graph.shape(x).rank()));
}

/// vsplit, hsplit and dsplit.
template <int kAxis>
Outputs split_axis(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  const int rank = b.graph.shape(x).rank();
  return split_along<false>(arguments, b, x, b.axis(kAxis == 1 && rank == 1 ? 0 : kAxis, rank));
}

/// Parts of which the first may be larger by one.
Outputs array_split(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  const int axis = b.axis(whole_number(arguments, "axis", b, 0), b.graph.shape(x).rank());
  const std::int64_t size = b.graph.shape(x)[axis], count = whole_number(arguments, "sections", b, 0);
  if (count < 1) arguments.fail("sections", arguments.raw("sections"), "a number of parts");
  std::vector<std::int64_t> ends;
  for (std::int64_t i = 1; i <= count; ++i) ends.push_back(i * (size / count) + std::min(i, size % count));
  return cut_at(b, x, axis, ends);
}

/// Python's x[start:stop:step] along an axis of `size`.
ops::SliceAxis python_slice(FieldReader& arguments, const Json& entry, std::int64_t size) {
  const Json& from = entry.contains("config") ? entry["config"] : entry;
  const auto bound = [&](const char* key, std::int64_t otherwise, std::int64_t least, std::int64_t most) {
    const Json& value = member(from, key);
    if (value.is_null()) return otherwise;
    if (!value.is_number_integer()) arguments.fail("key", entry, "a slice of whole numbers");
    const auto number = value.get<std::int64_t>();
    return std::clamp(number < 0 ? number + size : number, least, most);
  };
  const Json& given = member(from, "step");
  if (!given.is_null() && (!given.is_number_integer() || given == 0))
    arguments.fail("key", entry, "a slice with a step other than 0");
  const std::int64_t step =
      given.is_null() ? 1 : std::clamp<std::int64_t>(given.get<std::int64_t>(), -size - 1, size + 1);
  const bool forward = step > 0;
  const std::int64_t least = forward ? 0 : -1, most = forward ? size : size - 1;
  const std::int64_t start = bound("start", forward ? least : most, least, most);
  const std::int64_t stop = bound("stop", forward ? most : least, least, most);
  const std::int64_t count = forward ? (stop - start + step - 1) / step : (start - stop - step - 1) / -step;
  return {.start = start, .size = std::max<std::int64_t>(count, 0), .step = step};
}

/// An index; if it is negative, it counts from the end.
std::int64_t index(FieldReader& arguments, const Json& entry, std::int64_t size) {
  const auto number = entry.get<std::int64_t>();
  if (number < -size || number >= size) arguments.fail("key", entry, fmt::format("within an axis of {}", size));
  return number < 0 ? number + size : number;
}

/// x[key]: slices, numbers, an ellipsis, null for a new axis.
Outputs get_item(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  const Shape& shape = b.graph.shape(x);
  const Json& raw = arguments.raw("key");
  const Json& value = text_or(raw, "class_name", "") == "__tuple__" ? member(raw, "config") : raw;
  Json entries = value.is_array() ? value : Json::array({value});
  const auto is_ellipsis = [](const Json& entry) { return text_or(entry, "class_name", "") == "__ellipsis__"; };
  if (std::none_of(entries.begin(), entries.end(), is_ellipsis)) entries.push_back({{"class_name", "__ellipsis__"}});
  const auto takes_no_axis = [&](const Json& entry) { return entry.is_null() || is_ellipsis(entry); };
  const std::int64_t named = std::count_if(entries.begin(), entries.end(), std::not_fn(takes_no_axis));
  if (named > shape.rank() || std::count_if(entries.begin(), entries.end(), is_ellipsis) != 1)
    arguments.fail("key", raw, fmt::format("a key for {} axes", shape.rank()));

  std::vector<ops::SliceAxis> parts = whole(shape);
  std::vector<std::int64_t> sizes;
  const std::string given = roles_of(b, x);
  std::string roles;
  int axis = 0;
  const auto keep = [&](std::int64_t size) {
    sizes.push_back(size);
    if (axis > 0) roles += given[static_cast<std::size_t>(axis) - 1];
    ++axis;
  };
  for (const Json& entry : entries) {
    if (is_ellipsis(entry)) {
      for (std::int64_t i = shape.rank() - named; i > 0; --i) keep(shape[axis]);
    } else if (entry.is_null()) {
      sizes.push_back(1);
    } else if (entry.is_number_integer()) {
      parts[static_cast<std::size_t>(axis)] = {.start = index(arguments, entry, shape[axis]), .size = 1};
      ++axis;
    } else if (entry.is_object()) {
      const ops::SliceAxis part = python_slice(arguments, entry, shape[axis]);
      parts[static_cast<std::size_t>(axis)] = part;
      keep(part.size);
    } else {
      arguments.fail("key", raw, "made of slices and whole numbers");
    }
  }
  const Value part = ops::slice(b.graph, x, std::move(parts));
  const Value y = ops::reshape(b.graph, part, Shape(sizes));
  return roles.size() + 1 == sizes.size() ? b.with_axes(y, roles) : b.usual(y);
}

const RegisterOperations registered{
    {"Reshape", "x newshape=shape", reshape},
    {"tf.reshape", "tensor=x shape", reshape},
    {"Transpose", "x axes", transpose},
    {"tf.transpose tf.compat.v1.transpose", "a=x perm=axes", transpose},
    {"ExpandDims", "x axis", expand_dims},
    {"tf.expand_dims", "input=x axis", expand_dims},
    {"Squeeze", "x axis", squeeze},
    {"tf.squeeze tf.compat.v1.squeeze", "input=x axis", squeeze},
    {"Concatenate", "xs axis", concatenate},
    {"tf.concat", "values=xs axis", concatenate},
    {"Stack", "x=xs axis", stack},
    {"Vstack", "xs", stack_along<2, 0>},
    {"Hstack", "xs", stack_along<1, 1>},
    {"Dstack", "xs", stack_along<3, 2>},
    {"Append", "x1 x2 axis", append},
    {"Unstack", "x num axis", unstack},
    {"tf.unstack", "value=x num axis", unstack},
    {"Ravel", "x", ravel},
    {"Swapaxes", "x axis1 axis2", swapaxes},
    {"Moveaxis", "x source destination", moveaxis},
    {"BroadcastTo", "x shape", broadcast},
    {"tf.broadcast_to", "input=x shape", broadcast},
    {"Tile", "x repeats", tile},
    {"tf.tile", "input=x multiples=repeats", tile},
    {"Repeat", "x repeats axis", repeat},
    {"tf.repeat", "input=x repeats axis", repeat},
    {"Roll", "x shift axis", roll},
    {"tf.roll", "input=x shift axis", roll},
    {"Fliplr", "x", flip_axis<1>},
    {"Flipud", "x", flip_axis<0>},
    {"tf.image.flip_left_right", "image=x", flip_axis<-2>},
    {"tf.image.flip_up_down", "image=x", flip_axis<-3>},
    {"Rot90", "array=x k axes", rot90},
    {"Pad", "x constant_values pad_width mode", pad},
    {"tf.pad tf.compat.v1.pad", "tensor=x paddings=pad_width mode constant_values", pad},
    {"Slice", "inputs=x start_indices=start shape", slice},
    {"tf.slice", "input_=x begin=start size=shape", slice},
    {"SliceUpdate", "inputs=x start_indices=start updates", slice_update},
    {"Meshgrid", "*xs indexing", meshgrid},
    {"tf.meshgrid", "*xs indexing", meshgrid},
    {"ExtractSequences", "x sequence_length sequence_stride", extract_sequences},
    {"Hsplit", "x indices_or_sections=sections", split_axis<1>},
    {"Vsplit", "x indices_or_sections=sections", split_axis<0>},
    {"Dsplit", "x indices_or_sections=sections", split_axis<2>},
    {"ArraySplit", "x indices_or_sections=sections axis", array_split},
    {"tf.stack", "values=xs axis", stack},
    {"Flip", "x axis", flip},
    {"tf.reverse", "tensor=x axis", flip},
    {"Split", "x indices_or_sections=sections axis", split<false>},
    {"tf.split", "value=x num_or_size_splits=sections axis", split<true>},
    {"GetItem", "x key", get_item},
    {"tf.__operators__.getitem", "tensor=x slice_spec=key", get_item},
};

}  // namespace
}  // namespace kerascope::operations
