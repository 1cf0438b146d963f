#include "cli/overview.h"

#include <algorithm>

#include "base/text.h"
#include "kerascope/error.h"

namespace kerascope::cli {
namespace {

// With these a page of ResNet50's 177 layers stays below 20 MB even where its maps are all noise.
constexpr Size kLargestGrid{.width = 512, .height = 1024};
constexpr int kPageGreys = 24;
constexpr ThumbnailOptions kPageStrip{.width_px = 456, .height_px = 48};

int channel_axis(const std::string& axes) {
  const auto role = axes.find('C');
  return role == axes.npos ? -1 : static_cast<int>(role);
}

/// Grey if it has no colours, which makes a smaller file.
Picture without_idle_colors(Picture picture) {
  if (picture.channels != 3) return picture;
  for (std::size_t i = 0; i < picture.pixels.size(); i += 3)
    if (picture.pixels[i] != picture.pixels[i + 1] || picture.pixels[i] != picture.pixels[i + 2]) return picture;
  for (std::size_t i = 0; i < picture.pixels.size() / 3; ++i) picture.pixels[i] = picture.pixels[3 * i];
  picture.pixels.resize(picture.pixels.size() / 3);
  picture.channels = 1;
  return picture;
}

Picture with_few_greys(Picture picture) {
  if (picture.palette.empty())
    for (unsigned char& sample : picture.pixels) {
      const int level = (sample * (kPageGreys - 1) + 127) / 255;
      sample = static_cast<unsigned char>(level * 255 / (kPageGreys - 1));
    }
  return picture;
}

/// Small grids are shown enlarged, large ones are made smaller.
PagePicture page_grid(const Tensor& sample, const std::string& axes, const ThumbnailOptions& options) {
  Picture picture =
      grid(sample, axes, {.gap_px = 1, .zoom = 1, .scale = options.scale, .colormap = options.colormap}).picture;
  std::int64_t zoom = std::min(kLargestGrid.width / picture.width, kLargestGrid.width / picture.height);
  if (picture.width > kLargestGrid.width || picture.height > kLargestGrid.height) {
    const Size size = fitting(picture, kLargestGrid);
    picture = resized(picture.palette.empty() ? picture : rgb_picture(picture), size.width, size.height);
  }
  PagePicture result = page_picture(with_few_greys(std::move(picture)));
  zoom = std::clamp<std::int64_t>(zoom, 1, 32);
  result.shown = {.width = zoom * result.shown.width, .height = zoom * result.shown.height};
  return result;
}

/// "tower" of "tower#1": the layers inside have addresses that begin with it.
std::string without_output(const std::string& address) {
  const auto hash = address.rfind('#');
  return hash != address.npos && text::to_integer(address.substr(hash + 1)) ? address.substr(0, hash) : address;
}

/// Which layers lie in which nested models, among those that are here.
void find_depths(std::vector<SeenLayer>& layers) {
  std::vector<std::string> around;  // the nested models that the walk is in, each with its slash
  for (SeenLayer& layer : layers) {
    while (!around.empty() && !text::starts_with(layer.address, around.back())) around.pop_back();
    layer.depth = static_cast<int>(around.size());
    layer.name = around.empty() ? layer.address : layer.address.substr(around.back().size());
    if (layer.is_network) around.push_back(without_output(layer.address) + "/");
  }
}

/// A picture that is passed on need not tell where its files lay.
std::string without_folders(std::string line, const Request& request) {
  std::vector<std::string> paths = request.inputs;
  for (const std::string& pair : request.named_inputs) paths.push_back(pair.substr(pair.find('=') + 1));
  for (const std::string& path : paths)
    if (const auto at = line.find(path); at != line.npos)
      line.replace(at, path.size(), std::filesystem::path(path).filename().string());
  return line;
}

std::string legend(const ThumbnailOptions& options) {
  std::string text =
      "maps: each tile from its least number, black, to its largest, white; vectors and sequences: one "
      "scale a layer";
  if (options.scale.kind != Scale::Kind::kTile) text = fmt::format("scale: {}", name_of(options.scale));
  if (options.colormap != Colormap::kGray) text += fmt::format(" ({})", name_of(options.colormap));
  return text + "; hatched: constant; magenta: no finite number";
}

}  // namespace

PagePicture page_picture(const Picture& picture) {
  return {.png = png_bytes(without_idle_colors(picture)), .shown = {picture.width, picture.height}};
}

std::string SeenLayer::range() const {
  if (!is_seen() || std::isnan(statistics.minimum)) return "";
  return fmt::format("{} .. {}", text::number(statistics.minimum), text::number(statistics.maximum));
}

std::string SeenLayer::warning() const {
  std::vector<std::string> parts;
  auto count = [&](std::int64_t number, const char* what) {
    if (number > 0) parts.push_back(fmt::format("{} {}", text::thousands(number), what));
  };
  count(statistics.dead_channels, "dead");
  count(statistics.constant_channels - statistics.dead_channels, "constant");
  count(statistics.nan_count, "NaN");
  count(statistics.infinity_count, "infinite");
  return text::join(parts, ", ");
}

OverviewOfRun::OverviewOfRun(const Request& request, const Run& run, bool with_page)
    : request_(request),
      run_(run),
      with_page_(with_page),
      strip_options_(overview_strip_options(run.function->chosen() + run.function->skipped().size())) {}

void OverviewOfRun::add(const Activation& activation, const Tensor& sample) {
  SeenLayer& layer = by_address_[activation.address];
  layer = {.address = activation.address,
           .class_name = activation.layer->class_name,
           .is_network = activation.layer->network != nullptr,
           .shape = sample.shape(),
           .axes = activation.axes,
           .shape_text = shape_with_roles(activation.tensor.shape(), activation.axes),
           .statistics = statistics(sample, channel_axis(activation.axes))};
  try {
    layer.strip = thumbnails(sample, activation.axes, strip_options_);
    if (!with_page_) return;
    ThumbnailOptions options = kPageStrip;
    options.scale = strip_options_.scale;
    options.colormap = strip_options_.colormap;
    layer.page_strip = page_picture(thumbnails(sample, activation.axes, options));
    layer.grid = page_grid(sample, activation.axes, options);
  } catch (const Error& error) {  // what cannot be drawn is still listed
    layer.problem = error.parts().what;
  }
}

void OverviewOfRun::finish(const Function::Result& result) {
  auto skipped = run_.function->skipped().begin();
  const auto end = run_.function->skipped().end();
  for (std::size_t i = 0; i <= result.activations.size(); ++i) {
    for (; skipped != end && skipped->before == i; ++skipped)
      layers_.push_back({.address = skipped->address,
                         .class_name = skipped->layer->class_name,
                         .is_network = skipped->layer->network != nullptr,
                         .problem = skipped->problem->parts().what});
    if (i < result.activations.size()) layers_.push_back(std::move(by_address_.at(result.activations[i].address)));
  }
  find_depths(layers_);
  predictions_ = prediction_lines(request_, run_, result.outputs);
}

Overview OverviewOfRun::head() const {
  Overview head;
  head.title = request_.model == "-" ? "standard input" : std::filesystem::path(request_.model).filename().string();
  head.lines.push_back(
      fmt::format("Keras {}, {}, {} rows", run_.model.keras_version, run_.model.format, layers_.size()));
  for (const std::string& line : run_.fed.done) head.lines.push_back("input " + without_folders(line, request_));
  for (const std::string& line : run_.fed.warnings) head.lines.push_back("warning: " + line);
  const std::int64_t batch = run_.fed.tensors[0].shape()[0];
  if (batch > 1) head.lines.push_back(fmt::format("sample {} of a batch of {}", request_.sample, batch));
  for (const std::string& line : predictions_) head.lines.push_back("predicts " + line);
  const std::vector<ModelInput> inputs = model_inputs(run_.model);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Tensor sample = run_.fed.tensors[i].item(request_.sample);
    const std::string axes = static_cast<int>(inputs[i].axes.size()) == sample.shape().rank()
                                 ? inputs[i].axes
                                 : usual_axes(sample.shape().rank());
    if (sample.size() > 0)
      head.inputs.push_back({.caption = text::printable(inputs[i].name),
                             .picture = input_thumbnail(sample, axes, overview_input_options())});
  }
  head.legend = legend(strip_options_);
  head.title = text::printable(head.title);
  for (std::string& line : head.lines) line = text::printable(line);
  return head;
}

Picture OverviewOfRun::picture() const {
  Overview overview = head();
  for (const SeenLayer& layer : layers_)
    overview.rows.push_back({.depth = layer.depth,
                             .name = text::printable(layer.name),
                             .kind = text::printable(layer.class_name),
                             .shape = layer.shape_text,
                             .range = layer.range(),
                             .warning = layer.warning(),
                             .strip = layer.strip,
                             .problem = text::printable(layer.problem)});
  return draw(overview);
}

std::string OverviewOfRun::page() const { return html_page(head(), layers_); }

Json OverviewOfRun::layers_json() const {
  Json list = Json::array();
  for (const SeenLayer& layer : layers_) {
    Json entry = {{"address", layer.address}, {"class", layer.class_name}};
    if (!layer.shape_text.empty()) {
      const Statistics& s = layer.statistics;
      entry.update({{"shape", layer.shape.sizes()},
                    {"axes", layer.axes},
                    {"min", s.minimum},
                    {"max", s.maximum},
                    {"mean", s.mean},
                    {"zeros", s.zero_share},
                    {"nan", s.nan_count},
                    {"channels", s.channels},
                    {"constant_channels", s.constant_channels},
                    {"dead_channels", s.dead_channels}});
    }
    if (!layer.is_seen()) entry["problem"] = layer.problem;
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace kerascope::cli
