// Shared by the commands: options, messages, the opened model with its inputs.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "api/batch.h"
#include "engine/function.h"
#include "inputs/feed.h"
#include "model/model.h"

namespace kerascope::cli {

/// The options of all commands; each command offers those that it reads.
struct Request {
  std::string program = "kerascope";  ///< as it was started, for suggested commands
  std::string model;
  std::string weights;                    ///< --weights: another file than the model's
  std::vector<std::string> inputs;        ///< INPUT ..., in the model's order
  std::vector<std::string> named_inputs;  ///< --input NAME=FILE
  std::vector<std::string> layers;
  std::vector<std::string> assumptions;  ///< --assume NAME=identity
  std::vector<std::string> lambdas;      ///< --lambda NAME=expression
  std::vector<std::string> kernels;      ///< layers whose weights are drawn
  std::string output;
  std::string html;
  std::string trace;
  std::string phase = "inference";
  std::string seed = "0";
  std::string preprocess;
  std::string resize = "nearest";
  std::string labels;
  std::string sort;
  std::string dump;
  std::string terminal = "auto";
  std::string grid;      ///< the grid of tokens
  std::string sequence;  ///< empty: chosen automatically
  bool keep_aspect_ratio = false;
  bool exact = false;
  int threads = 0;
  std::size_t memory = 0;  ///< the most bytes that a run may take; 0: no limit
  int depth = -1;
  bool verbose = false;
  int sample = 0;
  int gap_px = 1;
  int zoom = 0;
  int runs = 10;
  int batch = 0;         ///< 0: the input's batch
  int top = 0;           ///< 0: all
  std::string scale;     ///< empty: the command's default
  std::string colormap;  ///< empty: chosen to suit the scale
  bool colorbar = false;
  bool numbers = false;
  bool rgb = false;
  bool classes = false, overlay = false;
  bool overview = false;
  bool outputs_alone = false;  ///< only the model's outputs, instead of `layers`
  bool json = false;
  bool quiet = false;
  bool open = false;
  bool by_name = false;  ///< matches the weights of that other file with layers by name
};

enum ExitCode { kDone = 0, kFailed = 1, kWrongUsage = 2, kPartlyDone = 3 };

/// Each function adds its subcommand to the program; the subcommand sets `exit_code` when it runs.
void add_layers_command(CLI::App& app, Request& request, int& exit_code);
void add_show_command(CLI::App& app, Request& request, int& exit_code);
void add_capture_command(CLI::App& app, Request& request, int& exit_code);
void add_demo_command(CLI::App& app, Request& request, int& exit_code);
void add_diff_command(CLI::App& app, Request& request, int& exit_code);
void add_profile_command(CLI::App& app, Request& request, int& exit_code);

constexpr const char* kPreprocessModes = "tf|caffe|torch|unit|raw|mean=..,std=..";
/// The title of the options that only runs of a model use.
constexpr const char* kHowToRun = "How a model is run";

void add_completion_command(CLI::App& app);
void add_man_command(CLI::App& app);

void add_model_option(CLI::App& command, Request& request);
void add_print_options(CLI::App& command, Request& request);
void add_lambda_option(CLI::App& command, Request& request);
void add_run_options(CLI::App& command, Request& request);
/// The run options without MODEL, INPUT and --dump.
void add_how_to_run_options(CLI::App& command, Request& request);
void add_dump_option(CLI::App& command, Request& request);
void add_memory_option(CLI::App& command, Request& request);

/// The commands without the option parser, for `demo`.
int show(const Request& request);
int show_kernels(const Request& request);
int capture(const Request& request);

/// Prints a line to standard error, with its first word in a column: "input     rose.jpg 640x427 ..".
void note(const Request& request, const std::string& word, const std::string& text);
/// The same for results, on standard output.
void say(const Request& request, const std::string& word, const std::string& text);

/// About so many bytes of activations are looked at a time.
constexpr std::size_t kMostSeenBytes = std::size_t{1} << 29;

/// A model with its inputs, ready to run.
struct PreparedRun {
  std::shared_ptr<api::ModelState> state;
  api::BatchRun batch;
  std::vector<std::string> labels = {};  ///< names of the classes
  std::optional<PreprocessingWarning> warning = {};

  const ModelData& model() const { return batch.model(); }
  const Fed& fed() const { return batch.fed(); }
  const CompiledFunction& function() const { return batch.function(); }
};
/// Opens the model, reads the inputs, compiles; prints how inputs were prepared, and warnings. Finds all errors of a
/// request before anything is computed or written.
PreparedRun prepare_run(const Request& request, bool with_outputs, api::Samples samples = api::Samples::kTogether);

/// The single steps of prepare_run, for commands that need only some: check that - is used only once; open the model;
/// the run's options; read the inputs from their files, with messages; warn about samples that are not
/// finite.
void require_standard_input_once(const Request& request);
ModelData read_model(const Request& request);
CallOptions call_options(const Request& request);
FunctionOptions function_options(const Request& request);
Fed read_inputs(const Request& request, const ModelData& model);
void warn_of_infinite_inputs(const Request& request, const Fed& fed);

/// A progress line on standard error that is redrawn in place; only for long runs, and only on a terminal.
class Progress {
 public:
  explicit Progress(bool wanted);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void step(std::size_t done, std::size_t all);

 private:
  bool is_wanted_, is_shown_ = false;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now(), last_ = begin_;
};

/// Runs, with a progress line on a terminal if it takes long. Warns if the input was probably preprocessed wrongly.
/// @param ready      gets the samples from Activation::first on; each sample once
/// @param part_done  called before the activations' memory is reused
CompiledFunction::Result run(const Request& request, PreparedRun& prepared,
                             const std::function<void(const Activation&)>& ready = {},
                             const std::function<void()>& part_done = {});
/// What to try against it: "--preprocess caffe", or a sentence; may be empty.
std::string hint_of(const PreprocessingWarning& warning);
/// What the run warns of, as JSON: the preprocessing that fits badly, or what was known before the run; null if there
/// is nothing.
Json warning_json(const PreparedRun& run);

/// The five largest values of each classifier output, or the value of a single-unit output: as lines, or JSON.
std::vector<std::string> prediction_lines(const Request& request, const PreparedRun& run,
                                          const std::vector<Activation>& outputs);
Json prediction_json(const Request& request, const PreparedRun& run, const std::vector<Activation>& outputs);

/// Prints once what could not be computed. True if there was something, or if a picture was skipped.
bool tell_skipped(const Request& request, const Fed& fed, std::span<const Skipped> skipped);

/// The addresses of the model's outputs.
std::vector<std::string> output_addresses(const Network& network);

/// `--dump`: prints the graph or the plan; false if it was not asked for.
bool print_dump(const Request& request, const CompiledFunction& function);
/// The same with the model's own shapes, if no input is given; false also if one is.
/// @throws Error{usage} if combined with --json
bool dump_without_input(const Request& request, bool with_outputs = false);

/// Replaces an input that is not given: --batch samples, and kStandInSize along open axes.
struct StandIn {
  ModelInput input;
  Shape shape;
  bool is_open = false;
};
constexpr std::int64_t kStandInSize = 224;
std::vector<StandIn> stand_ins(const Request& request, const ModelData& model);
/// "(224, 224, 3); 224 where the file leaves the size open"
std::string shape_text(const StandIn& input);

/// `-o -`: only the result goes to standard output.
Request with_standard_output(Request request);

/// The chosen sample, taken from the current ones, without the batch axis.
Tensor sample_of(const Request& request, const PreparedRun& run, const Activation& activation);
/// "sample 1 of a batch of 4: cat.png", with the picture's name if it has one.
std::string sample_text(const Request& request, const PreparedRun& run);
/// "model" for "dir/model.h5".
std::string model_stem(const Request& request);
void open_in_viewer(const std::string& path);

}  // namespace kerascope::cli
