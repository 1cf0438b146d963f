// Operations that move numbers without computing any.
#include <algorithm>

#include "kerascope/error.h"
#include "layers/operations/call.h"
#include "layers/registry.h"
#include "model/json.h"
#include "ops/concatenate.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "ops/transpose.h"

namespace kerascope::operations {
namespace {

Outputs reshape(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  std::vector<std::optional<std::int64_t>> wanted;
  arguments.required("shape", wanted);
  // One size may be -1, or null if it was open when the model was made.
  std::vector<std::int64_t> sizes;
  for (const auto& size : wanted) sizes.push_back(size.value_or(-1));
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
  std::vector<std::int64_t> wanted, sizes = b.graph.shape(x).sizes();
  arguments.required("axis", wanted);
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

Outputs concatenate(FieldReader& arguments, Build& b) {
  const std::vector<Value> xs = tensors(arguments, "xs", b);
  std::int64_t axis = 0;
  arguments("axis", axis);
  return output(b, ops::concatenate(b.graph, xs, b.axis(axis, b.graph.shape(xs[0]).rank())));
}

Outputs stack(FieldReader& arguments, Build& b) {
  std::vector<Value> xs = tensors(arguments, "xs", b);
  std::int64_t wanted = 0;
  arguments("axis", wanted);
  const int axis = b.axis(wanted, b.graph.shape(xs[0]).rank() + 1);
  for (Value& x : xs) {
    std::vector<std::int64_t> sizes = b.graph.shape(x).sizes();
    sizes.insert(sizes.begin() + std::min<std::ptrdiff_t>(axis, std::ssize(sizes)), 1);
    x = ops::reshape(b.graph, x, Shape(sizes));
  }
  return output(b, ops::concatenate(b.graph, xs, axis));
}

std::vector<ops::SliceAxis> whole(const Shape& shape) {
  std::vector<ops::SliceAxis> all;
  for (std::int64_t size : shape) all.push_back({.size = size});
  return all;
}

Outputs flip(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  std::vector<ops::SliceAxis> parts = whole(b.graph.shape(x));
  for (int axis : axes(arguments, "axis", b, b.graph.shape(x).rank()))
    if (ops::SliceAxis& part = parts[static_cast<std::size_t>(axis)]; part.size > 1)
      part = {.start = part.size - 1, .size = part.size, .step = -1};
  return output(b, ops::slice(b.graph, x, std::move(parts)));
}

/// A number of equal parts; or a list: where to cut (Keras), or the size of each part (TensorFlow).
template <bool kSizes>
Outputs split(FieldReader& arguments, Build& b) {
  const Value x = tensor(arguments, "x", b);
  std::int64_t wanted = 0;
  arguments("axis", wanted);
  const int axis = b.axis(wanted, b.graph.shape(x).rank());
  const std::int64_t size = b.graph.shape(x)[axis];
  std::vector<std::int64_t> ends;
  arguments.required("sections", ends);
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
  Outputs outputs;
  std::int64_t begin = 0;
  for (std::int64_t end : ends) {
    std::vector<ops::SliceAxis> parts = whole(b.graph.shape(x));
    parts[static_cast<std::size_t>(axis)] = {.start = begin, .size = end - begin};
    outputs.push_back(output(b, ops::slice(b.graph, x, std::move(parts)))[0]);
    begin = end;
  }
  return outputs;
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
