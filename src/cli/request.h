// What the commands share: options, messages, the opened model with its inputs.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "engine/function.h"
#include "inputs/feed.h"
#include "model/model.h"

namespace kerascope::cli {

/// The options of all commands; each command offers those that it reads.
struct Request {
  std::string program = "kerascope";  ///< as it was started, for commands to try
  std::string model;
  std::string weights;                    ///< of another file than the model's
  std::vector<std::string> inputs;        ///< INPUT ..., in the model's order
  std::vector<std::string> named_inputs;  ///< --input NAME=FILE
  std::vector<std::string> layers;
  std::vector<std::string> assumptions;  ///< --assume NAME=identity
  std::vector<std::string> kernels;      ///< whose weights are drawn
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
  std::string grid;      ///< of tokens
  std::string sequence;  ///< empty: what suits it
  bool keep_aspect_ratio = false;
  bool exact = false;
  int threads = 0;
  std::size_t memory = 0;  ///< bytes that a run may take; 0: as many as it wants
  int depth = -1;
  int sample = 0;
  int gap_px = 1;
  int zoom = 0;
  int runs = 10;
  int batch = 0;         ///< 0: the input's own
  int top = 0;           ///< 0: all
  std::string scale;     ///< empty: the command's own
  std::string colormap;  ///< empty: what suits the scale
  bool colorbar = false;
  bool numbers = false;
  bool rgb = false;
  bool classes = false, overlay = false;
  bool overview = false;
  bool outputs_alone = false;  ///< instead of `layers`: what the model's outputs are
  bool json = false;
  bool quiet = false;
  bool open = false;
  bool by_name = false;  ///< the weights of that other file go to the layers of their names
};

enum ExitCode { kDone = 0, kFailed = 1, kWrongUsage = 2, kPartlyDone = 3 };

/// Each adds its subcommand to the program; `exit_code` is set when it runs.
void add_layers_command(CLI::App& app, Request& request, int& exit_code);
void add_show_command(CLI::App& app, Request& request, int& exit_code);
void add_capture_command(CLI::App& app, Request& request, int& exit_code);
void add_demo_command(CLI::App& app, Request& request, int& exit_code);
void add_diff_command(CLI::App& app, Request& request, int& exit_code);
void add_profile_command(CLI::App& app, Request& request, int& exit_code);

constexpr const char* kPreprocessModes = "tf|caffe|torch|unit|raw|mean=..,std=..";
/// The group of options that only a run of a model reads.
constexpr const char* kHowToRun = "How a model is run";

void add_completion_command(CLI::App& app);
void add_man_command(CLI::App& app);

void add_model_option(CLI::App& command, Request& request);
void add_print_options(CLI::App& command, Request& request);
void add_run_options(CLI::App& command, Request& request);
/// Those among them that say what is run and how, without MODEL, INPUT and --dump.
void add_how_to_run_options(CLI::App& command, Request& request);
void add_dump_option(CLI::App& command, Request& request);
void add_memory_option(CLI::App& command, Request& request);

/// The commands' work without the option parser, as `demo` needs it.
int show(const Request& request);
int show_kernels(const Request& request);
int capture(const Request& request);

/// A line for people on standard error, its first word in a column: "input     rose.jpg 640x427 ..".
void note(const Request& request, const std::string& word, const std::string& text);
/// The same on standard output, where results go.
void say(const Request& request, const std::string& word, const std::string& text);

/// Which samples of a batch a command looks at.
enum class Samples {
  kTogether,  ///< all, in one run
  kInParts,   ///< all, in runs of a few samples that keep what is seen within kMostSeenBytes
  kChosen     ///< that of --sample; of the others only the model's outputs are wanted, for what it predicts
};
constexpr std::size_t kMostSeenBytes = std::size_t{1} << 29;

/// A model, what it is fed, and the function that gives its activations.
struct Run {
  ModelData model;
  Fed fed;
  FunctionOptions options;
  std::unique_ptr<CompiledFunction> function;
  Samples samples = Samples::kTogether;  ///< as far as the model keeps its samples apart
  std::int64_t first = 0;                ///< which sample of the batch is the first at hand, of `fed` and activations
  bool is_in_parts() const { return samples != Samples::kTogether; }
  std::vector<Skipped> skipped() const;  ///< what cannot be computed
  std::uint64_t seed = 0;
  std::vector<std::string> labels;  ///< names of the classes
  Json warning;                     ///< of check_preprocessing(), null without one
};
/// Opens, feeds, compiles; says what was done to the inputs and what was odd. What can be wrong in a request is found
/// here, before anything is computed or written.
Run prepare_run(const Request& request, bool with_outputs, Samples samples = Samples::kTogether);

/// The steps of prepare_run, for a command that takes them alone: what - may stand for, what the options say of the
/// run, the number that --seed gives, and the inputs read from their files, with what is to be said of them; what is
/// to be said of the samples that were taken.
void require_standard_input_once(const Request& request);
ModelData read_model(const Request& request);
FunctionOptions function_options(const Request& request);
std::uint64_t seed_of(const Request& request);
Fed read_inputs(const Request& request, const ModelData& model);
void warn_of_infinite_inputs(const Request& request, const Fed& fed);

/// What a run takes with so many samples as its function has been made for, and the inputs, which are kept prepared and
/// as read.
std::size_t memory_of(const CompiledFunction& function, const Fed& fed, std::int64_t count);
/// @throws Error{memory} if the machine has less to give.
void require_memory(std::size_t needed);

/// A line on standard error that is drawn over again; appears when a run is long, and only on a terminal.
class Progress {
 public:
  explicit Progress(bool wanted);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// @param part  of so many, each of which takes `all` steps
  void step(std::size_t done, std::size_t all, std::int64_t part = 0, std::int64_t parts = 1);

 private:
  bool is_wanted_, is_shown_ = false;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now(), last_ = begin_;
};

struct OnRun {
  std::function<void(const Activation&)> ready = {};  ///< of the samples from Run::first on; each sample once
  std::function<void()> part_done = {};               ///< before the activations' memory is used again
};
/// Runs with a progress line on a terminal when it takes long.
/// @return  the activations of the last part, and outputs of the whole batch as far as prediction_lines() needs them.
CompiledFunction::Result run(const Request& request, Run& prepared, const OnRun& on);

/// So many batch normalizations, from the first, are looked at by check_preprocessing().
constexpr std::size_t kEarlyNorms = 3;

/// Where what arrives at an early batch normalization is far from what it learnt, warns, and names the preprocessing
/// that fits much better, if there is one; run() does this. Fields of the result: layer,
/// variance_ratio and deviations (see NormFit), what, try.
Json check_preprocessing(const Request& request, const Run& run, const CompiledFunction::Result& result);
/// The same, or what was wrong with the preprocessing before the run; null without either.
Json warning_json(const Run& run);

/// A line a class, a JSON list, or JSON from index to name or to [id, name] as Keras's imagenet_class_index.json.
std::vector<std::string> read_labels(const std::string& path);
/// The classes on which the networks of keras.applications were trained.
std::vector<std::string> imagenet_names();

/// The five largest values of each classifier output, or the value of a single one: lines, or JSON.
std::vector<std::string> prediction_lines(const Request& request, const Run& run,
                                          const std::vector<Activation>& outputs);
Json prediction_json(const Request& request, const Run& run, const std::vector<Activation>& outputs);

/// What could not be computed, told once; true if there is something, or if a picture was passed over.
bool tell_skipped(const Request& request, const Fed& fed, std::span<const Skipped> skipped);

/// Addresses that mean the model's outputs.
std::vector<std::string> output_addresses(const Network& network);

/// `--dump`: prints the graph or the plan; false where nobody asked for it.
bool print_dump(const Request& request, const CompiledFunction& function);
/// The same for the shapes that the model says, where no input is given; false also where one is.
/// @throws Error{usage} beside --json
bool dump_without_input(const Request& request, bool with_outputs = false);

/// What an input is taken to be where none is given: of --batch samples, kStandInSize along axes that are left open.
struct StandIn {
  ModelInput input;
  Shape shape;
  bool is_open = false;
};
constexpr std::int64_t kStandInSize = 224;
std::vector<StandIn> stand_ins(const Request& request, const ModelData& model);
/// "(224, 224, 3); 224 where the file leaves the size open"
std::string shape_text(const StandIn& input);

/// `-o -`: the result alone goes to standard output.
Request with_standard_output(Request request);

/// The roles of the axes of a sample for this input, whose own rank may be unknown.
std::string axes_of(const ModelInput& input, const Shape& sample);
/// The wanted sample of those at hand, without the batch axis.
Tensor sample_of(const Request& request, const Run& run, const Activation& activation);
/// "sample 1 of a batch of 4: cat.png", the picture's name if it has one.
std::string sample_text(const Request& request, const Run& run);
/// "model" of "dir/model.h5".
std::string model_stem(const Request& request);
void open_in_viewer(const std::string& path);

}  // namespace kerascope::cli
