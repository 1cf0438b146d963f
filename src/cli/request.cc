#include "cli/request.h"

#include <spawn.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <set>
#include <utility>

#include "api/feeding.h"
#include "api/lambdas.h"
#include "api/load_weights.h"
#include "api/predictions.h"
#include "api/preprocessing_check.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/statistics.h"
#include "base/text.h"
#include "formats/open.h"

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

InputOptions feed_options(const Request& request) {
  InputOptions options;
  if (!request.preprocess.empty()) options.preprocessing = parse_preprocessing(request.preprocess);
  options.resize = std::nullopt;
  if (request.resize != "off") options.resize = parse_filter(request.resize);
  options.keep_aspect_ratio = request.keep_aspect_ratio;
  return options;
}

}  // namespace

Progress::Progress(bool wanted) : is_wanted_(wanted && isatty(STDERR_FILENO)) {}

Progress::~Progress() {
  if (is_shown_) say_error("\r\x1b[K");
}

void Progress::step(std::size_t done, std::size_t all) {
  using namespace std::chrono;
  const auto now = steady_clock::now();
  if (!is_wanted_ || now - begin_ < 700ms || now - last_ < 100ms) return;
  last_ = now;
  is_shown_ = true;
  say_error(fmt::format("\rcomputes  {} of {} steps\x1b[K", done, all));
}

void add_model_option(CLI::App& command, Request& request) {
  command
      .add_option("MODEL", request.model,
                  "a model that Keras saved: .h5, .keras, or the .json of its architecture; - is standard input")
      ->required();
  command
      .add_option("--weights", request.weights,
                  "a file of weights for it, layer by layer in the model's order: .weights.h5, .h5, .keras")
      ->type_name("FILE");
  command
      .add_flag("--by-name", request.by_name, "give these weights to the layers of the same names, and only to them")
      ->needs("--weights");
  add_lambda_option(command, request);
  add_print_options(command, request);
}

void add_lambda_option(CLI::App& command, Request& request) {
  command
      .add_option("--lambda", request.lambdas,
                  "what a Lambda computes whose code is not read, as in 'centre=x / 127.5 - 1': arithmetic, parts such "
                  "as x[..., ::-1], and functions of keras.ops, K and tf")
      ->allow_extra_args(false)
      ->type_name("LAYER=EXPRESSION");
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
  add_dump_option(command, request);
}

void add_dump_option(CLI::App& command, Request& request) {
  command
      .add_option("--dump", request.dump,
                  "print the graph or the plan, also without an input: then for the sizes that the model says")
      ->check(CLI::IsMember({"graph", "plan"}));
}

void add_how_to_run_options(CLI::App& command, Request& request) {
  command
      .add_option("--layer,-l", request.layers,
                  "which layers: name, path, index, range, pattern, type:Class, name:CHANNEL; repeat or use commas")
      ->allow_extra_args(false)
      ->type_name("LAYER");
  command.option_defaults()->group(kHowToRun);
  command
      .add_option("--input", request.named_inputs,
                  "the file for the input of this name, or for the output of a layer, which is then not computed")
      ->allow_extra_args(false)
      ->type_name("NAME=FILE");
  command
      .add_option("--assume", request.assumptions,
                  "layers that cannot be computed: take them for the identity, as in 'gate=identity'")
      ->allow_extra_args(false)
      ->type_name("LAYER=identity");
  command
      .add_option(
          "--phase", request.phase,
          "inference; training: batch statistics, dropout, noise; or as-called: what model(x) does, where calls "
          "that store training=True train")
      ->check(CLI::IsMember({"inference", "training", "as-called"}))
      ->capture_default_str();
  command.add_option("--seed", request.seed, "of the training phase's random numbers; off: no dropout, no noise")
      ->capture_default_str()
      ->type_name("N|off");
  command
      .add_option("--preprocess", request.preprocess,
                  "what is done to the input's numbers; by default guessed for pictures")
      ->type_name(kPreprocessModes);
  std::vector<std::string> filters(filter_names().begin(), filter_names().end());
  filters.push_back("off");
  command.add_option("--resize", request.resize, "how pictures get the model's size, with load_img's names; or off")
      ->check(CLI::IsMember(filters))
      ->capture_default_str();
  command.add_flag("--keep-aspect-ratio", request.keep_aspect_ratio,
                   "resize only the centre that has the model's ratio");
  command.add_option("--labels", request.labels, "names of the classes: a line each, or JSON")->type_name("FILE");
  command.add_option("--threads", request.threads, "how many threads compute (all cores)")
      ->check(CLI::Range(1, kMostThreads));
  command.add_flag("--exact", request.exact,
                   "multiply every convolution directly: slower, with rounding errors some ten times smaller");
  command.option_defaults()->group("Options");
}

void add_memory_option(CLI::App& command, Request& request) {
  command
      .add_option("--memory", request.memory,
                  "as 800MB or 2GB: what inputs and outputs of layers may take; keeps no layer where all are more, and "
                  "refuses what needs more at a time")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/false))
      ->type_name("SIZE")
      ->group(kHowToRun);
}

void note(const Request& request, const std::string& word, const std::string& text) {
  if (!request.quiet) say_error(fmt::format("{:<9} {}\n", word, text::printable(text)));
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
  std::vector<std::string> files = {request.model, request.weights, request.labels};
  for (const InputFile& file : input_files(request)) files.push_back(file.path);
  if (std::count(files.begin(), files.end(), "-") > 1)
    throw Error({.code = "usage", .what = "- stands for standard input, which holds one file only"});
}

namespace {

/// LAYER and EXPRESSION of each --lambda LAYER=EXPRESSION.
std::vector<std::pair<std::string, std::string>> given_lambdas(const Request& request) {
  std::vector<std::pair<std::string, std::string>> lambdas;
  for (const std::string& text : request.lambdas) {
    const std::size_t equals = text.find('=');
    if (equals == text.npos || equals == 0 || equals + 1 == text.size())
      throw Error({.code = "usage", .what = fmt::format("--lambda is '{}', not LAYER=EXPRESSION", text)});
    lambdas.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return lambdas;
}

}  // namespace

ModelData read_model(const Request& request) {
  ModelData model = open_model(request.model);
  api::set_lambdas(model, given_lambdas(request));
  if (request.weights.empty()) return model;
  LoadedWeights loaded;
  model.network = api::with_weights(model, request.weights, {.by_name = request.by_name}, loaded);
  const auto tell = [&](const std::vector<std::string>& names, const char* what) {
    const std::size_t shown = std::min<std::size_t>(names.size(), 8);
    if (!names.empty())
      note(request, "weights",
           fmt::format("{} {}{}", what, text::join({names.begin(), names.begin() + shown}, ", "),
                       shown < names.size() ? fmt::format(", .. ({} in all)", names.size()) : ""));
  };
  tell(loaded.missing, "no layer in the file has the name of");
  tell(loaded.unused, "no layer of the model has the name of");
  return model;
}

namespace {

/// The layers of --assume LAYER=identity.
std::vector<std::string> assumed_layers(const Request& request) {
  constexpr std::string_view kEnding = "=identity";
  std::vector<std::string> layers;
  for (const std::string& text : request.assumptions) {
    if (!text::ends_with(text, kEnding) || text.size() == kEnding.size())
      throw Error({.code = "usage", .what = fmt::format("--assume is '{}', not LAYER=identity", text)});
    layers.push_back(text.substr(0, text.size() - kEnding.size()));
  }
  return layers;
}

std::optional<std::uint64_t> seed_of(const Request& request) {
  if (request.seed == "off") return std::nullopt;
  const auto seed = text::to_integer(request.seed);
  if (!seed)
    throw Error({.code = "usage", .what = fmt::format("--seed is '{}', not a whole number or off", request.seed)});
  return static_cast<std::uint64_t>(*seed);
}

}  // namespace

CallOptions call_options(const Request& request) {
  return {.phase = request.phase == "training"    ? Phase::kTraining
                   : request.phase == "as-called" ? Phase::kAsCalled
                                                  : Phase::kInference,
          .seed = seed_of(request),
          .exact = request.exact,
          .threads = request.threads};
}

FunctionOptions function_options(const Request& request) {
  return {.taps = request.layers, .call = call_options(request), .assume = assumed_layers(request)};
}

Fed read_inputs(const Request& request, const ModelData& model) {
  const api::Feeding given = api::feeding(model, input_files(request));
  const InputOptions options = feed_options(request);
  Fed fed;
  try {
    fed = feed(model, given.files, options, given.layers, Damaged::kPassOver);
  } catch (const Error& error) {
    Error::Parts parts = error.parts();
    if (error.code() == "input-missing" && !parts.hint.empty())
      parts.hint += "; or --input NAME=FILE";
    else if (error.code() == "input-unknown" && parts.hint.empty())
      parts.hint = "--input NAME=FILE takes one array, also for the output of a layer";
    else
      throw;
    throw Error(std::move(parts));
  }
  if (request.layers.empty()) api::require_needed_inputs(model, fed);
  for (const std::string& line : fed.done) note(request, "input", line);
  for (const std::string& line : fed.skipped) note(request, "skipped", line);
  for (const auto& [what, hint] : fed.warnings) {
    note(request, "warning", what);
    if (!hint.empty()) note(request, "", "try: " + hint);
  }
  return fed;
}

void warn_of_infinite_inputs(const Request& request, const Fed& fed) {
  for (std::size_t i = 0; i < fed.tensors.size(); ++i)
    if (fed.tensors[i].dtype() != DType::kString && !finite_range(numbers_of(fed.tensors[i]).numbers()).all_finite)
      note(request, "warning",
           fmt::format("the numbers for {} '{}' are not all finite", fed.sources[i].is_layer ? "layer" : "input",
                       fed.sources[i].input.name));
}

namespace {

void tell_assumptions(const Request& request, const CompiledFunction& function) {
  std::size_t depending = 0;
  std::set<std::string> assumed;
  for (const auto& [value, address] : function.assembly().assumed) assumed.insert(address);
  if (assumed.empty()) return;
  const auto assumptions = function.assembly().assumptions();
  for (const SiteResult& result : function.assembly().results)
    depending += !result.problem && !assumptions[static_cast<std::size_t>(result.output->value.id)].empty();
  note(request, "assumed",
       fmt::format("{} {} the identity; {} outputs depend on that and are marked",
                   text::join({assumed.begin(), assumed.end()}, ", "), assumed.size() == 1 ? "is" : "are", depending));
}

}  // namespace

PreparedRun prepare_run(const Request& request, bool with_outputs, api::Samples samples) {
  FunctionOptions options = function_options(request);
  options.with_outputs = with_outputs;
  options.most_norm_fits = options.call.phase == Phase::kInference ? api::kEarlyNorms : 0;
  require_standard_input_once(request);
  std::vector<std::string> labels;
  if (!request.labels.empty()) labels = read_labels(request.labels);
  const auto state = std::make_shared<api::ModelState>(read_model(request));
  const ModelData& model = *state->data();
  if (request.outputs_alone) options.taps = output_addresses(model.network);
  Fed fed = read_inputs(request, model);
  require_sample(request, fed.batch);
  PreparedRun run{.state = state,
                  .batch = {state,
                            std::move(fed),
                            {.function = options,
                             .samples = samples,
                             .keep = api::Keep::kIfRoom,
                             .chosen = request.sample,
                             .most_memory = request.memory,
                             .most_seen = kMostSeenBytes}},
                  .labels = std::move(labels)};
  for (const std::string& line : run.batch.notes()) note(request, "note", line);
  warn_of_infinite_inputs(request, run.fed());
  for (const std::string& line : run.function().notes()) note(request, "note", line);
  tell_assumptions(request, run.function());
  return run;
}

std::string hint_of(const PreprocessingWarning& warning) {
  return warning.better ? "--preprocess " + warning.better->str() : warning.hint;
}

namespace {

std::optional<PreprocessingWarning> warning_of(const Request& request, const PreparedRun& run,
                                               const CompiledFunction::Result& result) {
  if (request.quiet && !request.json) return std::nullopt;
  const auto warning = api::preprocessing_warning(*run.state, run.fed(), result.norm_fits);
  if (!warning) return std::nullopt;
  note(request, "warning", warning->what);
  if (const std::string hint = hint_of(*warning); !hint.empty()) note(request, "", "try: " + hint);
  return warning;
}

}  // namespace

Json warning_json(const PreparedRun& run) {
  if (run.warning) {
    Json json = {{"layer", run.warning->layer},
                 {"variance_ratio", run.warning->variance_ratio},
                 {"deviations", run.warning->deviations},
                 {"what", run.warning->what}};
    if (const std::string hint = hint_of(*run.warning); !hint.empty()) json["try"] = hint;
    return json;
  }
  for (const auto& [what, hint] : run.fed().warnings)
    if (!hint.empty()) return {{"what", what}, {"try", hint}};
  return nullptr;
}

CompiledFunction::Result run(const Request& request, PreparedRun& prepared,
                             const std::function<void(const Activation&)>& ready,
                             const std::function<void()>& part_done) {
  Progress progress(!request.quiet);
  CallOptions call = prepared.batch.options().call;
  call.on_progress = [&](std::size_t done, std::size_t all) { progress.step(done, all); };
  const auto on_part = [&](const CompiledFunction::Result& result, std::int64_t part) {
    if (part == 0) prepared.warning = warning_of(request, prepared, result);
    if (part_done) part_done();
  };
  const CompiledFunction::Result result = prepared.batch.run(call, {.ready = ready, .part_done = on_part});
  std::vector<Shape> outputs;
  for (const Activation& output : result.outputs) outputs.push_back(output.tensor.shape());
  if (prepared.labels.empty()) prepared.labels = api::labels(prepared.model(), outputs);
  return result;
}

bool tell_skipped(const Request& request, const Fed& fed, std::span<const Skipped> skipped) {
  std::map<std::string, std::vector<std::string>> by_problem;
  for (const Skipped& one : skipped)
    by_problem[one.problem->parts().what + "\n" + one.problem->parts().where].push_back(one.address);
  std::set<std::string> hints;
  for (const Skipped& one : skipped)
    if (!one.problem->parts().hint.empty()) hints.insert(one.problem->parts().hint);
  for (const auto& [problem, addresses] : by_problem) {
    const auto newline = problem.find('\n');
    note(request, "skipped",
         fmt::format("{} ({}); {} cannot be seen: {}", problem.substr(0, newline), problem.substr(newline + 1),
                     addresses.size() == 1 ? "one layer" : fmt::format("{} layers", addresses.size()),
                     addresses.size() <= 4 ? text::join(addresses, ", ")
                                           : addresses[0] + ", " + addresses[1] + ", .. " + addresses.back()));
  }
  constexpr std::size_t kMostHints = 3;
  if (hints.size() <= kMostHints)
    for (const std::string& hint : hints) note(request, "", "try: " + hint);
  else
    note(request, "",
         "try: give the output of one of them (--input 'LAYER=FILE.npy'), or pass its input through "
         "(--assume 'LAYER=identity')");
  return !by_problem.empty() || !fed.skipped.empty();
}

std::vector<std::string> output_addresses(const Network& network) {
  std::vector<std::string> addresses;
  for (const TensorRef& output : network.outputs) {
    const LayerData& layer = network.layers[static_cast<std::size_t>(output.layer)];
    std::string address = layer.name;
    if (layer.calls.size() > 1) address += fmt::format("@{}", output.call);
    if (std::ranges::find(addresses, address) == addresses.end()) addresses.push_back(std::move(address));
  }
  return addresses;
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

Tensor sample_of(const Request& request, const PreparedRun& run, const Activation& activation) {
  return activation.tensor.item(request.sample - run.batch.first());
}

std::string sample_text(const Request& request, const PreparedRun& run) {
  const auto sample = static_cast<std::size_t>(request.sample);
  return fmt::format("sample {} of a batch of {}", sample, run.fed().batch) +
         (sample < run.fed().names.size() ? ": " + run.fed().names[sample] : "");
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
