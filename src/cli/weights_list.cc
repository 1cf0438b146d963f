// `kerascope layers` for a file of weights without a model.
#include "cli/weights_list.h"

#include <fmt/format.h>

#include "base/text.h"
#include "formats/weights.h"
#include "model/json.h"

namespace kerascope::cli {
namespace {

std::string shape_text(const Shape& shape) {
  std::string text;
  for (const std::int64_t size : shape.sizes()) text += fmt::format("{}{}", text.empty() ? "" : " x ", size);
  return text.empty() ? "number" : text;
}

struct Table {
  std::vector<std::array<std::string, 4>> rows = {{"layer", "weight", "shape", "numbers"}};

  std::string text() const {
    std::array<std::size_t, 4> widths{};
    for (const auto& row : rows)
      for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    std::string text;
    for (const auto& row : rows)
      text += fmt::format("{:<{}}  {:<{}}  {:<{}}  {:>{}}\n", row[0], widths[0], row[1], widths[1], row[2], widths[2],
                          row[3], widths[3]);
    return text;
  }
};

}  // namespace

int list_weights(const Request& request) {
  const WeightsFile file = open_weights(request.model);
  const std::vector<ListedWeights> layers = listed_weights(file);
  std::int64_t all = 0;
  Json list = Json::array();
  Table table;
  for (const ListedWeights& layer : layers) {
    Json weights = Json::array();
    for (const StoredWeight& weight : layer.weights) {
      const std::int64_t numbers = weight.shape.elements();
      all += numbers;
      weights.push_back({{"name", weight.name}, {"shape", weight.shape.sizes()}, {"numbers", numbers}});
      if (weight.dtype != DType::kFloat32) weights.back()["dtype"] = name_of(weight.dtype);
      table.rows.push_back({weights.size() > 1 ? "" : text::printable(layer.title()), text::printable(weight.name),
                            text::with_dtype(shape_text(weight.shape), weight.dtype), text::thousands(numbers)});
    }
    list.push_back(
        {{"group", layer.group}, {"name", layer.name.empty() ? Json() : Json(layer.name)}, {"weights", weights}});
  }
  if (request.json) {
    const Json whole = {{"file", request.model},
                        {"format", "weights"},
                        {"keras_version", file.keras_version.empty() ? Json() : Json(file.keras_version)},
                        {"parameters", all},
                        {"layers", list}};
    fmt::print("{}\n", json_text(whole, 2));
  } else if (!request.quiet) {
    fmt::print("{}   {}weights without a model, {} layers, {} numbers\n{}", request.model,
               file.keras_version.empty() ? "" : fmt::format("Keras {}, ", text::printable(file.keras_version)),
               layers.size(), text::thousands(all), table.text());
    note(request, "note",
         "with the model's architecture (model.to_json()) they can be run: MODEL.json --weights " + request.model);
  }
  return kDone;
}

}  // namespace kerascope::cli
