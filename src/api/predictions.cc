// What a model predicts, and the names of classes.
#include "api/predictions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "api/state.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "inputs/guess.h"
#include "model/json.h"

extern "C" {
extern const char kerascope_imagenet_names[], kerascope_imagenet_names_end[];
}

namespace kerascope {
namespace {

std::vector<std::string> names_by_line(std::string_view content) {
  std::vector<std::string> names = text::split(content, '\n');
  for (std::string& name : names)
    if (text::ends_with(name, "\r")) name.pop_back();
  if (!names.empty() && names.back().empty()) names.pop_back();
  return names;
}

}  // namespace

std::vector<std::string> read_labels(const std::string& path) {
  const auto file = MappedFile::open(path);
  const std::string content(reinterpret_cast<const char*>(file->bytes().data()), file->size());
  std::vector<std::string> names;
  if (content.find('\0') != content.npos)
    throw Error({.code = "labels-invalid", .what = "the class names are no text", .where = path});
  const auto first = content.find_first_not_of(" \t\r\n");
  if (first != content.npos && (content[first] == '{' || content[first] == '[')) {
    const Json json = parse_json(content, path);
    for (const auto& [key, value] : json.items()) {
      const auto index = text::to_integer(key);
      const Json& name = value.is_array() && !value.empty() ? value.back() : value;
      if (!index || *index < 0 || *index > 1'000'000 || !name.is_string())
        throw Error({.code = "labels-invalid",
                     .what = "the class names are neither a list nor {\"0\": \"name\", ..}",
                     .where = path});
      if (names.size() <= static_cast<std::size_t>(*index)) names.resize(static_cast<std::size_t>(*index) + 1);
      names[static_cast<std::size_t>(*index)] = name.get<std::string>();
    }
    return names;
  }
  return names_by_line(content);
}

std::vector<std::string> api::labels(const ModelData& model, std::span<const Shape> outputs) {
  constexpr std::int64_t kImageNetClasses = 1000;
  if (outputs.size() != 1 || !ends_as_application(model)) return {};
  const Shape sample = outputs[0].slice(std::min(outputs[0].rank(), 1), outputs[0].rank());
  if (std::ranges::any_of(sample, [](std::int64_t size) { return size < 0; })) return {};
  if (sample.elements() != kImageNetClasses) return {};
  return names_by_line({kerascope_imagenet_names, kerascope_imagenet_names_end});
}

std::vector<std::string> labels(const Model& model) try {
  std::vector<Shape> outputs;
  for (const KerasTensor& output : model.outputs()) outputs.push_back(output.shape());
  return api::labels(*api::Access::state(model)->data(), outputs);
} catch (const std::bad_alloc&) {
  throw want_of_memory();
}

std::vector<Prediction> predictions(const Tensor& output, const std::vector<std::string>& labels, std::int64_t sample,
                                    int most) {
  const Shape& shape = output.shape();
  if (output.dtype() != DType::kFloat32 || shape.rank() != 2) return {};
  if (sample < 0 || sample >= shape[0])
    throw Error(
        {.code = "sample-index", .what = fmt::format("sample {} is asked for, the batch has {}", sample, shape[0])});
  const Tensor numbers = output.item(sample);
  std::vector<std::int64_t> order(static_cast<std::size_t>(numbers.size()));
  std::iota(order.begin(), order.end(), 0);
  const auto shown = std::clamp<std::int64_t>(most, 0, numbers.size());
  // NaN last, otherwise it would be no strict order.
  auto key = [&](std::int64_t i) { return std::isnan(numbers.data()[i]) ? -INFINITY : numbers.data()[i]; };
  std::partial_sort(order.begin(), order.begin() + shown, order.end(),
                    [&](std::int64_t a, std::int64_t b) { return key(a) != key(b) ? key(a) > key(b) : a < b; });
  std::vector<Prediction> best;
  for (std::int64_t i = 0; i < shown; ++i) {
    const std::int64_t index = order[static_cast<std::size_t>(i)];
    const bool named = static_cast<std::size_t>(index) < labels.size();
    best.push_back({index, numbers.data()[index], named ? labels[static_cast<std::size_t>(index)] : ""});
  }
  return best;
}

}  // namespace kerascope
