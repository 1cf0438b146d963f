#include "cli/request.h"

#include <spawn.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <set>
#include <utility>

#include "api/load_weights.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/statistics.h"
#include "base/text.h"
#include "cli/feeding.h"
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

void Progress::step(std::size_t done, std::size_t all, std::int64_t part, std::int64_t parts) {
  using namespace std::chrono;
  const auto now = steady_clock::now();
  if (!is_wanted_ || now - begin_ < 700ms || now - last_ < 100ms) return;
  last_ = now;
  is_shown_ = true;
  const std::string of_part = parts > 1 ? fmt::format(", part {} of {}", part + 1, parts) : "";
  say_error(fmt::format("\rcomputes  {} of {} steps{}\x1b[K", done, all, of_part));
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

ModelData read_model(const Request& request) {
  ModelData model = open_model(request.model);
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

}  // namespace

FunctionOptions function_options(const Request& request) {
  return {.taps = request.layers,
          .phase = request.phase == "training"    ? Phase::kTraining
                   : request.phase == "as-called" ? Phase::kAsCalled
                                                  : Phase::kInference,
          .random = request.seed != "off",
          .assume = assumed_layers(request),
          .exact = request.exact};
}

std::uint64_t seed_of(const Request& request) {
  if (request.seed == "off") return 0;
  const auto seed = text::to_integer(request.seed);
  if (!seed)
    throw Error({.code = "usage", .what = fmt::format("--seed is '{}', not a whole number or off", request.seed)});
  return static_cast<std::uint64_t>(*seed);
}

Fed read_inputs(const Request& request, const ModelData& model) {
  const Feeding given = feeding(model, input_files(request));
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
  if (request.layers.empty()) require_needed_inputs(model, fed);
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

std::size_t memory_of(const CompiledFunction& function, const Fed& fed, std::int64_t count) {
  std::size_t bytes = function.peak_bytes();
  for (const Tensor& tensor : fed.tensors)
    bytes += 2 * static_cast<std::size_t>(count * tensor.shape().elements(1, tensor.shape().rank())) * sizeof(float);
  return bytes;
}

void require_memory(std::size_t needed) {
  const std::size_t available = available_memory();
  if (needed <= available) return;
  throw Error({.code = "memory",
               .what = fmt::format("this run takes {} of memory, and {} are available", text::bytes(needed),
                                   text::bytes(available)),
               .hint = "ask for fewer layers (--layer), keep none of them (--memory SIZE), or give a smaller input"});
}

namespace {

/// Makes `count` samples of the batch the current ones.
void take(Run& run, std::int64_t first, std::int64_t count) {
  run.fed.take(first, count);
  run.first = first;
}

/// The most samples per part of a batch. More hardly make a sample cheaper, but untapped outputs, too, take memory.
constexpr std::int64_t kMostTogether = 16;

/// Compiles the function for as many samples as are computed at a time.
void make_function(const Request& request, Run& run) {
  std::int64_t made = 0;
  const auto make = [&](std::int64_t count) {
    run.function = function_for(run.model, run.fed, count, run.options);
    return made = count;
  };
  // Without --memory, no outputs are dropped, but a run that exceeds the machine's memory is refused.
  const std::size_t most = request.memory > 0 ? request.memory : available_memory();
  const auto fits = [&] { return memory_of(*run.function, run.fed, made) <= most; };
  // In the training phase, batch statistics and the sequence of random numbers depend on the whole batch.
  const bool may_part =
      run.samples != Samples::kTogether && run.fed.batch > 1 && run.options.phase == Phase::kInference;
  std::int64_t count = run.fed.batch;
  if (may_part && run.samples == Samples::kInParts) {
    count = make(std::min(count, kMostTogether));
    const auto bytes = static_cast<std::int64_t>(run.function->bytes() + 1);
    count = std::clamp<std::int64_t>(count * static_cast<std::int64_t>(kMostSeenBytes) / bytes, 1, count);
  } else if (may_part) {
    count = 1;
  }
  if (count == run.fed.batch || !keeps_samples_apart(run.model, run.fed)) {
    run.samples = Samples::kTogether;
    count = run.fed.batch;
  }
  if (made != count) make(count);
  while (!fits() && run.samples == Samples::kInParts && count > 1) count = make(count / 2);
  // Layers that were named are more important than predictions.
  if (!fits() && !request.layers.empty() && std::exchange(run.options.with_outputs, false)) {
    make(count);
    if (fits()) note(request, "note", "there is no memory for the model's outputs, so nothing is predicted");
  }
  if (request.memory == 0) require_memory(memory_of(*run.function, run.fed, made));
  if (!fits()) {
    run.options.pass_by = true;
    make(count);
  }
  if (!fits())
    throw Error(
        {.code = "memory",
         .what = fmt::format("this run takes {} of memory even where no layer is kept, and --memory is {}",
                             text::bytes(memory_of(*run.function, run.fed, count)), text::bytes(request.memory)),
         .hint = "ask for earlier layers, or give fewer or smaller inputs"});
  take(run, run.samples == Samples::kChosen ? request.sample : 0, count);
}

}  // namespace

std::vector<Skipped> Run::skipped() const { return skipped_of(model, fed, *function); }

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

Run prepare_run(const Request& request, bool with_outputs, Samples samples) {
  Run run;
  run.samples = samples;
  run.options = function_options(request);
  run.options.with_outputs = with_outputs;
  run.options.most_norm_fits = run.options.phase == Phase::kInference ? kEarlyNorms : 0;
  run.seed = seed_of(request);
  require_standard_input_once(request);
  if (!request.labels.empty()) run.labels = read_labels(request.labels);
  run.model = read_model(request);
  if (request.outputs_alone) run.options.taps = output_addresses(run.model.network);
  run.fed = read_inputs(request, run.model);
  require_sample(request, run.fed.batch);
  make_function(request, run);
  if (auto made = run.function->for_inputs(run.fed.tensors, run.seed)) run.function = std::move(made);
  warn_of_infinite_inputs(request, run.fed);
  for (const std::string& line : run.function->notes()) note(request, "note", line);
  tell_assumptions(request, *run.function);
  return run;
}

namespace {

/// The whole batch's outputs, gathered from its parts; only outputs that can be predictions.
class WholeOutputs {
 public:
  explicit WholeOutputs(std::int64_t batch) : batch_(batch) {}

  void add(const std::vector<Activation>& outputs, std::int64_t first) {
    outputs_.resize(outputs.size());
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const Tensor& part = outputs[i].tensor;
      if (part.shape().rank() != 2 || part.dtype() != DType::kFloat32) continue;
      if (outputs_[i].empty()) outputs_[i] = Tensor({batch_, part.shape()[1]});
      std::copy_n(part.data(), part.size(), outputs_[i].mutable_data() + first * part.shape()[1]);
    }
  }
  void put_into(std::vector<Activation>& outputs) const {
    for (std::size_t i = 0; i < outputs_.size(); ++i)
      if (!outputs_[i].empty()) outputs[i].tensor = outputs_[i];
  }

 private:
  std::int64_t batch_;
  std::vector<Tensor> outputs_;
};

/// The activation's samples from `first` on.
Activation from(const Activation& activation, std::int64_t first) {
  Activation rest = activation;
  rest.tensor = activation.tensor.items(first, activation.tensor.shape()[0] - first);
  return rest;
}

/// Takes the batch part by part; the last part overlaps the one before, to be as long as the others. Calls body(part,
/// parts, first); Run::first is the first sample that was in no earlier part.
template <typename Body>
void each_part(Run& run, std::int64_t count, const Body& body) {
  const std::int64_t batch = run.fed.batch, parts = (batch + count - 1) / count;
  for (std::int64_t part = 0; part < parts; ++part) {
    const std::int64_t first = std::min(part * count, batch - count);
    if (parts > 1) take(run, first, count);
    run.first = part * count;
    body(part, parts, first);
  }
}

CompiledFunction::Result run_in_parts(const Request& request, Run& prepared, const OnRun& on) {
  Progress progress(!request.quiet);
  WholeOutputs outputs(prepared.fed.batch);
  CompiledFunction::Result result;
  each_part(
      prepared, prepared.fed.tensors[0].shape()[0], [&](std::int64_t part, std::int64_t parts, std::int64_t first) {
        const std::int64_t seen = prepared.first - first;
        const auto on_ready = [&](const Activation& activation) {
          if (on.ready) on.ready(seen == 0 ? activation : from(activation, seen));
        };
        const auto on_progress = [&](std::size_t done, std::size_t all) { progress.step(done, all, part, parts); };
        result = {};  // frees its memory for reuse
        result = prepared.function->run(prepared.fed.tensors,
                                        {.seed = prepared.seed, .on_ready = on_ready, .on_progress = on_progress});
        if (part == 0) prepared.warning = check_preprocessing(request, prepared, result);
        if (parts > 1) outputs.add(result.outputs, first);
        if (on.part_done) on.part_done();
      });
  outputs.put_into(result.outputs);
  return result;
}

/// Computes the model's outputs for all samples, if one sample was run but predictions for all are printed.
void add_all_outputs(const Request& request, Run& prepared, CompiledFunction::Result& result) {
  const bool tells =
      std::ranges::any_of(result.outputs, [](const Activation& o) { return o.tensor.shape().rank() == 2; });
  if (prepared.fed.names.empty() || !tells) return;
  const std::int64_t count = std::min(prepared.fed.batch, kMostTogether);
  FunctionOptions options = prepared.options;
  options.with_taps = false;
  options.most_norm_fits = 0;
  const auto function = function_for(prepared.model, prepared.fed, count, options);
  Progress progress(!request.quiet);
  WholeOutputs outputs(prepared.fed.batch);
  take(prepared, 0, count);
  each_part(prepared, count, [&](std::int64_t part, std::int64_t parts, std::int64_t first) {
    const auto on_progress = [&](std::size_t done, std::size_t all) { progress.step(done, all, part, parts); };
    outputs.add(function->run(prepared.fed.tensors, {.on_progress = on_progress}).outputs, first);
  });
  outputs.put_into(result.outputs);
  take(prepared, request.sample, 1);
}

}  // namespace

CompiledFunction::Result run(const Request& request, Run& prepared, const OnRun& on) {
  CompiledFunction::Result result;
  if (prepared.samples == Samples::kChosen) {
    Progress progress(!request.quiet);
    const auto on_progress = [&](std::size_t done, std::size_t all) { progress.step(done, all); };
    result = prepared.function->run(prepared.fed.tensors,
                                    {.seed = prepared.seed, .on_ready = on.ready, .on_progress = on_progress});
    prepared.warning = check_preprocessing(request, prepared, result);
    add_all_outputs(request, prepared, result);
  } else {
    result = run_in_parts(request, prepared, on);
  }
  const bool has_1000 = result.outputs.size() == 1 &&
                        result.outputs[0].tensor.shape().elements(1, result.outputs[0].tensor.shape().rank()) == 1000;
  if (prepared.labels.empty() && has_1000 && ends_as_application(prepared.model)) prepared.labels = imagenet_names();
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

std::string axes_of(const ModelInput& input, const Shape& sample) {
  return static_cast<int>(input.axes.size()) == sample.rank() ? input.axes : usual_axes(sample.rank());
}

Tensor sample_of(const Request& request, const Run& run, const Activation& activation) {
  return activation.tensor.item(request.sample - run.first);
}

std::string sample_text(const Request& request, const Run& run) {
  const auto sample = static_cast<std::size_t>(request.sample);
  return fmt::format("sample {} of a batch of {}", sample, run.fed.batch) +
         (sample < run.fed.names.size() ? ": " + run.fed.names[sample] : "");
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
