// kerascope show: the feature maps of layers as pictures.
#include "base/file.h"
#include "base/text.h"
#include "cli/overview.h"
#include "cli/request.h"
#include "export/npz.h"
#include "render/grid.h"

namespace kerascope::cli {
namespace {

namespace fs = std::filesystem;

/// Where pictures go: one .png, a folder, or names made from the model's and the layer's.
class Target {
 public:
  explicit Target(const Request& request) : request_(request) {
    is_single_ = text::ends_with(request.output, ".png") || request.output == "/dev/stdout";
    is_folder_ = !request.output.empty() && !is_single_;
  }
  bool is_single() const { return is_single_; }
  bool is_folder() const { return is_folder_; }

  std::string path(const std::string& address) const {
    if (is_single_) return request_.output;
    const std::string name = file_name_from_address(address);
    if (is_folder_) return (fs::path(request_.output) / (name + ".png")).string();
    std::string flat = name;
    std::replace(flat.begin(), flat.end(), '/', '-');
    // A name that we chose never overwrites.
    const std::string stem = model_stem(request_) + "-" + flat;
    std::string path = stem + ".png";
    for (int number = 2; fs::exists(path); ++number) path = fmt::format("{}-{}.png", stem, number);
    return path;
  }

 private:
  const Request& request_;
  bool is_single_ = false, is_folder_ = false;
};

std::string grid_text(const Grid& grid) {
  std::string range = fmt::format("range {} .. {}", text::number(grid.minimum), text::number(grid.maximum));
  if (grid.rows * grid.columns > 1)
    return fmt::format("{}x{} {}, {}", grid.rows, grid.columns,
                       grid.has_one_scale ? "cells, one scale" : "tiles, each scaled alone", range);
  return range;
}

void draw_input(const Request& request, const Run& run, Json& pictures) {
  const std::vector<ModelInput> inputs = model_inputs(run.model);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Activation input{
        .address = inputs[i].name, .axes = inputs[i].axes, .layer = nullptr, .tensor = run.fed.tensors[i]};
    const Tensor sample = sample_of(request, input);
    const std::string axes =
        static_cast<int>(input.axes.size()) == sample.shape().rank() ? input.axes : usual_axes(sample.shape().rank());
    const Grid grid = input_picture(sample, axes, {.gap_px = request.gap_px, .zoom = request.zoom});
    const std::string name =
        inputs.size() == 1 ? "input.png" : "input-" + file_name_from_address(inputs[i].name) + ".png";
    const std::string path = (fs::path(request.output) / name).string();
    write_png(path, grid.picture);
    say(request, "wrote", fmt::format("{}   the input as the model sees it, {}", path, grid_text(grid)));
    pictures.push_back(
        {{"address", inputs[i].name}, {"path", path}, {"input", true}, {"min", grid.minimum}, {"max", grid.maximum}});
  }
}

}  // namespace

int show(const Request& given) {
  const Request request = with_standard_output(given);
  const Target target(request);
  const bool only_page = !request.html.empty() && request.output.empty();
  const bool draws_overview = request.layers.empty() && !only_page;
  const bool draws_layers = target.is_folder() || (!request.layers.empty() && !only_page);
  const bool is_surveyed = draws_overview || !request.html.empty();
  Run prepared = prepare_run(request, /*with_outputs=*/!request.quiet || is_surveyed);
  if (print_dump(request, *prepared.function)) return kDone;
  if (draws_layers && target.is_single() && prepared.function->chosen() != 1)
    throw Error({.code = "usage",
                 .what = fmt::format("-o {} takes one picture, and {} layers are chosen", given.output,
                                     prepared.function->chosen()),
                 .hint = "give a folder: -o maps/"});
  Json pictures = Json::array();
  if (target.is_folder()) draw_input(request, prepared, pictures);
  std::string last;
  OverviewOfRun overview(request, prepared, /*with_page=*/!request.html.empty());
  const Function::Result result = run(request, prepared, [&](const Activation& activation) {
    const Tensor sample = sample_of(request, activation);
    if (is_surveyed) overview.add(activation, sample);
    if (!draws_layers) return;
    const Grid drawn = grid(sample, activation.axes, {.gap_px = request.gap_px, .zoom = request.zoom});
    last = target.path(activation.address);
    write_png(last, drawn.picture);
    if (!request.quiet && !request.json)
      fmt::print("Shape of {}: {}\n", text::printable(activation.address), sample.shape().str());
    say(request, "wrote", last + "   " + grid_text(drawn));
    pictures.push_back({{"address", activation.address},
                        {"path", last},
                        {"shape", sample.shape().sizes()},
                        {"axes", activation.axes},
                        {"rows", drawn.rows},
                        {"columns", drawn.columns},
                        {"min", drawn.minimum},
                        {"max", drawn.maximum}});
  });
  if (is_surveyed) overview.finish(result);
  if (draws_overview) {
    last = target.path("overview");
    write_png(last, overview.picture());
    say(request, "wrote", last + "   the overview");
  }
  if (!request.html.empty()) {
    last = request.html;
    write_file(last, overview.page());
    say(request, "wrote", fmt::format("{}   the overview as a page, {}", last, text::bytes(fs::file_size(last))));
  }
  const bool partly = tell_skipped(request, *prepared.function);
  for (const std::string& line : prediction_lines(request, prepared, result.outputs)) say(request, "predicts", line);
  if (request.json)
    fmt::print("{}\n", Json({{"model", request.model},
                             {"pictures", pictures},
                             {"predictions", prediction_json(request, prepared, result.outputs)}})
                           .dump(2, ' ', false, Json::error_handler_t::replace));
  if (request.open && !last.empty()) open_in_viewer(last);
  return partly ? kPartlyDone : kDone;
}

void add_show_command(CLI::App& app, Request& request, int& exit_code) {
  CLI::App* command = app.add_subcommand("show", "the feature maps of layers as pictures");
  add_run_options(*command, request);
  command->add_option("--output,-o", request.output,
                      "one .png, a folder, or - for standard output; by default <model>-<layer>.png");
  command->add_option("--html", request.html, "the overview as one HTML file, which opens from disk");
  command->add_option("--sample", request.sample, "which of a batch is drawn")->capture_default_str();
  command->add_option("--gap", request.gap_px, "pixels between the tiles")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  command->add_option("--zoom", request.zoom, "pixels a number; 0: as many as make the picture 512 wide")
      ->check(CLI::Range(0, 64))
      ->capture_default_str();
  command->add_flag("--open", request.open, "open the picture in the system's viewer");
  command->callback([&] { exit_code = show(request); });
}

}  // namespace kerascope::cli
