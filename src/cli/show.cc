// kerascope show: the feature maps of layers as pictures.
#include <utility>

#include "base/file.h"
#include "base/parallel.h"
#include "base/text.h"
#include "cli/channels.h"
#include "cli/overview.h"
#include "cli/pictures.h"
#include "cli/request.h"
#include "cli/target.h"
#include "export/npz.h"
#include "model/json.h"
#include "render/view.h"

namespace kerascope::cli {
namespace {

/// The path for the picture of an input.
std::string input_path(const Request& request, const PreparedRun& run, std::size_t i) {
  const std::string name = run.fed().sources.size() == 1
                               ? "input.png"
                               : "input-" + file_name_from_address(run.fed().sources[i].input.name) + ".png";
  return (std::filesystem::path(request.output) / name).string();
}

void draw_input(const Request& request, const PreparedRun& run, Json& pictures) {
  for (std::size_t i = 0; i < run.fed().sources.size(); ++i) {
    if (run.fed().sources[i].is_layer) continue;
    const ModelInput& input = run.fed().sources[i].input;
    const Tensor sample =
        sample_of(request, run, {.address = input.name, .axes = input.axes, .tensor = run.fed().tensors[i]});
    const Grid grid =
        input_picture(sample, input.axes_of(sample.shape()), {.gap_px = request.gap_px, .zoom = request.zoom});
    const std::string path = input_path(request, run, i);
    write_png(path, grid.picture);
    say(request, "wrote", fmt::format("{}   the input as the model sees it, {}", path, grid.str()));
    pictures.push_back(
        {{"address", input.name}, {"path", path}, {"input", true}, {"min", grid.minimum}, {"max", grid.maximum}});
  }
}

/// A name for the overview that no layer's picture has.
std::string overview_name(const Target& target, const std::vector<std::string>& paths) {
  std::string name = "overview";
  while (std::ranges::count(paths, target.path(name)) > 0) name += "_";
  return name;
}

/// The files that are written into a folder, except the overview.
std::vector<std::string> paths_in_folder(const Request& request, const Target& target, const PreparedRun& run) {
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < run.fed().sources.size(); ++i) paths.push_back(input_path(request, run, i));
  for (const auto& [address, shape] : run.function().addresses()) paths.push_back(target.path(address));
  return paths;
}

Json sample_json(const Request& request, const PreparedRun& run) {
  Json json = {{"index", request.sample}, {"batch", run.fed().batch}};
  if (!run.fed().names.empty()) json["picture"] = run.fed().names.at(static_cast<std::size_t>(request.sample));
  return json;
}

struct Wanted {
  bool layers = false, overview = false, page = false;
};

/// Chosen layers give their pictures, all layers an overview, a folder both; --html alone gives only the page.
Wanted wanted_of(const Request& request, const Target& target) {
  const bool page = !request.html.empty(), pictures = !page || !request.output.empty() || request.overview;
  const bool is_chosen = !request.layers.empty() || request.outputs_alone;
  return {.layers = pictures && (target.is_folder() || (is_chosen && !request.overview)),
          .overview = pictures && (!is_chosen || request.overview),
          .page = page};
}

/// Refuses options for layer pictures or for an overview that are not drawn.
void require_effect(const Request& request, const Wanted& wanted) {
  const bool has_overview = wanted.overview || wanted.page;
  if (request.depth > 0 && !has_overview)
    throw Error({.code = "usage",
                 .what = "--depth says how many levels of nested models an overview shows, and none is drawn",
                 .hint = "--overview draws one of the chosen layers"});
  const std::string given = request.overlay ? "--overlay" : request.classes ? "--classes" : request.rgb ? "--rgb" : "";
  if (!given.empty() && !wanted.layers)
    throw Error({.code = "usage",
                 .what = given + " draws layers, and only an overview is wanted",
                 .hint = "--layer says which, or -o FOLDER"});
  if ((request.classes || request.overlay) && request.rgb)
    throw Error({.code = "usage", .what = "--rgb draws a picture and --classes a segmentation: give one of them"});
}

/// The first input that is a picture, without preprocessing.
struct PictureInput {
  Tensor sample;
  std::string axes;
};
PictureInput picture_input(const Request& request, const PreparedRun& run) {
  const std::vector<ModelInput> inputs = model_inputs(run.model());
  for (std::size_t i = 0; i < inputs.size() && i < run.fed().unprepared.size(); ++i) {
    const Tensor sample = run.fed().unprepared[i].item(request.sample - run.batch.first());
    const std::string axes = inputs[i].axes_of(sample.shape());
    if (sample.shape().rank() == 3 && (axes == "HWC" || axes == "CHW")) return {sample, axes};
  }
  throw Error({.code = "classes-none",
               .what = "the model has no picture as its input, which classes could lie over",
               .hint = "--classes draws them alone"});
}

/// Draws the class of each place of a layer's output, and prints each class's share.
std::string draw_classes(const Request& request, const PreparedRun& run, const Target& target,
                         const Activation& activation, const View& view, Json& pictures) {
  ClassOptions options{.names = run.labels, .zoom = request.zoom};
  if (request.overlay) {
    const PictureInput input = picture_input(request, run);
    options.input = input.sample;
    options.input_axes = input.axes;
  }
  const ClassMap map = class_map(view.sample, view.axes, options);
  const std::string path = target.put(map.grid.picture, activation.address, map.grid.str());
  constexpr std::size_t kShown = 8;
  std::vector<std::string> shares;
  Json list = Json::array();
  for (const ClassShare& one : map.classes) {
    if (shares.size() < kShown) shares.push_back(fmt::format("{} {:.1f}%", one.name, 100 * one.share));
    list.push_back({{"index", one.index}, {"name", one.name}, {"share", one.share}});
  }
  if (map.classes.size() > kShown) shares.push_back(fmt::format("and {} more", map.classes.size() - kShown));
  say(request, "classes", text::join(shares, "   "));
  pictures.push_back(picture_json(activation.address, path, activation.tensor.item(0).shape(), map.grid));
  pictures.back()["classes"] = std::move(list);
  return path;
}

/// The sample's view for drawing. A token grid that does not fit is an error only if this is the only layer.
View view_for(const Request& request, const PreparedRun& run, const std::optional<TokenGrid>& tokens,
              const Activation& activation, const Tensor& sample) {
  try {
    return view_of(sample, activation.axes, activation.class_name, tokens);
  } catch (const Error& error) {
    if (run.function().chosen() == 1) throw;
    note(request, "grid", fmt::format("{}: {}", activation.address, error.parts().what));
    return view_of(sample, activation.axes, "", {});
  }
}

}  // namespace

int show(const Request& given) {
  if (!given.kernels.empty()) return show_kernels(given);
  Request request = with_standard_output(given);
  request.outputs_alone = (request.classes || request.overlay) && request.layers.empty();
  const ThreadLimit limit(request.threads);
  const Target target(request);
  if (text::ends_with(text::lower(request.html), ".png"))
    throw Error({.code = "usage",
                 .what = fmt::format("--html is '{}', and a page is no picture", request.html),
                 .hint = "-o " + request.html});
  require_inputs_spared(request, {request.output, request.html});
  GridOptions options = grid_options(request);
  const Wanted wanted = wanted_of(request, target);
  require_effect(request, wanted);
  const bool has_overview = wanted.overview || wanted.page;
  if (dump_without_input(request, /*with_outputs=*/!request.quiet || has_overview)) return kDone;
  PreparedRun prepared = prepare_run(request, /*with_outputs=*/!request.quiet || has_overview, api::Samples::kChosen);
  if (print_dump(request, prepared.function())) return kDone;
  if (wanted.layers) target.require_room_for(prepared.function().chosen());
  if (target.is_folder()) {
    std::vector<std::string> written = paths_in_folder(request, target, prepared);
    if (wanted.overview) written.push_back(target.path(overview_name(target, written)));
    require_inputs_spared(request, written);
  }
  if (prepared.fed().batch > 1) note(request, "drawn", sample_text(request, prepared) + "; --sample draws another");
  Json pictures = Json::array();
  if (target.is_folder()) draw_input(request, prepared, pictures);
  std::string last, overview_path;
  std::optional<TokenGrid> tokens = std::exchange(options.tokens, {});
  if (!tokens && has_layers_of_time(prepared.model().network)) tokens = TokenGrid{};
  RunOverview overview =
      overview_of(request, prepared,
                  {.scale = options.scale, .colormap = options.colormap, .tokens = tokens, .with_page = wanted.page});
  const auto on_ready = [&](const Activation& activation) {
    const Tensor sample = sample_of(request, prepared, activation);
    if (has_overview) overview.add(activation, sample);
    if (!wanted.layers) return;
    const View view = view_for(request, prepared, tokens, activation, sample);
    if (!request.quiet && !request.json)
      fmt::print("Shape of {}: {}\n", text::printable(activation.address), sample.shape().str());
    if (request.classes || request.overlay) {
      last = draw_classes(request, prepared, target, activation, view, pictures);
      return;
    }
    const bool is_rgb = request.rgb && has_three_colors(view.sample.shape(), view.axes);
    options.channels =
        is_rgb ? std::vector<std::int64_t>{} : channels_in_order(view.sample, view.axes, channel_order(request));
    const GridOptions fitting = target.fit(options, view.sample.shape(), view.axes);
    const Grid drawn = with_remark(grid(view.sample, view.axes, fitting), view.remark);
    if (request.rgb && drawn.form != Grid::Form::kColor)
      note(request, "rgb", fmt::format("not for {}: it has no three channels of a picture", activation.address));
    last = target.put(drawn.picture, activation.address, drawn.str());
    if (fitting.channels.size() != options.channels.size())
      say(request, "",
          fmt::format("{} of {} channels have room here, {}; -o FILE.png draws all", fitting.channels.size(),
                      view.sample.shape()[static_cast<int>(view.axes.find('C'))],
                      options.channels.empty() ? "evenly spaced" : "the first of that order"));
    pictures.push_back(picture_json(activation.address, last, sample.shape(), drawn));
    if (!activation.assumes.empty()) {
      say(request, "assumes", text::join(activation.assumes, ", ") + " to be the identity");
      pictures.back()["assumes"] = activation.assumes;
    }
    if (request.quiet && !request.json) return;
    tell_numbers(request, drawn);
    const Statistics statistics = kerascope::statistics(sample, activation.axes);
    if (const std::string text = channels_text(statistics); !text.empty()) say(request, "channels", text);
    if (options.channels.size() > 1) say(request, "sorted", order_text(request, options.channels));
    pictures.back()["axes"] = activation.axes;
    pictures.back().update(channel_json(statistics));
    if (!options.channels.empty()) pictures.back()["order"] = options.channels;
  };
  const CompiledFunction::Result result = run(request, prepared, on_ready);
  Overview head;
  if (has_overview) {
    overview.finish();
    head = overview_head(request, prepared, overview, result);
  }
  if (wanted.overview) {
    const std::string name = overview_name(
        target, target.is_folder() ? paths_in_folder(request, target, prepared) : std::vector<std::string>());
    last = overview_path = target.put(overview.picture(head), name, "the overview", Target::Content::kText);
  }
  if (wanted.page) {
    const std::string page = overview.page(head);
    write_file(last = request.html, page);
    say(request, "wrote", fmt::format("{}   the overview as a page, {}", last, text::bytes(page.size())));
  }
  const bool partly = tell_skipped(request, prepared.fed(), prepared.batch.skipped());
  for (const std::string& line : prediction_lines(request, prepared, result.outputs)) say(request, "predicts", line);
  if (request.json) {
    Json all = {{"model", request.model},
                {"sample", sample_json(request, prepared)},
                {"pictures", pictures},
                {"predictions", prediction_json(request, prepared, result.outputs)}};
    if (has_overview) all["layers"] = layers_json(overview);
    if (wanted.overview) all["overview"] = overview_path;
    if (wanted.page) all["html"] = request.html;
    if (const Json warning = warning_json(prepared); !warning.is_null()) all["warning"] = warning;
    fmt::print("{}\n", json_text(all, 2));
  }
  if (request.open && !last.empty()) open_in_viewer(last);
  return partly ? kPartlyDone : kDone;
}

void add_show_command(CLI::App& app, Request& request, int& exit_code) {
  CLI::App* command = app.add_subcommand("show", "the feature maps of layers as pictures");
  add_run_options(*command, request);
  command
      ->add_option("--output,-o", request.output,
                   "one .png, a folder, or - for standard output; by default the terminal, and where there is none "
                   "<model>-<layer>.png, or <model>-overview.png without --layer")
      ->type_name("FILE");
  command
      ->add_option("--kernels", request.kernels,
                   "the weights of these layers instead, without INPUT: conv1 (its kernel), conv1:17 (one filter), "
                   "conv1/bias")
      ->type_name("LAYER")
      ->allow_extra_args(false);
  command->add_option("--html", request.html, "the overview as one HTML file, which opens from disk")
      ->type_name("FILE");
  add_memory_option(*command, request);
  add_picture_options(*command, request);
  add_look_options(*command, request);
  command->add_flag("--overview", request.overview, "the overview of the layers that --layer chooses, as one picture");
  command->add_option("--depth", request.depth, "how many levels of nested models an overview shows; 1: the outermost")
      ->check(CLI::Range(1, 1000));
  add_sort_option(*command, request);
  command->add_flag("--open", request.open, "open the picture in the system's viewer");
  command->callback([&] { exit_code = show(request); });
}

}  // namespace kerascope::cli
