// kerascope profile: where the time of a run goes, and how far each step is from what the machine could do.
#include "engine/profile.h"

#include <random>

#include "base/parallel.h"
#include "base/text.h"
#include "cli/request.h"
#include "export/trace.h"
#include "formats/open.h"

namespace kerascope::cli {
namespace {

using Clock = Plan::Clock;

/// The sizes of axes of pictures that the file leaves open.
constexpr std::int64_t kOpenSize = 224;
constexpr std::size_t kWidestOperation = 34;

double milliseconds(Clock::duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

// ---- inputs

/// One sample of random numbers for each input.
std::vector<Tensor> random_inputs(const Request& request, const Model& model) {
  std::vector<Tensor> tensors;
  std::minstd_rand random;
  for (const ModelInput& input : model_inputs(model)) {
    if (input.shape.empty())
      throw Error({.code = "input-missing",
                   .what = fmt::format("the file does not say which shape the input '{}' has", input.name),
                   .where = request.model,
                   .hint = "give an INPUT"});
    std::vector<std::int64_t> sizes(input.shape.begin(), input.shape.end());
    std::ranges::replace_if(
        sizes, [](std::int64_t size) { return size < 0; }, kOpenSize);
    sizes[0] = 1;
    Tensor tensor{Shape(sizes)};
    std::generate_n(tensor.mutable_data(), tensor.size(), std::bind(std::uniform_real_distribution<float>(), random));
    const bool is_open =
        std::ranges::any_of(input.shape.begin() + 1, input.shape.end(), [](auto size) { return size < 0; });
    note(request, "input",
         fmt::format("random numbers for '{}', {}{}", input.name, tensor.shape().slice(1, tensor.shape().rank()).str(),
                     is_open ? fmt::format("; {} where the file leaves the size open", kOpenSize) : ""));
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

/// As many samples as wanted, the given ones over and over.
Tensor repeated(const Tensor& tensor, std::int64_t batch) {
  Shape shape = tensor.shape();
  shape[0] = batch;
  Tensor result(shape);
  const std::int64_t size = tensor.size() / tensor.shape()[0];
  for (std::int64_t i = 0; i < batch; ++i)
    std::copy_n(tensor.item(i % tensor.shape()[0]).data(), size, result.mutable_data() + i * size);
  return result;
}

std::vector<Tensor> given_inputs(const Request& request, const Model& model) {
  Fed fed = read_inputs(request, model);
  fed.take(0, fed.batch);
  warn_of_infinite_inputs(request, fed);
  return fed.tensors;
}

std::vector<Tensor> inputs(const Request& request, const Model& model) {
  const bool is_given = !request.inputs.empty() || !request.named_inputs.empty();
  std::vector<Tensor> tensors = is_given ? given_inputs(request, model) : random_inputs(request, model);
  if (request.batch > 0)
    for (Tensor& tensor : tensors) tensor = repeated(tensor, request.batch);
  return tensors;
}

// ---- results

/// One line's time, what it was spent on, and the shortest time for that.
struct Numbers {
  double seconds = 0;
  Work work;
  double best_s = 0;

  double gflops() const { return seconds > 0 ? work.flops / seconds / 1e9 : 0; }
  double gb_s() const { return seconds > 0 ? work.bytes() / seconds / 1e9 : 0; }
  double over_bound() const { return best_s > 0 ? seconds / best_s : 0; }
  Numbers& operator+=(const Numbers& other) {
    seconds += other.seconds;
    work += other.work;
    best_s += other.best_s;
    return *this;
  }
};

/// A profile beside what the machine could do.
struct Measured {
  Profile profile;
  Machine machine;
  double plan_ms = 0;

  Numbers of(const ProfiledStep& step) const {
    return {.seconds = step.seconds, .work = step.work, .best_s = seconds_at_best(machine, step.work)};
  }
  Numbers steps() const {
    Numbers sum;
    for (const ProfiledStep& step : profile.steps) sum += of(step);
    return sum;
  }
  double bound_ms() const { return 1e3 * seconds_at_best(machine, profile.work); }
  double preparation_ms() const { return 1e3 * std::max(profile.first_s - profile.run_s, 0.0); }
  double share(double seconds) const { return profile.run_s > 0 ? seconds / profile.run_s : 0; }
};

struct Line {
  std::string name, about, columns;
};

const std::string kColumnNames =
    fmt::format("{:>9} {:>7} {:>8} {:>7} {:>7}", "ms", "share", "GFLOP/s", "GB/s", "limit");

std::string columns(const Measured& measured, const Numbers& numbers) {
  const auto rounded = [](double number, const char* unit) {
    return number == 0 ? "-" : number < 0.05 ? "<0.1" : fmt::format("{:.1f}{}", number, unit);
  };
  const int decimals = measured.profile.run_s < 1e-3 ? 5 : 3;
  return fmt::format("{:>9.{}f} {:>6.1f}% {:>8} {:>7} {:>7}", 1e3 * numbers.seconds, decimals,
                     100 * measured.share(numbers.seconds), rounded(numbers.gflops(), ""), rounded(numbers.gb_s(), ""),
                     rounded(numbers.over_bound(), "x"));
}

void print_lines(const std::vector<Line>& lines) {
  std::size_t name = 0, about = 0;
  for (const Line& line : lines) {
    name = std::max(name, line.name.size());
    about = std::max(about, line.about.size());
  }
  for (const Line& line : lines) {
    std::string text = fmt::format("{:<{}}  {:<{}} {}", line.name, name, line.about, about, line.columns);
    text.erase(text.find_last_not_of(' ') + 1);
    fmt::print("{}\n", text);
  }
}

std::string shortened(const std::string& operation) {
  return operation.size() <= kWidestOperation ? operation : operation.substr(0, kWidestOperation - 2) + "..";
}

/// The steps that the table shows, in its order.
std::vector<const ProfiledStep*> shown_steps(const Request& request, const Profile& profile) {
  std::vector<const ProfiledStep*> steps;
  for (const ProfiledStep& step : profile.steps) steps.push_back(&step);
  if (request.sort == "time" || request.top > 0)
    std::ranges::stable_sort(steps, {}, [](const ProfiledStep* step) { return -step->seconds; });
  if (request.top > 0) steps.resize(std::min(steps.size(), static_cast<std::size_t>(request.top)));
  if (request.sort != "time") std::ranges::sort(steps);  // they lie in the plan's order
  return steps;
}

void print_steps(const Request& request, const Measured& measured) {
  const auto columns_of = [&](const Numbers& numbers) { return columns(measured, numbers); };
  std::vector<Line> lines = {{"address", "operation", kColumnNames}};
  const std::vector<const ProfiledStep*> shown = shown_steps(request, measured.profile);
  for (const ProfiledStep* step : shown)
    for (const ProfiledStep::Part& part : step->parts) {
      const bool is_first = &part == &step->parts[0];
      lines.push_back({(is_first ? "" : "  ") + text::printable(part.address), shortened(part.operation),
                       is_first ? columns_of(measured.of(*step)) : ""});
    }
  if (shown.size() < measured.profile.steps.size()) {
    Numbers rest;
    for (const ProfiledStep& step : measured.profile.steps)
      if (std::ranges::find(shown, &step) == shown.end()) rest += measured.of(step);
    lines.push_back({"..", fmt::format("{} more", measured.profile.steps.size() - shown.size()), columns_of(rest)});
  }
  const Numbers steps = measured.steps();
  lines.push_back({"all steps", std::to_string(measured.profile.steps.size()), columns_of(steps)});
  lines.push_back({"outside of steps", "", columns_of({.seconds = measured.profile.outside_s})});
  lines.push_back(
      {"whole run", "",
       columns_of({.seconds = measured.profile.run_s, .work = steps.work, .best_s = measured.bound_ms() / 1e3})});
  print_lines(lines);
}

struct Kind {
  std::string name;
  int steps = 0;
  Numbers numbers;
};

/// Slowest first.
std::vector<Kind> kinds_of(const Measured& measured) {
  std::vector<Kind> kinds;
  for (const ProfiledStep& step : measured.profile.steps) {
    auto kind = std::ranges::find(kinds, step.kind, &Kind::name);
    if (kind == kinds.end()) kind = kinds.insert(kind, {.name = step.kind});
    ++kind->steps;
    kind->numbers += measured.of(step);
  }
  std::ranges::stable_sort(kinds, {}, [](const Kind& kind) { return -kind.numbers.seconds; });
  return kinds;
}

void print_kinds(const Measured& measured) {
  std::vector<Line> lines = {{"operation", "steps", kColumnNames}};
  for (const Kind& kind : kinds_of(measured))
    lines.push_back({kind.name, fmt::format("{:>5}", kind.steps), columns(measured, kind.numbers)});
  print_lines(lines);
}

Json json_of(const Numbers& numbers, const Measured& measured) {
  return {
      {"ms", 1e3 * numbers.seconds},       {"share", measured.share(numbers.seconds)},
      {"gflop", numbers.work.flops / 1e9}, {"bytes", numbers.work.bytes()},
      {"gflops", numbers.gflops()},        {"gb_s", numbers.gb_s()},
      {"bound_ms", 1e3 * numbers.best_s},  {"over_bound", numbers.best_s > 0 ? Json(numbers.over_bound()) : Json()}};
}

Json json_of(const ProfiledStep& step, const Measured& measured) {
  Json json = json_of(measured.of(step), measured);
  json["layers"] = Json::array();
  for (const ProfiledStep::Part& part : step.parts) json["layers"].push_back(part.address);
  json["operation"] = step.operation();
  json["shape"] = step.shape.sizes();
  return json;
}

Json json_of(const Request& request, const std::vector<Tensor>& fed, const Measured& measured) {
  const Machine& machine = measured.machine;
  Json json = {{"model", request.model},
               {"threads", thread_count()},
               {"machine",
                {{"gflops", machine.flops / 1e9},
                 {"read_gb_s", machine.read_bytes / 1e9},
                 {"write_gb_s", machine.written_bytes / 1e9}}},
               {"runs", request.runs},
               {"plan_ms", measured.plan_ms},
               {"first_run_ms", 1e3 * measured.profile.first_s},
               {"preparation_ms", measured.preparation_ms()},
               {"run_ms", 1e3 * measured.profile.run_s},
               {"outside_ms", 1e3 * measured.profile.outside_s},
               {"bound_ms", measured.bound_ms()},
               {"steps_bound_ms", 1e3 * measured.steps().best_s}};
  for (const Tensor& tensor : fed) json["input"].push_back(tensor.shape().sizes());
  json["steps"] = json["kinds"] = Json::array();
  for (const ProfiledStep& step : measured.profile.steps) json["steps"].push_back(json_of(step, measured));
  for (const Kind& kind : kinds_of(measured)) {
    json["kinds"].push_back(json_of(kind.numbers, measured));
    json["kinds"].back().update({{"operation", kind.name}, {"steps", kind.steps}});
  }
  return json;
}

void add_run(std::vector<Span>& spans, const std::string& name, const TimedRun& run, const Profile& profile) {
  spans.push_back({.name = name, .category = "run", .begin = run.begin, .end = run.end});
  for (std::size_t i = 0; i < run.steps.size(); ++i) {
    const ProfiledStep& step = profile.steps[i];
    spans.push_back({.name = step.addresses(),
                     .category = "step",
                     .begin = run.steps[i].begin,
                     .end = run.steps[i].end,
                     .details = {{"operation", step.operation()},
                                 {"shape", step.shape.str()},
                                 {"GFLOP", step.work.flops / 1e9},
                                 {"bytes", step.work.bytes()}}});
  }
}

int profile(const Request& given) {
  const Request request = with_standard_output(given);
  if (request.threads > 0) set_thread_count(request.threads);
  const std::uint64_t seed = seed_of(request);
  require_standard_input_once(request);

  std::vector<Span> spans;
  const auto begin = [&](const char* name) {
    spans.push_back({.name = name, .category = "start", .begin = Clock::now()});
  };
  const auto end = [&] { spans.back().end = Clock::now(); };
  begin("open the model");
  const Model model = open_model(request.model);
  end();
  begin("read the input");
  const std::vector<Tensor> fed = inputs(request, model);
  end();
  std::vector<Shape> shapes;
  for (const Tensor& tensor : fed) shapes.push_back(tensor.shape());
  Function function(model, shapes, function_options(request));
  const Function::Times& times = function.times();
  spans.push_back({.name = "assemble", .category = "start", .begin = times.begin, .end = times.assembled});
  spans.push_back({.name = "plan", .category = "start", .begin = times.assembled, .end = times.planned});
  for (const std::string& line : function.notes()) note(request, "note", line);
  if (print_dump(request, function)) return kDone;
  std::optional<FileWriter> trace;
  if (!request.trace.empty()) trace.emplace(request.trace);
  begin("measure the machine");
  Measured measured{.profile = {}, .machine = measure_machine()};
  end();
  {
    Progress progress(!request.quiet);
    const auto on_progress = [&](std::size_t done, std::size_t all) { progress.step(done, all); };
    measured.profile = profile(function, fed, {.runs = request.runs, .seed = seed, .on_progress = on_progress});
  }
  const Profile& profile = measured.profile;
  measured.plan_ms = milliseconds(times.planned - times.begin);

  const bool partly = tell_skipped(request, function);
  if (request.json) {
    fmt::print("{}\n", json_of(request, fed, measured).dump(2, ' ', false, Json::error_handler_t::replace));
  } else if (!request.quiet) {
    print_steps(request, measured);
    fmt::print("\n");
    print_kinds(measured);
    fmt::print("\n");
    say(request, "prepared",
        fmt::format("in the first run, which took {:.1f} ms longer: weights read and reordered, kernels made",
                    measured.preparation_ms()));
    say(request, "machine",
        fmt::format("{:.0f} GFLOP/s, reads {:.1f} GB/s, writes {:.1f} GB/s, measured just now with {} thread{}",
                    measured.machine.flops / 1e9, measured.machine.read_bytes / 1e9,
                    measured.machine.written_bytes / 1e9, thread_count(), thread_count() == 1 ? "" : "s"));
    say(request, "limit",
        fmt::format("{} ms for the whole, {} ms step by step, all data in memory; what a cache still holds beats it",
                    text::number(measured.bound_ms()), text::number(1e3 * measured.steps().best_s)));
  }
  if (trace) {
    add_run(spans, "first run", profile.first, profile);
    for (std::size_t i = 0; i < profile.runs.size(); ++i)
      add_run(spans, fmt::format("run {}", i + 1), profile.runs[i], profile);
    write_trace(*trace, "kerascope profile " + request.model, spans);
    say(request, "wrote", fmt::format("{}   for https://ui.perfetto.dev", request.trace));
  }
  return partly ? kPartlyDone : kDone;
}

}  // namespace

void add_profile_command(CLI::App& app, Request& request, int& exit_code) {
  CLI::App* command = app.add_subcommand("profile", "where the time of a run goes, step by step");
  add_run_options(*command, request);
  command->remove_option(command->get_option("--labels"));
  command->get_option("INPUT")->description("as for capture; without it: random numbers of the model's input shape");
  command->add_option("--runs", request.runs, "how many runs are timed, after two that are not")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  command->add_option("--batch", request.batch, "how many samples a run takes; the input's are repeated")
      ->check(CLI::Range(1, 1000000));
  command->add_option("--sort", request.sort, "the table's order")
      ->check(CLI::IsMember({"plan", "time"}))
      ->default_str("plan");
  command->add_option("--top", request.top, "only the slowest steps, and the sum of the others")
      ->check(CLI::Range(1, 1000000));
  command->add_option("--trace", request.trace, "every run as a file in the Trace Event format, which Perfetto opens")
      ->type_name("FILE");
  command->callback([&] { exit_code = profile(request); });
}

}  // namespace kerascope::cli
