// The model's predictions: the largest values of each classifier output, with class names.
#include <algorithm>
#include <numeric>

#include "base/file.h"
#include "base/text.h"
#include "cli/request.h"
#include "kerascope/error.h"
#include "model/json.h"

extern "C" {
extern const char kerascope_imagenet_names[], kerascope_imagenet_names_end[];
}

namespace kerascope::cli {
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

std::vector<std::string> imagenet_names() {
  return names_by_line({kerascope_imagenet_names, kerascope_imagenet_names_end});
}

namespace {

constexpr std::int64_t kShown = 5;

struct Prediction {
  std::int64_t index;
  float value;
  std::string label;
};

/// The largest values of one sample of an output with one axis; empty for other outputs.
std::vector<Prediction> predictions(const Activation& output, int sample_index,
                                    const std::vector<std::string>& labels) {
  const Shape& shape = output.tensor.shape();
  if (output.tensor.dtype() != DType::kFloat32) return {};
  if (shape.rank() != 2 || sample_index >= shape[0]) return {};
  const Tensor sample = output.tensor.item(sample_index);
  std::vector<std::int64_t> order(static_cast<std::size_t>(sample.size()));
  std::iota(order.begin(), order.end(), 0);
  const auto shown = std::min(kShown, sample.size());
  // NaN last, otherwise it would be no strict order.
  auto key = [&](std::int64_t i) { return std::isnan(sample.data()[i]) ? -INFINITY : sample.data()[i]; };
  std::partial_sort(order.begin(), order.begin() + shown, order.end(),
                    [&](std::int64_t a, std::int64_t b) { return key(a) != key(b) ? key(a) > key(b) : a < b; });
  std::vector<Prediction> best;
  for (std::int64_t i = 0; i < shown; ++i) {
    const std::int64_t index = order[static_cast<std::size_t>(i)];
    const bool named = static_cast<std::size_t>(index) < labels.size();
    best.push_back({index, sample.data()[index], named ? labels[static_cast<std::size_t>(index)] : ""});
  }
  return best;
}

/// All pictures of a folder with their names; otherwise the chosen sample without a name.
std::vector<std::pair<std::string, int>> predicted_samples(const Request& request, const Run& run) {
  std::vector<std::pair<std::string, int>> samples;
  for (const std::string& picture : run.fed.names) samples.emplace_back(picture, samples.size());
  if (samples.empty()) samples.emplace_back("", request.sample);
  return samples;
}

/// The index of a sample in an output of the whole batch, or of one sample alone.
int row_of(const Run& run, const Activation& output, int sample) {
  const bool is_whole = output.tensor.shape().rank() == 0 || output.tensor.shape()[0] == run.fed.batch;
  return is_whole ? sample : sample - static_cast<int>(run.first);
}

}  // namespace

std::vector<std::string> prediction_lines(const Request& request, const Run& run,
                                          const std::vector<Activation>& outputs) {
  std::vector<std::string> lines;
  std::size_t longest = 0;
  for (const std::string& picture : run.fed.names) longest = std::max(longest, text::printable(picture).size());
  for (const auto& [picture, sample] : predicted_samples(request, run))
    for (const Activation& output : outputs) {
      const std::vector<Prediction> best = predictions(output, row_of(run, output, sample), run.labels);
      if (best.empty()) continue;
      std::string line = picture.empty() ? "" : fmt::format("{:<{}}  ", text::printable(picture), longest);
      line += output.address + ":";
      const bool single = output.tensor.shape()[1] == 1;
      for (const Prediction& one : best) {
        const std::string name = !one.label.empty() ? one.label : single ? "" : std::to_string(one.index);
        const std::string value = std::isnan(one.value) ? "NaN" : fmt::format("{:.3f}", one.value);
        line += (line.back() == ':' ? " " : "   ") + (name.empty() ? "" : name + " ") + value;
      }
      if (!output.assumes.empty()) line += fmt::format("   (assumes {})", text::join(output.assumes, ", "));
      lines.push_back(line);
    }
  return lines;
}

Json prediction_json(const Request& request, const Run& run, const std::vector<Activation>& outputs) {
  Json all = Json::array();
  for (const auto& [picture, sample] : predicted_samples(request, run))
    for (const Activation& output : outputs) {
      Json best = Json::array();
      for (const Prediction& one : predictions(output, row_of(run, output, sample), run.labels)) {
        Json entry = {{"index", one.index}, {"value", one.value}};
        if (!one.label.empty()) entry["label"] = one.label;
        best.push_back(std::move(entry));
      }
      if (best.empty()) continue;
      Json entry = {{"output", output.address}, {"largest", std::move(best)}};
      if (!picture.empty()) entry["picture"] = picture;
      if (!output.assumes.empty()) entry["assumes"] = output.assumes;
      all.push_back(std::move(entry));
    }
  return all;
}

}  // namespace kerascope::cli
