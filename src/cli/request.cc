#include "cli/request.h"

#include <spawn.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "base/parallel.h"
#include "base/statistics.h"
#include "base/text.h"
#include "formats/open.h"
#include "inputs/guess.h"

extern char** environ;

namespace kerascope::cli {
namespace {

std::vector<InputFile> input_files(const Request& request) {
  std::vector<InputFile> files;
  for (const std::string& path : request.inputs) files.push_back({.name = "", .path = path});
  for (const std::string& pair : request.named_inputs) {
    const auto equals = pair.find('=');
    if (equals == pair.npos || equals == 0)
      throw Error({.code = "usage", .what = fmt::format("--input is '{}', not NAME=FILE", pair)});
    files.push_back({.name = pair.substr(0, equals), .path = pair.substr(equals + 1)});
  }
  return files;
}

FeedOptions feed_options(const Request& request) {
  FeedOptions options;
  if (!request.preprocess.empty()) options.preprocessing = parse_preprocessing(request.preprocess);
  options.resize = std::nullopt;
  if (request.resize != "off") options.resize = parse_filter(request.resize);
  options.keep_aspect_ratio = request.keep_aspect_ratio;
  return options;
}

}  // namespace

Progress::Progress(bool wanted) : is_wanted_(wanted && isatty(STDERR_FILENO)) {}

Progress::~Progress() {
  if (is_shown_) std::fputs("\r\x1b[K", stderr);
}

void Progress::step(std::size_t done, std::size_t all) {
  using namespace std::chrono;
  const auto now = steady_clock::now();
  if (!is_wanted_ || now - begin_ < 700ms || now - last_ < 100ms) return;
  last_ = now;
  is_shown_ = true;
  std::fprintf(stderr, "\rcomputes  %zu of %zu steps\x1b[K", done, all);
  std::fflush(stderr);
}

void add_model_option(CLI::App& command, Request& request) {
  command.add_option("MODEL", request.model, "a model that Keras saved: .h5 or .keras; - is standard input")
      ->required();
  add_print_options(command, request);
}

void add_print_options(CLI::App& command, Request& request) {
  command.add_flag("--json", request.json, "print JSON, for programs");
  command.add_flag("--quiet,-q", request.quiet, "print nothing but errors");
}

void add_run_options(CLI::App& command, Request& request) {
  add_model_option(command, request);
  command.add_option("INPUT", request.inputs,
                     "a picture, a folder of them, .npy or .npz; one for each input of the model");
  add_how_to_run_options(command, request);
  command.add_option("--dump", request.dump, "print the graph or the plan instead of running")
      ->check(CLI::IsMember({"graph", "plan"}));
}

void add_how_to_run_options(CLI::App& command, Request& request) {
  command
      .add_option("--layer,-l", request.layers,
                  "which layers: name, path, index, range, pattern, type:Class, name:CHANNEL; repeat or use commas")
      ->allow_extra_args(false)
      ->type_name("LAYER");
  command.option_defaults()->group(kHowToRun);
  command.add_option("--input", request.named_inputs, "the file for the input of this name")
      ->allow_extra_args(false)
      ->type_name("NAME=FILE");
  command.add_option("--phase", request.phase, "inference, or training: batch statistics, dropout, noise")
      ->check(CLI::IsMember({"inference", "training"}))
      ->capture_default_str();
  command.add_option("--seed", request.seed, "of the training phase's random numbers; off: no dropout, no noise")
      ->capture_default_str()
      ->type_name("N|off");
  command
      .add_option("--preprocess", request.preprocess,
                  "tf, caffe, torch, unit, raw, or mean=..,std=..; by default guessed for pictures")
      ->type_name("MODE");
  std::vector<std::string> filters(filter_names().begin(), filter_names().end());
  filters.push_back("off");
  command.add_option("--resize", request.resize, "how pictures get the model's size, with load_img's names; or off")
      ->check(CLI::IsMember(filters))
      ->capture_default_str();
  command.add_flag("--keep-aspect-ratio", request.keep_aspect_ratio,
                   "resize only the centre that has the model's ratio");
  command.add_option("--labels", request.labels, "names of the classes: a line each, or JSON")->type_name("FILE");
  command.add_option("--threads", request.threads, "how many threads compute (all cores)")->check(CLI::Range(1, 1024));
  command.option_defaults()->group("Options");
}

void note(const Request& request, const std::string& word, const std::string& text) {
  if (!request.quiet) fmt::print(stderr, "{:<9} {}\n", word, text::printable(text));
}

void say(const Request& request, const std::string& word, const std::string& text) {
  if (!request.quiet && !request.json) fmt::print("{:<9} {}\n", word, text::printable(text));
}

namespace {

void require_sample(const Request& request, std::int64_t batch) {
  if (request.sample < 0 || request.sample >= batch)
    throw Error({.code = "sample-index",
                 .what = fmt::format("--sample is {}, the batch has {}, 0 to {}", request.sample, batch, batch - 1)});
}

}  // namespace

void require_standard_input_once(const Request& request) {
  std::vector<std::string> files = {request.model, request.labels};
  for (const InputFile& file : input_files(request)) files.push_back(file.path);
  if (std::count(files.begin(), files.end(), "-") > 1)
    throw Error({.code = "usage", .what = "- stands for standard input, which holds one file only"});
}

FunctionOptions function_options(const Request& request) {
  return {.taps = request.layers,
          .phase = request.phase == "training" ? Phase::kTraining : Phase::kInference,
          .random = request.seed != "off"};
}

std::uint64_t seed_of(const Request& request) {
  if (request.seed == "off") return 0;
  const auto seed = text::to_integer(request.seed);
  if (!seed)
    throw Error({.code = "usage", .what = fmt::format("--seed is '{}', not a whole number or off", request.seed)});
  return static_cast<std::uint64_t>(*seed);
}

Fed read_inputs(const Request& request, const Model& model) {
  Fed fed = feed(model, input_files(request), feed_options(request));
  for (const std::string& line : fed.done) note(request, "input", line);
  for (const std::string& line : fed.warnings) note(request, "warning", line);
  const std::vector<ModelInput> inputs = model_inputs(model);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (!finite_range(fed.tensors[i].numbers()).all_finite)
      note(request, "warning", fmt::format("the numbers for input '{}' are not all finite", inputs[i].name));
  return fed;
}

Run prepare_run(const Request& request, bool with_outputs) {
  if (request.threads > 0) set_thread_count(request.threads);
  Run run;
  FunctionOptions options = function_options(request);
  options.with_outputs = with_outputs;
  options.most_norm_fits = options.phase == Phase::kInference ? kEarlyNorms : 0;
  run.seed = seed_of(request);
  require_standard_input_once(request);
  if (!request.labels.empty()) run.labels = read_labels(request.labels);
  run.model = open_model(request.model);
  run.fed = read_inputs(request, run.model);
  require_sample(request, run.fed.tensors[0].shape()[0]);
  std::vector<Shape> shapes;
  for (const Tensor& tensor : run.fed.tensors) shapes.push_back(tensor.shape());
  run.function = std::make_unique<Function>(run.model, shapes, options);
  for (const std::string& line : run.function->notes()) note(request, "note", line);
  return run;
}

Function::Result run(const Request& request, Run& prepared, std::function<void(const Activation&)> on_ready) {
  Function::Result result;
  {
    Progress progress(!request.quiet);
    const auto on_progress = [&](std::size_t done, std::size_t all) { progress.step(done, all); };
    result = prepared.function->run(
        prepared.fed.tensors, {.seed = prepared.seed, .on_ready = std::move(on_ready), .on_progress = on_progress});
  }
  prepared.warning = check_preprocessing(request, prepared, result);
  const bool has_1000 = result.outputs.size() == 1 &&
                        result.outputs[0].tensor.shape().elements(1, result.outputs[0].tensor.shape().rank()) == 1000;
  if (prepared.labels.empty() && has_1000 && ends_as_application(prepared.model)) prepared.labels = imagenet_names();
  return result;
}

bool tell_skipped(const Request& request, const Function& function) {
  std::map<std::string, std::vector<std::string>> by_problem;
  for (const Skipped& skipped : function.skipped())
    by_problem[skipped.problem->parts().what + "\n" + skipped.problem->parts().where].push_back(skipped.address);
  for (const auto& [problem, addresses] : by_problem) {
    const auto newline = problem.find('\n');
    note(request, "skipped",
         fmt::format("{} ({}); {} cannot be seen: {}", problem.substr(0, newline), problem.substr(newline + 1),
                     addresses.size() == 1 ? "one layer" : fmt::format("{} layers", addresses.size()),
                     addresses.size() <= 4 ? text::join(addresses, ", ")
                                           : addresses[0] + ", " + addresses[1] + ", .. " + addresses.back()));
  }
  return !by_problem.empty();
}

bool print_dump(const Request& request, const Function& function) {
  if (request.dump.empty()) return false;
  fmt::print("{}", request.dump == "graph" ? function.graph_text() : function.plan_text());
  return true;
}

Request with_standard_output(Request request) {
  std::vector<std::string> wanting;
  auto redirect = [&](std::string& path, const char* option) {
    if (path != "-" && path != "/dev/stdout") return;
    path = "/dev/stdout";
    wanting.push_back(option);
  };
  redirect(request.output, "-o -");
  redirect(request.html, "--html -");
  redirect(request.trace, "--trace -");
  if (wanting.empty()) return request;
  if (request.json) wanting.push_back("--json");
  if (wanting.size() > 1)
    throw Error({.code = "usage",
                 .what = fmt::format("{} and {} both want standard output", wanting[0], wanting[1]),
                 .hint = fmt::format("give {} a file", wanting[0].substr(0, wanting[0].find(" -", 1)))});
  request.quiet = true;
  return request;
}

std::string shape_with_roles(const Shape& shape, const std::string& axes) {
  std::string text;
  for (int axis = 1; axis < shape.rank(); ++axis) {
    const auto role = static_cast<std::size_t>(axis - 1);
    text +=
        fmt::format("{}{}{}", axis > 1 ? " " : "", role < axes.size() ? std::string(1, axes[role]) : "", shape[axis]);
  }
  return text.empty() ? "scalar" : text;
}

Tensor sample_of(const Request& request, const Activation& activation) {
  const std::int64_t batch = activation.tensor.shape()[0];
  require_sample(request, batch);
  return activation.tensor.item(request.sample);
}

std::string model_stem(const Request& request) {
  return request.model == "-" ? "model" : std::filesystem::path(request.model).stem().string();
}

void open_in_viewer(const std::string& path) {
  std::string program = "xdg-open", argument = path;
  char* arguments[] = {program.data(), argument.data(), nullptr};
  pid_t child = 0;
  if (posix_spawnp(&child, "xdg-open", nullptr, nullptr, arguments, environ) != 0)
    throw Error({.code = "viewer-missing",
                 .what = "no viewer can be started: 'xdg-open' is not installed",
                 .hint = "open " + path + " yourself"});
}

}  // namespace kerascope::cli
