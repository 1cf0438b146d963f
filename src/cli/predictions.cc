// The predictions of a run, as lines or JSON.
#include <algorithm>

#include "api/predictions.h"
#include "base/text.h"
#include "cli/request.h"

namespace kerascope::cli {
namespace {

/// All pictures of a folder with their names; otherwise the chosen sample without a name.
std::vector<std::pair<std::string, int>> predicted_samples(const Request& request, const PreparedRun& run) {
  std::vector<std::pair<std::string, int>> samples;
  for (const std::string& picture : run.fed().names) samples.emplace_back(picture, samples.size());
  if (samples.empty()) samples.emplace_back("", request.sample);
  return samples;
}

/// The index of a sample in an output of the whole batch, or of one sample alone.
std::int64_t row_of(const PreparedRun& run, const Activation& output, int sample) {
  const bool is_whole = output.tensor.shape().rank() == 0 || output.tensor.shape()[0] == run.fed().batch;
  return is_whole ? sample : sample - static_cast<int>(run.batch.first());
}

std::vector<Prediction> best_of(const PreparedRun& run, const Activation& output, int sample) {
  const std::int64_t row = row_of(run, output, sample);
  if (output.tensor.shape().rank() != 2 || row >= output.tensor.shape()[0]) return {};
  return predictions(output.tensor, run.labels, row);
}

}  // namespace

std::vector<std::string> prediction_lines(const Request& request, const PreparedRun& run,
                                          const std::vector<Activation>& outputs) {
  std::vector<std::string> lines;
  std::size_t longest = 0;
  for (const std::string& picture : run.fed().names) longest = std::max(longest, text::printable(picture).size());
  for (const auto& [picture, sample] : predicted_samples(request, run))
    for (const Activation& output : outputs) {
      const std::vector<Prediction> best = best_of(run, output, sample);
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

Json prediction_json(const Request& request, const PreparedRun& run, const std::vector<Activation>& outputs) {
  Json all = Json::array();
  for (const auto& [picture, sample] : predicted_samples(request, run))
    for (const Activation& output : outputs) {
      Json best = Json::array();
      for (const Prediction& one : best_of(run, output, sample)) {
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
