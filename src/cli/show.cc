// kerascope show: the feature maps of layers as pictures.
#include "base/text.h"
#include "cli/pictures.h"
#include "cli/request.h"
#include "cli/target.h"
#include "export/npz.h"

namespace kerascope::cli {
namespace {

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
    const std::string path = (std::filesystem::path(request.output) / name).string();
    write_png(path, grid.picture);
    say(request, "wrote", fmt::format("{}   the input as the model sees it, {}", path, grid.str()));
    pictures.push_back(
        {{"address", inputs[i].name}, {"path", path}, {"input", true}, {"min", grid.minimum}, {"max", grid.maximum}});
  }
}

}  // namespace

int show(const Request& given) {
  const Request request = with_standard_output(given);
  const Target target(request);
  const GridOptions options = grid_options(request);
  if (request.layers.empty() && !target.is_folder() && request.dump.empty())
    throw Error({.code = "usage",
                 .what = "no layer is named",
                 .hint = "--layer NAME for one (`kerascope layers MODEL` lists them), or -o FOLDER for all"});
  Run prepared = prepare_run(request, /*with_outputs=*/!request.quiet);
  if (print_dump(request, *prepared.function)) return kDone;
  target.require_room_for(prepared.function->chosen());
  Json pictures = Json::array();
  if (target.is_folder()) draw_input(request, prepared, pictures);
  std::string last;
  const Function::Result result = run(request, prepared, [&](const Activation& activation) {
    const Tensor sample = sample_of(request, activation);
    const GridOptions fitting = target.fit(options, sample.shape(), activation.axes);
    const Grid drawn = grid(sample, activation.axes, fitting);
    if (!request.quiet && !request.json)
      fmt::print("Shape of {}: {}\n", text::printable(activation.address), sample.shape().str());
    last = target.put(drawn.picture, activation.address, drawn.str());
    if (fitting.channels.size() != options.channels.size())
      say(request, "", fmt::format("{} of {} channels have room here, evenly spaced; -o FILE.png draws all",
                                   fitting.channels.size(), sample.shape()[static_cast<int>(activation.axes.find('C'))]));
    tell_numbers(request, drawn);
    pictures.push_back(picture_json(activation.address, last, sample.shape(), drawn));
    pictures.back()["axes"] = activation.axes;
  });
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
                      "one .png, a folder, or - for standard output; by default the terminal, and where there is none "
                      "<model>-<layer>.png");
  add_picture_options(*command, request);
  command->add_flag("--open", request.open, "open the picture in the system's viewer");
  command->callback([&] { exit_code = show(request); });
}

}  // namespace kerascope::cli
